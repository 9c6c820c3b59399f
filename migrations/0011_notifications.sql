-- Letters to people: the intent is stored with what made it necessary, the outcome after the mail server's answer.

create schema notifications;

-- Recipient and content are sealed, and removed some time after sending; the row stays, so that no letter is written twice.
create table notifications.messages (
  id uuid primary key,
  kind text not null check (kind in ('order_confirmed', 'order_cancelled')),
  subject_type text not null,
  subject_id uuid not null,
  recipient bytea,
  content bytea,
  state text not null default 'pending' check (state in ('pending', 'sending', 'unknown', 'sent', 'dead', 'discarded')),
  attempts integer not null default 0 check (attempts >= 0),
  unknowns integer not null default 0 check (unknowns between 0 and attempts),
  next_attempt_at timestamptz not null default clock_timestamp(),
  claimed_at timestamptz,
  last_error text,
  written_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  constraint messages_once unique (kind, subject_id),
  constraint messages_can_be_sent check (
    state in ('sent', 'discarded') or (recipient is not null and content is not null)),
  constraint messages_end check ((state in ('sent', 'dead', 'discarded')) = (ended_at is not null)),
  constraint messages_are_claimed_to_be_sent check (state <> 'sending' or claimed_at is not null)
);
create index messages_due on notifications.messages (next_attempt_at) where state in ('pending', 'unknown');
create index messages_in_hand on notifications.messages (claimed_at) where state = 'sending';
create index messages_dead on notifications.messages (ended_at desc) where state = 'dead';
create index messages_to_forget on notifications.messages (ended_at)
  where content is not null and state in ('sent', 'discarded');
