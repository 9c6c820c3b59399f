"""The retailer's names of countries, each with an address that its post would accept: streets are invented, postcodes are real."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where parcels to a country go. `street` takes a house number."""

    country: str
    street: str
    city: str = ""
    region: str = ""
    postcode: str = ""


_BRITAIN = Place("GB", "{} Example Street", "London", postcode="SW1A 1AA")

COUNTRIES: dict[str, Place] = {
    "United Kingdom": _BRITAIN,
    "Unspecified": _BRITAIN,  # the retailer sells from Britain
    "EIRE": Place("IE", "{} Example Street", "Dublin", postcode="D02 AF30"),
    "Channel Islands": Place("JE", "{} Example Street", "St Helier", postcode="JE2 3NN"),
    "European Community": Place("BE", "Voorbeeldstraat {}", "Brussel", postcode="1000"),  # its seat
    "Germany": Place("DE", "Beispielstraße {}", "Berlin", postcode="10115"),
    "France": Place("FR", "{} rue de l'Exemple", "Paris", postcode="75002"),
    "Spain": Place("ES", "Calle del Ejemplo {}", "Madrid", "Madrid", "28013"),
    "Netherlands": Place("NL", "Voorbeeldstraat {}", "Amsterdam", postcode="1012 JS"),
    "Switzerland": Place("CH", "Beispielweg {}", "Zürich", postcode="8001"),
    "Belgium": Place("BE", "Voorbeeldstraat {}", "Brussel", postcode="1000"),
    "Portugal": Place("PT", "Rua do Exemplo {}", "Lisboa", postcode="1100-148"),
    "Australia": Place("AU", "{} Example Street", "Sydney", "NSW", "2000"),
    "Norway": Place("NO", "Eksempelgata {}", "Oslo", postcode="0155"),
    "Finland": Place("FI", "Esimerkkikatu {}", "Helsinki", postcode="00100"),
    "Italy": Place("IT", "Via dell'Esempio {}", "Roma", "RM", "00144"),
    "Cyprus": Place("CY", "{} Example Street", "Nicosia", postcode="1010"),
    "Sweden": Place("SE", "Exempelgatan {}", "Stockholm", postcode="111 22"),
    "Austria": Place("AT", "Beispielgasse {}", "Wien", postcode="1010"),
    "Japan": Place("JP", "Rei {}", "Chiyoda-ku", "Tokyo", "100-0001"),
    "Israel": Place("IL", "{} Example Street", "Tel Aviv", postcode="6100000"),
    "Denmark": Place("DK", "Eksempelvej {}", "København", postcode="1050"),
    "Hong Kong": Place("HK", "{} Example Road", "Mong Kok", "Kowloon"),
    "Poland": Place("PL", "ul. Przykładowa {}", "Warszawa", postcode="00-950"),
    "USA": Place("US", "{} Example Street", "New York", "NY", "10001"),
    "Singapore": Place("SG", "{} Example Road", "Singapore", postcode="018956"),
    "Iceland": Place("IS", "Dæmigata {}", "Reykjavík", postcode="101"),
    "Canada": Place("CA", "{} Example Street", "Toronto", "ON", "M5V 3L9"),
    "Greece": Place("GR", "Odos Paradeigmatos {}", "Athina", postcode="105 57"),
    "Malta": Place("MT", "{} Example Street", "Valletta", postcode="VLT 1117"),
    "United Arab Emirates": Place("AE", "{} Example Street", "Dubai", "Dubai"),
    "RSA": Place("ZA", "{} Example Street", "Cape Town", postcode="8001"),
    "Lebanon": Place("LB", "{} Example Street", "Beirut", postcode="1107 2810"),
    "Lithuania": Place("LT", "Pavyzdžio g. {}", "Vilnius", postcode="01103"),
    "Brazil": Place("BR", "Rua do Exemplo {}", "São Paulo", "SP", "01310-100"),
    "Czech Republic": Place("CZ", "Příkladná {}", "Praha", postcode="110 00"),
    "Bahrain": Place("BH", "{} Example Road", "Manama", postcode="317"),
    "Saudi Arabia": Place("SA", "{} Example Street", "Riyadh", postcode="11564"),
}

MAX_HOUSE_NUMBER = 200


def address_of(country: str, customer_number: int, name: str) -> dict[str, str]:
    """A postal address in one of COUNTRIES as the API takes it; the house number comes from the customer's."""
    place = COUNTRIES[country]
    parts = {
        "name": name,
        "line1": place.street.format(customer_number % MAX_HOUSE_NUMBER + 1),
        "city": place.city,
        "region": place.region,
        "postcode": place.postcode,
        "country": place.country,
    }
    return {key: value for key, value in parts.items() if value}
