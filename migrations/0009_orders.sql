-- Orders: what was bought, for how much, by whom, and everything that became of it.

create schema orders;

-- Every state of an order and of a shipment, with the moves between them (payments keep their own in payments.legal_moves).
-- A null start is the beginning.
create table orders.legal_moves (
  machine text not null check (machine in ('order', 'shipment')),
  from_status text,
  to_status text not null,
  constraint legal_moves_once unique nulls not distinct (machine, from_status, to_status)
);
insert into orders.legal_moves (machine, from_status, to_status) values
  ('order', null, 'PENDING'),
  ('order', 'PENDING', 'CONFIRMED'), ('order', 'PENDING', 'FAILED'), ('order', 'PENDING', 'CANCELLED'),
  ('order', 'CONFIRMED', 'PARTIALLY_SHIPPED'), ('order', 'CONFIRMED', 'SHIPPED'), ('order', 'CONFIRMED', 'CANCELLED'),
  ('order', 'PARTIALLY_SHIPPED', 'SHIPPED'), ('order', 'PARTIALLY_SHIPPED', 'DELIVERED'),
  ('order', 'PARTIALLY_SHIPPED', 'REFUNDED'),
  ('order', 'SHIPPED', 'DELIVERED'), ('order', 'SHIPPED', 'PARTIALLY_SHIPPED'), ('order', 'SHIPPED', 'REFUNDED'),
  ('order', 'DELIVERED', 'REFUNDED'),
  ('shipment', null, 'CREATED'),
  ('shipment', 'CREATED', 'SHIPPED'), ('shipment', 'CREATED', 'FAILED'),
  ('shipment', 'SHIPPED', 'OUT_FOR_DELIVERY'), ('shipment', 'SHIPPED', 'DELIVERED'), ('shipment', 'SHIPPED', 'FAILED'),
  ('shipment', 'SHIPPED', 'RETURNED'),
  ('shipment', 'OUT_FOR_DELIVERY', 'DELIVERED'), ('shipment', 'OUT_FOR_DELIVERY', 'DELIVERY_FAILED'),
  ('shipment', 'OUT_FOR_DELIVERY', 'FAILED'),
  ('shipment', 'DELIVERY_FAILED', 'OUT_FOR_DELIVERY'), ('shipment', 'DELIVERY_FAILED', 'RETURNED'),
  ('shipment', 'DELIVERY_FAILED', 'FAILED'), ('shipment', 'DELIVERED', 'RETURNED');

create table orders.orders (
  id uuid primary key,
  number text not null unique check (number ~ '^[0-9A-HJKMNP-TV-Z]{10}$'),
  checkout_id uuid not null,
  account_id uuid,
  guest_hash bytea check (length(guest_hash) = 32),
  access_hash bytea not null check (length(access_hash) = 32),
  status text not null check (status in (
    'PENDING', 'CONFIRMED', 'PARTIALLY_SHIPPED', 'SHIPPED', 'DELIVERED', 'CANCELLED', 'REFUNDED', 'FAILED')),
  seq bigint not null check (seq > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  subtotal_minor bigint not null check (subtotal_minor >= 0),
  discount_minor bigint not null check (discount_minor between 0 and subtotal_minor),
  shipping_minor bigint not null check (shipping_minor >= 0),
  shipping_tax_minor bigint not null check (shipping_tax_minor >= 0),
  tax_minor bigint not null check (tax_minor >= shipping_tax_minor),
  total_minor bigint not null,
  shipping_method text not null,
  country text not null check (country ~ '^[A-Z]{2}$'),
  region text not null,
  contact bytea not null,
  email_index bytea not null check (length(email_index) = 32),
  promised jsonb not null default '{}',
  price_list_id uuid not null,
  placed_at timestamptz not null default clock_timestamp(),
  confirmed_at timestamptz,
  failed_at timestamptz,
  refunded_at timestamptz,
  updated_at timestamptz not null default clock_timestamp(),
  constraint orders_have_one_owner check ((account_id is null) <> (guest_hash is null)),
  constraint orders_total_is_its_parts
    check (total_minor = subtotal_minor - discount_minor + shipping_minor + tax_minor)
) with (fillfactor = 80);
-- A checkout has one order; one whose payment failed does not count, for the buyer may try again.
create unique index orders_one_per_checkout on orders.orders (checkout_id) where status <> 'FAILED';
create index orders_of_account on orders.orders (account_id, placed_at desc, id desc) where account_id is not null;
create index orders_of_guest on orders.orders (guest_hash, placed_at desc, id desc) where guest_hash is not null;
create index orders_by_email on orders.orders (email_index, placed_at desc);
create index orders_recent on orders.orders (placed_at desc, id desc);
create index orders_by_status on orders.orders (status, placed_at desc, id desc);

create table orders.lines (
  order_id uuid not null references orders.orders (id),
  line_no integer not null check (line_no > 0),
  variant_id uuid not null,
  product_id uuid not null,
  sku text not null,
  title text not null,
  variant_title text not null,
  picture text,
  tax_category text not null,
  weight_grams integer not null default 0 check (weight_grams >= 0),
  quantity integer not null check (quantity between 1 and 1000000),
  unit_minor bigint not null check (unit_minor >= 0),
  discount_minor bigint not null check (discount_minor >= 0),
  tax_minor bigint not null check (tax_minor >= 0),
  total_minor bigint not null,
  backordered integer not null default 0 check (backordered between 0 and quantity),
  promised_on date,
  shipped integer not null default 0 check (shipped >= 0),
  delivered integer not null default 0 check (delivered between 0 and shipped),
  cancelled integer not null default 0 check (cancelled >= 0),
  primary key (order_id, line_no),
  constraint lines_one_per_variant unique (order_id, variant_id),
  constraint lines_discount_within_price check (discount_minor <= unit_minor * quantity),
  constraint lines_total_is_its_parts check (total_minor = unit_minor * quantity - discount_minor + tax_minor),
  constraint lines_never_ship_more_than_ordered check (shipped + cancelled <= quantity)
) with (fillfactor = 90);
create index lines_by_variant on orders.lines (variant_id);

create table orders.history (
  order_id uuid not null references orders.orders (id),
  seq bigint not null check (seq > 0),
  from_status text,
  to_status text not null,
  reason text,
  actor text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (order_id, seq)
);

create function orders.guard_status() returns trigger language plpgsql as $$
begin
  if not exists (
    select 1 from orders.legal_moves m
    where m.machine = 'order' and m.from_status is not distinct from old.status and m.to_status = new.status
  ) then
    raise exception 'order % cannot go from % to %', old.id, old.status, new.status using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger orders_legal_moves before update of status on orders.orders
  for each row when (old.status <> new.status) execute function orders.guard_status();

-- The lines add up to the order, to the last minor unit; looked at once, when the order's transaction ends.
create function orders.guard_sums() returns trigger language plpgsql as $$
declare
  sums record;
begin
  select coalesce(sum(l.unit_minor * l.quantity), 0) as subtotal, coalesce(sum(l.discount_minor), 0) as discount,
    coalesce(sum(l.tax_minor), 0) as tax, count(*) as lines
  into sums from orders.lines l where l.order_id = new.id;
  if sums.lines = 0 or sums.subtotal <> new.subtotal_minor or sums.discount <> new.discount_minor
    or sums.tax + new.shipping_tax_minor <> new.tax_minor then
    raise exception 'the lines of order % do not add up to it', new.id using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger orders_lines_add_up after insert on orders.orders
  deferrable initially deferred for each row execute function orders.guard_sums();
