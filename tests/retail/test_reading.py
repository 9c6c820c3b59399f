import csv
import lzma
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surehold.app.retail.cleaning import Reason
from surehold.app.retail.reading import Reading, read_invoices
from surehold.app.retail.rejections import RejectionReport, read_rejections, write_replay_report
from surehold.app.retail.rows import MAX_LINE_CHARS, InvoiceFileError
from tests.retail.samples import HEADER, row, thirty_invoices, write_csv


def read(path: Path, report: Path) -> tuple[Reading, RejectionReport]:
    with RejectionReport(report) as rejections:
        return read_invoices(path, rejections), rejections


def test_every_row_is_a_sale_or_in_the_report_with_its_line(tmp_path: Path):
    rows = [
        row(),
        row("C1", quantity=-1),
        "broken,row",
        row(code="POST"),
        row(quantity=-3),
        '5,"unclosed,',
        row("536366"),
    ]
    reading, rejections = read(write_csv(tmp_path / "x.csv", rows), tmp_path / "report.csv")
    assert reading.rows == 7
    assert reading.plan.sales == 2
    found = [(line[0], line[2], line[4]) for line in read_rejections(tmp_path / "report.csv")]
    assert found == [
        ("3", "cancellation_invoice", rows[1]),
        ("4", "malformed_row", rows[2]),
        ("5", "not_a_product", rows[3]),
        ("6", "quantity_not_positive", rows[4]),
        ("7", "malformed_row", rows[5]),
    ]
    assert sum(rejections.counts.values()) == 5


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.one_of(st.just(row()), st.just(row("C9", quantity=-1)), st.text(max_size=40)), max_size=30))
def test_accepted_and_rejected_are_all_rows(tmp_path: Path, rows: list[str]):
    rows = [text.replace("\n", " ").encode("utf-8", "replace").decode() for text in rows]
    path = write_csv(tmp_path / "any.csv", rows)
    reading, rejections = read(path, tmp_path / "report.csv")
    assert reading.rows == len(rows)
    assert reading.plan.sales + sum(rejections.counts.values()) == reading.rows
    assert len(list(read_rejections(tmp_path / "report.csv"))) == sum(rejections.counts.values())


def test_xz_and_plain_are_the_same_file(tmp_path: Path):
    plain = write_csv(tmp_path / "x.csv", thirty_invoices())
    packed = tmp_path / "x.csv.xz"
    packed.write_bytes(lzma.compress(plain.read_bytes()))
    one, _ = read(plain, tmp_path / "r1.csv")
    other, _ = read(packed, tmp_path / "r2.csv")
    assert one.digest == other.digest
    assert one.plan.sales == other.plan.sales == 36 + 10 + 150 + 1


def test_bytes_that_are_no_text_cost_their_row_only(tmp_path: Path):
    path = tmp_path / "x.csv"
    path.write_bytes("\n".join([HEADER, row(), row(name="CAFE"), row()]).encode().replace(b"CAFE", b"CAF\xe9"))
    reading, rejections = read(path, tmp_path / "report.csv")
    assert (reading.rows, reading.plan.sales, dict(rejections.counts)) == (3, 2, {Reason.GARBLED: 1})


def test_an_endless_line_is_one_malformed_row(tmp_path: Path):
    path = write_csv(tmp_path / "x.csv", [row(), row(name="x" * (MAX_LINE_CHARS * 3)), row()])
    reading, rejections = read(path, tmp_path / "report.csv")
    assert (reading.rows, reading.plan.sales, dict(rejections.counts)) == (3, 2, {Reason.MALFORMED: 1})


def test_a_row_that_contradicts_its_invoice_is_rejected(tmp_path: Path):
    reading, rejections = read(write_csv(tmp_path / "x.csv", [row(), row(customer="12345")]), tmp_path / "report.csv")
    assert (reading.plan.sales, dict(rejections.counts)) == (1, {Reason.CONFLICT: 1})


def test_a_repeated_row_is_kept_and_counted(tmp_path: Path):
    reading, _ = read(write_csv(tmp_path / "x.csv", [row(), row(), row(quantity=1)]), tmp_path / "report.csv")
    assert (reading.plan.sales, reading.plan.repeated) == (3, 1)


@pytest.mark.parametrize("content", [b"", b"a,b,c\n1,2,3\n", b"\x00\x01\x02", b"\xfd7zXZ\x00broken"])
def test_a_file_of_something_else_is_refused_in_one_line(tmp_path: Path, content: bytes):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(InvoiceFileError, match=r"x\.csv"):
        read(path, tmp_path / "report.csv")


def test_the_replay_report_adds_what_the_shop_refused(tmp_path: Path):
    read(write_csv(tmp_path / "x.csv", [row(code="M"), row()]), tmp_path / "rejected.csv")
    totals = write_replay_report(tmp_path / "all.csv", tmp_path / "rejected.csv", [("536365", "add: 409 HOLD_LIMIT")])
    assert dict(totals) == {Reason.NOT_A_PRODUCT: 1, Reason.REFUSED: 1}
    with (tmp_path / "all.csv").open(newline="") as file:
        assert [line[2] for line in csv.reader(file)] == ["reason", "not_a_product", "refused_by_the_shop"]
