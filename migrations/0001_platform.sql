-- Events, their deliveries, and idempotency keys: what every module stands on.

create table platform.subscriptions (
  event_name text not null,
  consumer text not null,
  primary key (event_name, consumer)
);

create table platform.events (
  id bigint generated always as identity primary key,
  name text not null,
  aggregate_type text not null,
  aggregate_id uuid not null,
  seq bigint not null check (seq > 0),
  payload jsonb not null,
  occurred_at timestamptz not null default clock_timestamp(),
  constraint events_one_per_version unique (aggregate_type, aggregate_id, seq)
);

-- A delivery knows its place in the history of its thing, so that what blocks it is found by one index, and may carry a
-- payload that staff mended (the event itself never changes). A queue: rows live for milliseconds, so the table is tidied by
-- count of changes, not by share of its size.
create table platform.deliveries (
  consumer text not null,
  event_id bigint not null references platform.events (id),
  aggregate_type text not null,
  aggregate_id uuid not null,
  seq bigint not null,
  attempts integer not null default 0 check (attempts >= 0),
  next_attempt_at timestamptz not null default clock_timestamp(),
  dead_at timestamptz,
  last_error text,
  replayed boolean not null default false,
  mended_payload jsonb,
  primary key (event_id, consumer)
) with (
  fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);
create index deliveries_due on platform.deliveries (consumer, next_attempt_at) where dead_at is null;
create index deliveries_by_aggregate on platform.deliveries (consumer, aggregate_id, seq) where dead_at is null;
create index deliveries_dead on platform.deliveries (dead_at, event_id) where dead_at is not null;

-- What each consumer has seen of an aggregate, so that a late older event can be told from news.
create table platform.consumed (
  consumer text not null,
  aggregate_type text not null,
  aggregate_id uuid not null,
  seq bigint not null,
  consumed_at timestamptz not null default clock_timestamp(),
  primary key (consumer, aggregate_type, aggregate_id)
);

create table platform.idempotency_keys (
  actor text not null,
  route text not null,
  key text not null check (length(key) between 1 and 255),
  request_hash bytea not null,
  claimed_at timestamptz not null default clock_timestamp(),
  claim_token uuid not null,
  status integer,
  headers jsonb,
  body bytea,
  completed_at timestamptz,
  primary key (actor, route, key),
  check ((completed_at is null) = (status is null))
);
create index idempotency_keys_age on platform.idempotency_keys (claimed_at);

-- Written when a job fails and when it is well again, not at every run.
create table platform.job_failures (
  name text primary key,
  failures integer not null check (failures > 0),
  first_failed_at timestamptz not null default clock_timestamp(),
  last_failed_at timestamptz not null default clock_timestamp(),
  last_error text not null,
  rerun_at timestamptz
);
