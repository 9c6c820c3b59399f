"""Every check sees what it is for, and nothing else in a healthy shop."""

import json
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from surehold.app.cli import build
from surehold.app.doctor import Check, DoctorError, examine, load_checks
from surehold.platform.embedded import PostgresUrls
from tests.doctor.conftest import CART, CHECKOUT, ORDER, OTHER, PAYMENT, VARIANT

NEW = "00000000-0000-7000-8000-0000000000ff"
FREE_STOCK = "alter table inventory.stock drop constraint stock_reserved_is_there;"
FREE_MOVES = "alter table orders.orders disable trigger user; alter table payments.payments disable trigger user;"
FREE_ORDERS = FREE_MOVES + "alter table orders.orders drop constraint orders_total_is_its_parts;"
FREE_LOG = "alter table audit.entries disable trigger user;"
COPY_PAYMENT = f"""
drop index payments.payments_one_live;
insert into payments.payments (id, order_id, method, captures_on, status, currency, amount_minor, authorized_minor, captured_minor)
select '{NEW}', order_id, method, captures_on, status, currency, amount_minor, authorized_minor, captured_minor
from payments.payments;
"""
COPY_ORDER = f"""
alter table orders.orders disable trigger user;
drop index orders.orders_one_per_checkout;
insert into orders.orders select (jsonb_populate_record(o, '{{"id": "{NEW}", "number": "987654321A"}}')).* from orders.orders o;
"""

INJURIES = {
    "I1.stock": f"update inventory.stock set on_hand = on_hand + 1 where variant_id = '{VARIANT}'",
    "I1.levels": f"update inventory.stock_levels set on_hand = on_hand + 1 where variant_id = '{OTHER}'",
    "I2.reserved": f"update inventory.stock set reserved = reserved - 1 where variant_id = '{VARIANT}'",
    "I2.allocated": "update inventory.stock_levels set allocated = allocated + 1",
    "I2.backordered": f"update inventory.stock set backorder_limit = 5, backorder_promised_on = now(), backordered = 2"
    f" where variant_id = '{OTHER}'",
    "I3.shipped": "update inventory.allocations set state = 'shipped'",
    "I3.owner": f"update inventory.allocations set order_id = '{NEW}'",
    "I3.cover": "update inventory.allocations set quantity = 1",
    "I4.expired": "update inventory.holders set (held_until, sweep_at) = (now() - interval '3 minutes', '-infinity')",
    "I4.closed": f"update cart.carts set state = 'merged' where id = '{CART}'",
    "I5.order": FREE_ORDERS + "update orders.orders set total_minor = total_minor + 1",
    "I5.line": "alter table orders.lines drop constraint lines_total_is_its_parts;"
    "update orders.lines set total_minor = total_minor - 1",
    "I6.running": "update payments.payments set refunded_minor = 5",
    "I6.once": COPY_PAYMENT,
    "I6.paid": f"{FREE_MOVES} update payments.payments set status = 'VOIDED'",
    "I7.orphan": f"{FREE_MOVES} update payments.payments set order_id = '{NEW}'",
    "I7.held": f"{FREE_MOVES} update payments.payments set status = 'AUTHORIZED';"
    " update orders.orders set status = 'FAILED'",
    "I7.unknown": f"insert into payments.attempts (id, payment_id, phase, idempotency_key, amount_minor, leased_until, started_at)"
    f" values ('{NEW}', '{PAYMENT}', 'refund', 'r', 5, now(), now() - interval '16 minutes')",
    "I7.refused": "insert into payments.attempts (id, payment_id, phase, idempotency_key, amount_minor, leased_until, state, dead_at)"
    f" values ('{NEW}', '{PAYMENT}', 'refund', 'r', 5, 'infinity', 'refused', now())",
    "I7.books": "insert into payments.findings (id, kind, subject, payment_id, detail)"
    f" values ('{NEW}', 'mismatch', 'x', '{PAYMENT}', 'x')",
    "I9.journal": "update payments.journal set amount_minor = amount_minor + 1 where account = 'orders_paid'",
    "I9.booked": "delete from payments.journal",
    "I10.order_moves": "update orders.history set to_status = 'DELIVERED' where seq = 1",
    "I10.order_state": "delete from orders.history where seq = 2",
    "I10.order_computed": "update orders.lines set shipped = 1",
    "I10.checkout": f"delete from checkout.history where checkout_id = '{CHECKOUT}' and seq = 3",
    "I11.order_events": f"delete from platform.events where aggregate_id = '{ORDER}' and seq = 2",
    "I11.dead": "insert into platform.deliveries (consumer, event_id, aggregate_type, aggregate_id, seq, attempts, dead_at)"
    " select 'search.index', id, aggregate_type, aggregate_id, seq, 9, now() from platform.events limit 1",
    "I11.waiting": "insert into platform.deliveries (consumer, event_id, aggregate_type, aggregate_id, seq, next_attempt_at)"
    " select 'search.index', id, aggregate_type, aggregate_id, seq, now() - interval '6 minutes' from platform.events limit 1",
    "I11.consumed": f"insert into platform.consumed values ('search.index', 'order', '{ORDER}', 99)",
    "I15.news": "insert into payments.webhook_inbox (provider, event_id, id, said, received_at)"
    f" values ('stripe', 'evt_1', '{NEW}', 'x', now() - interval '6 minutes')",
    "I15.dead": "insert into payments.webhook_inbox (provider, event_id, id, said, dead_at)"
    f" values ('stripe', 'evt_1', '{NEW}', 'x', now())",
    "I16.chain": FREE_LOG + "update audit.entries set actor = 'account:2' where seq = 2",
    "I16.sealed": FREE_LOG
    + "select audit.record('system', 'a.b', 'order', gen_random_uuid(), '{}');"
    + "update audit.entries set at = at - interval '61 seconds' where action = 'a.b'",
    "I17.one_order": COPY_ORDER,
    "I17.checkout": f"update checkout.checkouts set order_id = '{NEW}'",
    "I17.answer": f'update platform.idempotency_keys set headers = \'{{"location": "/v1/orders/{NEW}"}}\' where status = 200',
    "I18.version": f"update cart.carts set version = version + 1 where id = '{CART}'",
    "I18.lines": f"delete from cart.lines where variant_id = '{OTHER}'",
    "I20.charged": "update orders.lines set unit_minor = 900, discount_minor = 0, total_minor = 1952",
    "I20.history": f"update pricing.prices set amount_minor = 1 where variant_id = '{OTHER}'",
}


def hurt(urls: PostgresUrls, injury: str) -> None:
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        connection.execute(injury)


def ill_of(urls: PostgresUrls) -> dict[str, list[str]]:
    return {d.check.id: list(d.sentences) for d in examine(urls.app, load_checks()) if not d.is_healthy}


def run(urls: PostgresUrls, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(["doctor"]), ["doctor", "--database-url", urls.app, *arguments])
    return result.exit_code, result.output


def test_a_healthy_shop_passes(shop_urls: PostgresUrls) -> None:
    assert ill_of(shop_urls) == {}
    code, output = run(shop_urls)
    assert code == 0
    assert f"All {len(load_checks())} checks passed." in output


def test_every_check_has_its_injury_and_one_id() -> None:
    ids = [check.id for check in load_checks()]
    assert sorted(ids) == sorted(INJURIES)
    assert all(check.means.endswith(".") and check.says.endswith((".", "?")) for check in load_checks())


@pytest.mark.parametrize("check_id", INJURIES)
def test_an_injury_is_seen_and_told(shop_urls: PostgresUrls, check_id: str) -> None:
    hurt(shop_urls, INJURIES[check_id])
    ill = ill_of(shop_urls)
    assert ill.get(check_id), f"{check_id} saw nothing; others: {ill}"
    assert all("{" not in sentence for sentence in ill[check_id])
    code, output = run(shop_urls, "--only", check_id)
    assert code == 1
    assert ill[check_id][0] in output


def test_findings_for_machines(shop_urls: PostgresUrls) -> None:
    hurt(shop_urls, INJURIES["I1.stock"])
    code, output = run(shop_urls, "--json", "--only", "I1")
    told = json.loads(output)
    assert (code, told["healthy"]) == (1, False)
    assert told["checks"][0]["findings"][0]["row"] == {"variant_id": VARIANT, "on_hand": 11, "ledger": 10}


def test_many_findings_are_counted_not_listed(shop_urls: PostgresUrls) -> None:
    hurt(
        shop_urls,
        "insert into inventory.stock (variant_id, on_hand) select gen_random_uuid(), 1 from generate_series(1, 150)",
    )
    code, output = run(shop_urls, "--only", "I1.stock")
    assert code == 1
    assert output.count("on hand, but its ledger") == 20
    assert "more than 80 more" in output


@pytest.mark.parametrize(
    ("history", "is_fine"),
    [
        ("('USD', null, 800, '2 hours'), ('USD', 800, 900, '-1 hour')", False),  # raised after it was placed
        ("('USD', null, 900, '2 hours')", True),
        ("('USD', null, 800, '2 hours'), ('USD', 800, 900, '1 second')", True),  # just before
        ("('USD', null, 900, '2 hours'), ('USD', 900, 800, '1 second')", True),  # read, then changed
        ("('USD', null, 900, '2 hours'), ('USD', 900, 800, '1 hour')", False),  # an old price
        ("('EUR', null, 900, '2 hours')", False),
    ],
)
def test_the_charged_price_is_that_of_the_moment(shop_urls: PostgresUrls, history: str, *, is_fine: bool) -> None:
    hurt(
        shop_urls,
        f"delete from pricing.price_changes where variant_id = '{VARIANT}';"
        "insert into pricing.price_changes (price_list_id, variant_id, currency, old_minor, new_minor, changed_at)"
        f" select '00000000-0000-7000-8000-000000000001', '{VARIANT}', c, o::bigint, n::bigint, placed_at - a::interval"
        f" from orders.orders, (values {history}) as h (c, o, n, a);"
        "update orders.lines set unit_minor = 900, discount_minor = 0, total_minor = 1952",
    )
    assert ("I20.charged" not in ill_of(shop_urls)) is is_fine


def test_a_lists_own_price_is_the_price_and_the_base_is_not(shop_urls: PostgresUrls) -> None:
    hurt(
        shop_urls,
        "update orders.orders set price_list_id = '00000000-0000-7000-8000-000000000002';"
        "update pricing.price_changes set changed_at = changed_at - interval '1 hour'",
    )
    assert "I20.charged" in ill_of(shop_urls)
    hurt(shop_urls, "update orders.lines set unit_minor = 900, discount_minor = 0, total_minor = 1952")
    assert "I20.charged" not in ill_of(shop_urls)


def test_a_database_that_cannot_be_asked_gives_one_line(shop_urls: PostgresUrls) -> None:
    hurt(shop_urls, "drop table payments.journal")
    with pytest.raises(DoctorError, match="not that of this version"):
        examine(shop_urls.app, load_checks())
    code, output = run(shop_urls)
    assert code == 2
    assert "not that of this version" in output
    assert run(shop_urls, "--only", "I99")[0] == 2
    missing = PostgresUrls("", shop_urls.app + "_nothing", "")
    assert run(missing)[0] == 2


def test_a_folder_without_a_shop_stays_without_one(tmp_path: Path) -> None:
    result = CliRunner().invoke(build(["doctor"]), ["doctor", "--data-dir", str(tmp_path / "shop")])
    assert result.exit_code == 2
    assert "There is no shop in" in result.output
    assert list(tmp_path.iterdir()) == []


def test_the_examination_cannot_change_anything(shop_urls: PostgresUrls) -> None:
    writing = Check("X", "It writes.", "Written.", f"select pricing.import_prices('{{{VARIANT}}}', '{{USD}}', '{{1}}')")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        examine(shop_urls.owner, [writing])
