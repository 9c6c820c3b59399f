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

create table platform.deliveries (
  consumer text not null,
  event_id bigint not null references platform.events (id),
  attempts integer not null default 0 check (attempts >= 0),
  next_attempt_at timestamptz not null default clock_timestamp(),
  dead_at timestamptz,
  last_error text,
  primary key (consumer, event_id)
);
create index deliveries_due on platform.deliveries (consumer, next_attempt_at) where dead_at is null;

-- What each consumer has seen of an aggregate, so that a late older event can be told from news.
create table platform.consumed (
  consumer text not null,
  aggregate_type text not null,
  aggregate_id uuid not null,
  seq bigint not null,
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
