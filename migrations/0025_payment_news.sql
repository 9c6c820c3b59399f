-- What providers tell us, one row each before they are answered; `said` (which payment it is about) is sealed. A message is never
-- believed: whoever takes it asks the provider again. `dead_at`: nobody could handle it, staff decides.

create table payments.webhook_inbox (
  provider text not null check (length(provider) between 1 and 40),
  event_id text not null check (length(event_id) between 1 and 255),
  id uuid primary key,
  said bytea not null,
  received_at timestamptz not null default clock_timestamp(),
  next_at timestamptz not null default clock_timestamp(),
  tries integer not null default 0 check (tries >= 0),
  processed_at timestamptz,
  dead_at timestamptz,
  error text,
  constraint webhook_inbox_once unique (provider, event_id),
  constraint webhook_inbox_ends_once check (processed_at is null or dead_at is null)
) with (fillfactor = 80);
create index webhook_inbox_waiting on payments.webhook_inbox (next_at) where processed_at is null and dead_at is null;
create index webhook_inbox_dead on payments.webhook_inbox (dead_at desc) where dead_at is not null;
create index webhook_inbox_processed on payments.webhook_inbox (processed_at) where processed_at is not null;
