-- Stock. One row per variant is the point of truth and of locking; locations split it, holds and allocations claim it.

create schema inventory;

create table inventory.locations (
  id uuid primary key,
  code text not null unique check (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  title text not null,
  country text not null check (country ~ '^[A-Z]{2}$'),
  region text not null default '',
  priority integer not null default 100,
  active boolean not null default true,
  version bigint not null default 1
);

create table inventory.stock (
  variant_id uuid primary key,
  on_hand integer not null default 0 check (on_hand >= 0),
  reserved integer not null default 0 check (reserved >= 0),
  backordered integer not null default 0 check (backordered >= 0),
  backorder_limit integer not null default 0 check (backorder_limit between 0 and 1000000),
  backorder_promised_on date,
  low_stock_threshold integer not null default 0 check (low_stock_threshold >= 0),
  version bigint not null default 0,
  constraint stock_reserved_is_there check (reserved <= on_hand),
  constraint stock_backorders_within_limit check (backordered <= backorder_limit),
  constraint stock_backorder_has_a_promise check (backorder_limit = 0 or backorder_promised_on is not null)
) with (fillfactor = 60);

create table inventory.stock_levels (
  variant_id uuid not null references inventory.stock (variant_id),
  location_id uuid not null references inventory.locations (id),
  on_hand integer not null default 0 check (on_hand >= 0),
  allocated integer not null default 0 check (allocated >= 0),
  primary key (variant_id, location_id),
  constraint stock_levels_allocated_is_there check (allocated <= on_hand)
) with (fillfactor = 70);

-- Every change of on_hand, append-only; its sum is on_hand.
create table inventory.ledger (
  id bigint generated always as identity primary key,
  variant_id uuid not null,
  location_id uuid not null,
  delta integer not null check (delta <> 0),
  reason text not null check (reason in ('receipt', 'adjustment', 'count', 'damage', 'shipment', 'return')),
  ref text not null check (length(ref) between 1 and 200),
  at timestamptz not null default clock_timestamp(),
  constraint ledger_once unique (reason, ref, variant_id, location_id)
);
create index ledger_by_variant on inventory.ledger (variant_id, location_id);

-- Whoever holds: a cart. `held_until` is renewed by cart writes for all its holds at once; `placing_until` while an order is placed.
create table inventory.holders (
  cart_id uuid primary key,
  held_until timestamptz not null,
  placing_until timestamptz
) with (fillfactor = 70);
create index holders_by_expiry on inventory.holders (held_until);

-- A timed claim of a cart on units of a variant. It ends at least(holder.held_until, latest_until), or with the placing.
create table inventory.holds (
  cart_id uuid not null references inventory.holders (cart_id),
  variant_id uuid not null references inventory.stock (variant_id),
  quantity integer not null check (quantity > 0),
  latest_until timestamptz not null,
  network bytea,
  primary key (cart_id, variant_id)
) with (fillfactor = 70);
create index holds_by_variant on inventory.holds (variant_id, network);
create index holds_by_latest on inventory.holds (latest_until);

-- Promised beyond what is there: never part of `reserved`.
create table inventory.backorders (
  id bigint generated always as identity primary key,
  variant_id uuid not null references inventory.stock (variant_id),
  cart_id uuid,
  order_id uuid,
  quantity integer not null check (quantity > 0),
  promised_on date not null,
  state text not null default 'open' check (state in ('open', 'released', 'allocated')),
  constraint backorders_have_one_owner check ((cart_id is null) <> (order_id is null)),
  constraint backorders_one_per_cart unique (cart_id, variant_id),
  constraint backorders_one_per_order unique (order_id, variant_id)
);
create index backorders_by_variant on inventory.backorders (variant_id) where state = 'open';

-- Units that belong to an order, at a location.
create table inventory.allocations (
  order_id uuid not null,
  variant_id uuid not null references inventory.stock (variant_id),
  location_id uuid not null references inventory.locations (id),
  quantity integer not null check (quantity > 0),
  state text not null default 'open' check (state in ('open', 'shipped', 'released')),
  at timestamptz not null default clock_timestamp(),
  primary key (order_id, variant_id, location_id)
);
create index allocations_open_by_variant on inventory.allocations (variant_id) where state = 'open';
