"""Invoice lines made by hand, in the shape of the retailer's."""

from pathlib import Path

from surehold.app.retail.rows import COLUMNS

HEADER = ",".join(COLUMNS)
MUG, LANTERN, TIN = "85123A", "71053", "22720"
NAMES = {
    MUG: "WHITE HANGING HEART T-LIGHT HOLDER",
    LANTERN: "WHITE METAL LANTERN",
    TIN: "SET OF 3 CAKE TINS PANTRY DESIGN",
}


def row(
    invoice: str = "536365",
    code: str = MUG,
    quantity: object = 6,
    price: object = "2.55",
    *,
    name: str | None = None,
    at: str = "2010-12-01 08:26",
    customer: str = "17850",
    country: str = "United Kingdom",
) -> str:
    return f"{invoice},{code},{NAMES.get(code, 'SOME THING') if name is None else name},{quantity},{at},{price},{customer},{country}"


def write_csv(path: Path, rows: list[str]) -> Path:
    path.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    return path


def thirty_invoices() -> list[str]:
    """Thirty invoices: 18 of six customers, 10 of guests, a wholesaler's with 150 lines, a guest's with 1,500 of one code."""
    rows = [
        row(
            str(536000 + number),
            code,
            1 + number % 5,
            customer=str(17000 + number % 6),
            at=f"2010-12-{1 + number:02d} 09:00",
        )
        for number in range(18)
        for code in (MUG, LANTERN)
    ]
    rows += [
        row(str(537000 + number), TIN, 2, "4.95", customer="", at=f"2011-01-{1 + number:02d} 10:00", country="EIRE")
        for number in range(10)
    ]
    rows += [
        row("538000", f"{40000 + number}", 3, "0.85", name=f"BOX NUMBER {number}", customer="17900", country="Germany")
        for number in range(150)
    ]
    rows.append(row("539000", LANTERN, 1500, "2.95", customer="", country="USA"))
    return rows
