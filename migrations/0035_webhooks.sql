-- Outgoing webhooks: who is told, what each is told, and a log of every try.

create schema webhooks;

-- A removed endpoint keeps its row until its messages are tidied away, but none of its secrets.
create table webhooks.endpoints (
  id uuid primary key,
  asked_as uuid not null,
  url text not null check (length(url) between 1 and 2000),
  event_names text[],
  secret bytea,
  old_secret bytea,
  old_secret_until timestamptz,
  enabled boolean not null default true,
  disabled_reason text check (disabled_reason in ('gone', 'staff')),
  resting_until timestamptz,
  version bigint not null default 1 check (version > 0),
  created_at timestamptz not null default clock_timestamp(),
  removed_at timestamptz,
  constraint endpoints_once unique (asked_as),
  constraint endpoints_say_why_not check (enabled = (disabled_reason is null)),
  constraint endpoints_can_sign check (removed_at is not null or secret is not null),
  constraint endpoints_old_secret_ends check ((old_secret is null) = (old_secret_until is null)),
  constraint endpoints_removed_are_quiet check (
    removed_at is null or (not enabled and secret is null and old_secret is null))
);

-- `attempts` counts all tries and fences a late sender; `failures` those since the message was last asked for.
create table webhooks.messages (
  id uuid primary key,
  endpoint_id uuid not null references webhooks.endpoints (id),
  event_id bigint,
  event_name text not null,
  payload text not null,
  state text not null default 'pending' check (state in ('pending', 'sending', 'delivered', 'dead', 'discarded')),
  attempts integer not null default 0 check (attempts >= 0),
  failures integer not null default 0 check (failures between 0 and attempts),
  next_attempt_at timestamptz not null default clock_timestamp(),
  claimed_at timestamptz,
  last_error text,
  written_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  constraint messages_once unique (endpoint_id, event_id),
  constraint messages_end check ((state in ('delivered', 'dead', 'discarded')) = (ended_at is not null)),
  constraint messages_are_claimed_to_be_sent check (state <> 'sending' or claimed_at is not null)
);
create index messages_log on webhooks.messages (endpoint_id, id desc);
create index messages_due on webhooks.messages (endpoint_id, next_attempt_at) where state = 'pending';
create index messages_in_hand on webhooks.messages (endpoint_id, claimed_at) where state = 'sending';
create index messages_dead on webhooks.messages (ended_at desc) where state = 'dead';
create index messages_to_forget on webhooks.messages (ended_at) where state in ('delivered', 'discarded');

create table webhooks.tries (
  message_id uuid not null references webhooks.messages (id) on delete cascade,
  attempt integer not null check (attempt > 0),
  started_at timestamptz not null,
  duration_ms integer check (duration_ms >= 0),
  status integer,
  error text,
  answer text check (length(answer) <= 1024),
  primary key (message_id, attempt)
);
create index tries_to_forget on webhooks.tries (started_at) where answer is not null;
