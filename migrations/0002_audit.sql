-- What was done, by whom, to what: written with the change, never changed afterwards.

create schema audit;

create table audit.entries (
  seq bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  actor text not null check (length(actor) between 1 and 100),
  action text not null check (action ~ '^[a-z_]+\.[a-z_]+$' and length(action) <= 80),
  subject_type text not null check (length(subject_type) between 1 and 40),
  subject_id uuid not null,
  facts jsonb not null default '{}' check (jsonb_typeof(facts) = 'object'),
  request_id text check (length(request_id) <= 128)
);
create index entries_of_subject on audit.entries (subject_type, subject_id, seq desc);
create index entries_of_action on audit.entries (action, seq desc);
create index entries_of_actor on audit.entries (actor, seq desc);
