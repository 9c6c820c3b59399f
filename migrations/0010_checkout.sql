-- Checkouts: a stored state machine, so that a reload, another device or a dead process loses nothing.

create schema checkout;

create table checkout.legal_moves (
  from_state text,
  to_state text not null,
  constraint legal_moves_once unique nulls not distinct (from_state, to_state)
);
insert into checkout.legal_moves (from_state, to_state) values
  (null, 'shipping'), ('shipping', 'payment'), ('payment', 'review'), ('review', 'placing'),
  ('review', 'payment'), ('payment', 'shipping'), ('review', 'shipping'),
  ('placing', 'confirmed'), ('placing', 'failed'), ('failed', 'payment'),
  ('shipping', 'expired'), ('payment', 'expired'), ('review', 'expired');

create table checkout.checkouts (
  id uuid primary key,
  cart_id uuid not null,
  account_id uuid,
  guest_hash bytea check (length(guest_hash) = 32),
  state text not null default 'shipping'
    check (state in ('shipping', 'payment', 'review', 'placing', 'confirmed', 'failed', 'expired')),
  version bigint not null default 1 check (version > 0),
  contact bytea,
  shipping_method text,
  payment_method text,
  quote jsonb,
  order_id uuid unique,
  failure text,
  failed_at timestamptz,
  expires_at timestamptz not null,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint checkouts_have_one_owner check ((account_id is null) <> (guest_hash is null)),
  constraint checkouts_in_review_are_complete check (state not in ('review', 'placing', 'confirmed') or (
    contact is not null and shipping_method is not null and payment_method is not null and quote is not null)),
  constraint checkouts_placing_have_an_order check (state not in ('placing', 'confirmed') or order_id is not null)
) with (fillfactor = 70);
create unique index checkouts_one_live_per_cart on checkout.checkouts (cart_id) where state not in ('confirmed', 'expired');
create index checkouts_of_account on checkout.checkouts (account_id) where account_id is not null and state not in ('confirmed', 'expired');
create index checkouts_of_guest on checkout.checkouts (guest_hash) where guest_hash is not null and state not in ('confirmed', 'expired');
create index checkouts_placing on checkout.checkouts (updated_at) where state = 'placing';
create index checkouts_to_expire on checkout.checkouts (expires_at) where state in ('shipping', 'payment', 'review');

-- Every move; a row into `failed` is the record of a failed checkout, with its order and reason.
create table checkout.history (
  checkout_id uuid not null references checkout.checkouts (id),
  seq bigint not null check (seq > 0),
  from_state text,
  to_state text not null,
  order_id uuid,
  reason text,
  at timestamptz not null default clock_timestamp(),
  primary key (checkout_id, seq)
);
create index history_of_failures on checkout.history (at desc) where to_state = 'failed';

create function checkout.guard_state() returns trigger language plpgsql as $$
begin
  if not exists (
    select 1 from checkout.legal_moves m where m.from_state is not distinct from old.state and m.to_state = new.state
  ) then
    raise exception 'checkout % cannot go from % to %', old.id, old.state, new.state using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger checkouts_legal_moves before update of state on checkout.checkouts
  for each row when (old.state <> new.state) execute function checkout.guard_state();
