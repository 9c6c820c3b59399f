from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from surehold.app.retail.cleaning import Sale
from surehold.app.retail.countries import COUNTRIES, address_of
from surehold.app.retail.plan import Limits, Plan, Product, product_documents, shown_name, slug_of
from surehold.modules.identity import Address, validate_address

AT = datetime(2010, 12, 1, 8, 26)  # noqa: DTZ001  the books tell no zone


def sale(invoice: str = "1", code: str = "22720", quantity: int = 1, unit_minor: int = 495, **facts: object) -> Sale:
    known = {"name": "CAKE TIN", "at": AT, "customer": "17850", "country": "United Kingdom", **facts}
    return Sale(invoice=invoice, code=code, quantity=quantity, unit_minor=unit_minor, **known)  # pyright: ignore[reportArgumentType]


def plan_of(*sales: Sale) -> Plan:
    plan = Plan()
    assert [plan.add(one) for one in sales] == [None] * len(sales)
    return plan


def test_a_product_has_its_most_frequent_name_and_price():
    plan = plan_of(
        sale(name="CAKE TIN"),
        sale(name="CAKE TIN", unit_minor=850),
        sale(name="CAKE TINS", unit_minor=850),
        sale(name=""),
    )
    assert list(plan.products()) == [Product(code="22720", name="Cake Tin", unit_minor=495, units=4)]


def test_a_code_without_any_name_is_called_by_its_code():
    assert [product.name for product in plan_of(sale(name="")).products()] == ["Article 22720"]


def test_lines_of_one_code_become_one():
    plan = plan_of(sale(quantity=2), sale(quantity=3, unit_minor=850), sale(code="71053"))
    assert [invoice.lines for invoice in plan.invoices(Limits())] == [[("22720", 5), ("71053", 1)]]


def test_who_buys_more_than_a_cart_holds_buys_wholesale_and_on_an_account():
    many_codes = [sale("1", f"{10000 + number}", customer=None) for number in range(101)]
    plan = plan_of(
        *many_codes,
        sale("2", quantity=1000, customer="1"),
        sale("3", customer="1"),
        sale("4", customer="2"),
        sale("5", customer=None),
        sale("6", quantity=201, customer=None),
        *(sale("7", f"{10000 + number}", quantity=999, customer="3") for number in range(6)),
    )
    found = {invoice.number: (invoice.account, invoice.is_wholesale) for invoice in plan.invoices(Limits())}
    assert found == {
        "1": ("invoice-1@replay.example", True),
        "2": ("customer-1@replay.example", True),
        "3": ("customer-1@replay.example", True),
        "4": ("customer-2@replay.example", False),
        "5": (None, False),
        "6": ("invoice-6@replay.example", True),
        "7": ("customer-3@replay.example", True),
    }


@given(
    st.lists(
        st.tuples(
            st.sampled_from("123"), st.sampled_from(["22720", "71053"]), st.integers(1, 2000), st.integers(1, 12)
        ),
        min_size=1,
        max_size=40,
    )
)
def test_receipts_cover_exactly_what_is_bought(sales: list[tuple[str, str, int, int]]):
    plan = plan_of(*(sale(number, code, units, at=AT.replace(month=month)) for number, code, units, month in sales))
    sold: dict[str, int] = {}
    for invoice in plan.invoices(Limits()):
        for code, units in invoice.lines:
            sold[code] = sold.get(code, 0) + units
    received: dict[str, int] = {}
    for units_by_code in plan.receipts().values():
        for code, units in units_by_code.items():
            received[code] = received.get(code, 0) + units
    assert received == sold == {product.code: product.units for product in plan.products()}


def test_names_are_shown_without_shouting():
    assert shown_name("SET OF 3 CAKE TINS") == "Set of 3 Cake Tins"
    assert shown_name("WHITE HANGING HEART T-LIGHT HOLDER") == "White Hanging Heart T-Light Holder"
    assert shown_name("Dr. Jam's Stress Ball") == "Dr. Jam's Stress Ball"


def test_slugs_are_addresses_and_differ_by_code():
    product = Product(code="15056BL", name="Édouard's Café, no 1!", unit_minor=1, units=1)
    assert slug_of(product) == "edouard-s-cafe-no-1-15056bl"
    assert slug_of(Product(code="10002", name="…", unit_minor=1, units=1)) == "10002"


def test_documents_are_of_the_import_format():
    [document] = product_documents([Product(code="22720", name="Cake Tin", unit_minor=495, units=9)])
    assert document["variants"] == [{"sku": "22720", "options": {}, "prices": {"GBP": 495}}]


def test_every_country_has_an_address_that_its_rules_accept():
    for country in COUNTRIES:
        address = address_of(country, 17850, "Customer 17850")
        assert validate_address(Address(**address)).country == COUNTRIES[country].country
