-- Carts belong to a guest token or to an account, never to a session. Hard ceilings stand above every group's limits.

create schema cart;

create table cart.carts (
  id uuid primary key,
  account_id uuid,
  guest_hash bytea check (length(guest_hash) = 32),
  state text not null default 'active' check (state in ('active', 'merged', 'expired')),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  version bigint not null default 0,
  share_hash bytea unique check (length(share_hash) = 32),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint carts_have_one_owner check (state <> 'active' or (account_id is null) <> (guest_hash is null))
) with (fillfactor = 70);
create unique index carts_one_per_account on cart.carts (account_id) where state = 'active';
create unique index carts_one_per_guest on cart.carts (guest_hash) where state = 'active';

create table cart.lines (
  cart_id uuid not null references cart.carts (id),
  variant_id uuid not null,
  quantity integer not null check (quantity between 1 and 1000000),
  unit_minor bigint not null check (unit_minor >= 0),
  changed_version bigint not null,
  added_at timestamptz not null default clock_timestamp(),
  primary key (cart_id, variant_id)
) with (fillfactor = 80);
create index lines_by_variant on cart.lines (variant_id);

create table cart.saved_lines (
  cart_id uuid not null references cart.carts (id),
  variant_id uuid not null,
  quantity integer not null check (quantity between 1 and 1000000),
  reason text not null check (reason in ('by_choice', 'limit', 'stock', 'undone')),
  saved_at timestamptz not null default clock_timestamp(),
  primary key (cart_id, variant_id)
);

-- What offline clients sent already, with the answer they get again.
create table cart.operations (
  cart_id uuid not null references cart.carts (id),
  operation_id uuid not null,
  outcome jsonb not null,
  at timestamptz not null default clock_timestamp(),
  primary key (cart_id, operation_id)
);
create index operations_by_age on cart.operations (at);

-- A guest cart that went into an account's cart, with what the account's lines were before, for the undo.
create table cart.merges (
  id uuid primary key,
  account_cart_id uuid not null references cart.carts (id),
  guest_cart_id uuid not null unique references cart.carts (id),
  lines_before jsonb not null,
  changes jsonb not null,
  merged_at timestamptz not null default clock_timestamp(),
  undo_until timestamptz not null,
  undone_at timestamptz
);
create index merges_by_account_cart on cart.merges (account_cart_id, merged_at);
