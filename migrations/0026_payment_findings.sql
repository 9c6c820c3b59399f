-- Where a provider's book and ours differ. Staff sees each until it is looked at again (the row goes, and comes back if it is still
-- so) or settled by hand (`discarded_at`: it is never told again). `ref` is the provider's name of the payment, sealed.

create table payments.findings (
  id uuid primary key,
  kind text not null check (kind in ('mismatch', 'only_there', 'only_here', 'differs', 'uncaptured')),
  subject text not null check (length(subject) between 1 and 64),
  payment_id uuid references payments.payments (id),
  ref bytea,
  detail text not null,
  found_at timestamptz not null default clock_timestamp(),
  discarded_at timestamptz,
  unique (kind, subject)
);
create index findings_open on payments.findings (found_at desc) where discarded_at is null;

-- Until when a provider's book was compared with ours.
create table payments.compared (
  provider text primary key,
  until timestamptz not null
);

-- squawk-ignore require-concurrent-index-creation
create index payments_authorized on payments.payments (updated_at) where status = 'AUTHORIZED';
