-- Accounts, sessions, addresses, machine keys and the brakes on guessing. Personal data is sealed; look-ups go by blind index.

create schema identity;

create table identity.accounts (
  id uuid primary key,
  email_index bytea not null constraint accounts_email unique,
  email_sealed bytea not null,
  name_sealed bytea not null,
  password_hash text not null,
  roles text[] not null default '{customer}'
    check (cardinality(roles) between 1 and 5 and roles <@ array['customer', 'support', 'catalogue', 'operations', 'admin']),
  status text not null default 'active' check (status in ('active', 'blocked')),
  locale text not null default 'en' check (length(locale) between 2 and 35),
  version bigint not null default 1 check (version > 0),
  event_seq bigint not null default 1 check (event_seq > 0),
  created_at timestamptz not null default clock_timestamp(),
  password_changed_at timestamptz not null default clock_timestamp()
);
create index accounts_staff on identity.accounts (id) where roles <> '{customer}';

create table identity.sessions (
  id uuid primary key,
  token_hash bytea not null constraint sessions_token unique check (length(token_hash) = 32),
  account_id uuid not null references identity.accounts (id),
  device_sealed bytea not null,
  created_at timestamptz not null default clock_timestamp(),
  last_seen_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  check (expires_at > created_at)
);
create index sessions_of_account on identity.sessions (account_id, created_at desc);
create index sessions_expiry on identity.sessions (expires_at);

create table identity.addresses (
  id uuid primary key,
  account_id uuid not null references identity.accounts (id),
  address_sealed bytea not null,
  is_default boolean not null default false,
  version bigint not null default 1 check (version > 0),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);
create index addresses_of_account on identity.addresses (account_id, created_at);
create unique index addresses_one_default on identity.addresses (account_id) where is_default;

create table identity.api_keys (
  id uuid primary key,
  token_hash bytea not null constraint api_keys_token unique check (length(token_hash) = 32),
  name text not null check (length(name) between 1 and 80),
  roles text[] not null check (cardinality(roles) between 1 and 5 and roles <@ array['customer', 'support', 'catalogue', 'operations', 'admin']),
  created_by uuid references identity.accounts (id),
  created_at timestamptz not null default clock_timestamp(),
  last_used_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz
);

-- Failed or unfinished sign-ins per account (by blind index) and per network; `subject` is a keyed hash of either.
create table identity.sign_in_attempts (
  subject bytea primary key check (length(subject) = 32),
  failures integer not null check (failures >= 0),
  last_at timestamptz not null default clock_timestamp(),
  blocked_until timestamptz not null default '-infinity'
);
create index sign_in_attempts_age on identity.sign_in_attempts (last_at);
