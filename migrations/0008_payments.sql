-- Money asked for, held, taken and given back. Every call to a provider is a row before it is made.

create schema payments;

create table payments.legal_moves (
  from_status text not null,
  to_status text not null,
  primary key (from_status, to_status)
);
insert into payments.legal_moves (from_status, to_status) values
  ('PENDING', 'AUTHORIZED'), ('PENDING', 'UNKNOWN'), ('PENDING', 'FAILED'),
  ('UNKNOWN', 'AUTHORIZED'), ('UNKNOWN', 'SUCCESS'), ('UNKNOWN', 'FAILED'),
  ('AUTHORIZED', 'SUCCESS'), ('AUTHORIZED', 'UNKNOWN'), ('AUTHORIZED', 'VOIDED'),
  ('SUCCESS', 'PARTIALLY_REFUNDED'), ('SUCCESS', 'REFUNDED'),
  ('PARTIALLY_REFUNDED', 'PARTIALLY_REFUNDED'), ('PARTIALLY_REFUNDED', 'REFUNDED');

create table payments.payments (
  id uuid primary key,
  order_id uuid not null,
  method text not null check (length(method) between 1 and 40),
  captures_on text not null check (captures_on in ('placement', 'delivery')),
  status text not null default 'PENDING' check (status in (
    'PENDING', 'AUTHORIZED', 'SUCCESS', 'FAILED', 'UNKNOWN', 'VOIDED', 'PARTIALLY_REFUNDED', 'REFUNDED')),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor >= 0),
  authorized_minor bigint not null default 0 check (authorized_minor >= 0),
  captured_minor bigint not null default 0 check (captured_minor >= 0),
  refunded_minor bigint not null default 0 check (refunded_minor >= 0),
  provider_ref bytea,
  failure text,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint payments_authorized_within_amount check (authorized_minor <= amount_minor),
  constraint payments_captured_within_authorized check (captured_minor <= authorized_minor),
  constraint payments_refunded_within_captured check (refunded_minor <= captured_minor)
) with (fillfactor = 80);
create unique index payments_one_live on payments.payments (order_id) where status not in ('FAILED', 'VOIDED', 'REFUNDED');
create index payments_by_order on payments.payments (order_id, created_at);

-- One call to a provider: its key is stored before the call, so that whoever comes after a crash asks with the same one.
create table payments.attempts (
  id uuid primary key,
  payment_id uuid not null references payments.payments (id),
  phase text not null check (phase in ('authorize', 'capture', 'void', 'refund')),
  idempotency_key text not null unique check (length(idempotency_key) between 1 and 255),
  amount_minor bigint not null check (amount_minor >= 0),
  state text not null default 'sending'
    check (state in ('sending', 'requires_action', 'unknown', 'succeeded', 'declined')),
  reason text,
  action text,
  tries integer not null default 1 check (tries > 0),
  started_at timestamptz not null default clock_timestamp(),
  leased_until timestamptz not null,
  settled_at timestamptz,
  constraint attempts_settled_have_a_time check ((settled_at is null) = (state in ('sending', 'requires_action', 'unknown')))
) with (fillfactor = 80);
create index attempts_by_payment on payments.attempts (payment_id, started_at);
create unique index attempts_one_open on payments.attempts (payment_id) where settled_at is null;
create unique index attempts_one_authorize on payments.attempts (payment_id) where phase = 'authorize';
create index attempts_unsettled on payments.attempts (leased_until) where settled_at is null;

-- What happened to the money; sums equal the payment's running totals.
create table payments.events (
  id bigint generated always as identity primary key,
  payment_id uuid not null references payments.payments (id),
  attempt_id uuid not null unique references payments.attempts (id),
  kind text not null check (kind in ('authorize', 'capture', 'void', 'refund')),
  amount_minor bigint not null check (amount_minor >= 0),
  at timestamptz not null default clock_timestamp()
);
create index events_by_payment on payments.events (payment_id);

-- Double entry: the rows of one transaction (an event) add up to zero.
create table payments.journal (
  event_id bigint not null references payments.events (id),
  account text not null check (account in ('provider_receivable', 'orders_paid')),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null,
  primary key (event_id, account)
);

create function payments.guard_status() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from payments.legal_moves m where m.from_status = old.status and m.to_status = new.status) then
    raise exception 'payment % cannot go from % to %', old.id, old.status, new.status using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger payments_legal_moves before update of status on payments.payments
  for each row when (old.status <> new.status) execute function payments.guard_status();
