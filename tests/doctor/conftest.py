"""A small shop in good health, made through the modules' own SQL, and a copy of it for every test to hurt."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest

from surehold.platform.embedded import PostgresUrls
from tests.support.databases import drop_database, make_database, with_database

SEEDED = "doctor_template"
VARIANT = "00000000-0000-7000-8000-0000000000a1"
OTHER = "00000000-0000-7000-8000-0000000000a2"
LOCATION = "00000000-0000-7000-8000-0000000000b1"
CART = "00000000-0000-7000-8000-0000000000c1"
ACCOUNT = "00000000-0000-7000-8000-0000000000d1"
CHECKOUT = "00000000-0000-7000-8000-0000000000e1"
ORDER = "00000000-0000-7000-8000-0000000000f1"
PAYMENT = "00000000-0000-7000-8000-000000000071"
ATTEMPT = "00000000-0000-7000-8000-000000000072"
CAPTURE = "00000000-0000-7000-8000-000000000073"

SEED = f"""
select inventory.ensure_location('{LOCATION}', 'portland', 'Portland', 'US', 'OR', 1);
select pricing.import_prices('{{{VARIANT},{OTHER}}}', '{{USD,USD}}', '{{1000,500}}');
select pricing.set_prices('00000000-0000-7000-8000-000000000002', '{{{VARIANT}}}', '{{USD}}', '{{900}}', 'system');
select inventory.receive('{{{VARIANT},{OTHER}}}', '{{{LOCATION},{LOCATION}}}', '{{10,10}}', 'receipt', 'PO-1');

insert into cart.carts (id, account_id, currency) values ('{CART}', '{ACCOUNT}', 'USD');
insert into cart.lines (cart_id, variant_id, quantity, unit_minor, changed_version) values
  ('{CART}', '{VARIANT}', 2, 1000, 1), ('{CART}', '{OTHER}', 3, 500, 1);
select cart.bump('{CART}', 'cart.lines_changed.v1', jsonb_build_object('lines', jsonb_build_array(
  jsonb_build_object('variant_id', '{VARIANT}', 'quantity', 2), jsonb_build_object('variant_id', '{OTHER}', 'quantity', 3))));
select inventory.take_holds(
  '{CART}', '{ACCOUNT}', null, '{{{VARIANT},{OTHER}}}', '{{2,3}}', 1800, '{{"max_held_units": 100}}');

begin;
insert into checkout.checkouts (id, cart_id, account_id, state, contact, shipping_method, payment_method, quote, order_id, expires_at)
values ('{CHECKOUT}', '{CART}', '{ACCOUNT}', 'confirmed', 'x', 'standard', 'card', '{{}}', '{ORDER}', now());
insert into checkout.history (checkout_id, seq, from_state, to_state) values
  ('{CHECKOUT}', 1, null, 'shipping'), ('{CHECKOUT}', 2, 'shipping', 'payment'), ('{CHECKOUT}', 3, 'payment', 'review'),
  ('{CHECKOUT}', 4, 'review', 'placing'), ('{CHECKOUT}', 5, 'placing', 'confirmed');
select orders.create(jsonb_build_object(
  'id', '{ORDER}', 'numbers', jsonb_build_array('0123456789'), 'checkout_id', '{CHECKOUT}', 'account_id', '{ACCOUNT}',
  'access_hash', repeat('ab', 32), 'email_index', repeat('cd', 32), 'contact', 'ff', 'currency', 'USD',
  'subtotal_minor', 2000, 'discount_minor', 100, 'shipping_minor', 599, 'shipping_tax_minor', 0, 'tax_minor', 152,
  'total_minor', 2651, 'shipping_method', 'standard', 'country', 'US', 'region', 'OR', 'promised', '{{}}'::jsonb,
  'price_list_id', '00000000-0000-7000-8000-000000000001', 'lines', jsonb_build_array(jsonb_build_object(
    'line_no', 1, 'variant_id', '{VARIANT}', 'product_id', '{VARIANT}', 'sku', 'MUG', 'title', 'Mug', 'variant_title', '',
    'tax_category', 'standard', 'weight_grams', 0, 'quantity', 2, 'unit_minor', 1000, 'discount_minor', 100,
    'tax_minor', 152, 'total_minor', 2052, 'backordered', 0))), 'system', false);
commit;
select payments.open(jsonb_build_object('payment_id', '{PAYMENT}', 'attempt_id', '{ATTEMPT}', 'order_id', '{ORDER}',
  'method', 'card', 'captures_on', 'placement', 'currency', 'USD', 'amount_minor', 2651, 'lease_s', 30), 'system', false);
select payments.settle('{ATTEMPT}', 'succeeded', null, null, null, 'system');
select inventory.claim_holds('{CART}', '{ORDER}', '{{"country": "US", "region": "OR"}}', '{{{VARIANT}}}', '{{2}}');
select payments.begin('{PAYMENT}', '{CAPTURE}', 'capture', 2651, 'capture:1', 30, 'system');
select payments.settle('{CAPTURE}', 'succeeded', null, null, null, 'system');
select orders.confirm('{ORDER}', 'system');
delete from cart.lines where cart_id = '{CART}' and variant_id = '{VARIANT}';
select cart.bump('{CART}', 'cart.lines_bought.v1', '{{"removed": ["{VARIANT}"]}}');
insert into platform.idempotency_keys (actor, route, key, request_hash, claim_token, status, headers, body, completed_at)
values ('account:x', 'checkout.place', 'k', 'h', gen_random_uuid(), 200, '{{}}', '{{"order_id": "{ORDER}"}}', now()),
  ('account:x', 'other', 'k', 'h', gen_random_uuid(), 204, '{{}}', '', now());
"""


@pytest.fixture(scope="session")
def healthy_template(postgres_urls: PostgresUrls, template_database: str) -> str:
    make_database(postgres_urls.owner, SEEDED, template=template_database)
    with psycopg.connect(with_database(postgres_urls.owner, SEEDED), autocommit=True) as connection:
        connection.execute(SEED)
    return SEEDED


@pytest.fixture
def shop_urls(postgres_urls: PostgresUrls, healthy_template: str) -> Iterator[PostgresUrls]:
    name = f"doctor_{uuid.uuid4().hex[:12]}"
    make_database(postgres_urls.owner, name, template=healthy_template)
    yield PostgresUrls(
        *(with_database(url, name) for url in (postgres_urls.owner, postgres_urls.app, postgres_urls.audit))
    )
    drop_database(postgres_urls.owner, name)
