-- Proof of an e-mail address, tokens that letters carry, a second factor, narrower keys for machines, and staff in a customer's place.

alter table identity.accounts
  add column email_verified_at timestamptz,
  add column totp_on boolean not null default false; -- beside the account, so that no sign-in looks further than its row

-- Who acts in the account's place; not a foreign key, for every request of a session reads this row and nothing else of it.
alter table identity.sessions add column impersonator_id uuid;

alter table identity.api_keys
  add column scopes text[], -- null: all that its roles allow
  add constraint api_keys_scopes check (cardinality(scopes) between 1 and 64) not valid;

-- A token is asked for by a request, which looks nobody up, and issued by whoever writes the letter. What it may change is in
-- `state_hash`: once that changed in another way, the token opens nothing.
create table identity.tokens (
  id uuid primary key,
  purpose text not null check (purpose in ('verify_email', 'reset_password', 'change_email')),
  account_id uuid references identity.accounts (id),
  email_index bytea not null check (length(email_index) = 32),
  email_sealed bytea,
  token_hash bytea constraint tokens_hash unique check (length(token_hash) = 32),
  state_hash bytea check (length(state_hash) = 32),
  asked_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz,
  constraint tokens_issued check (
    (token_hash is null) = (expires_at is null) and (token_hash is null) = (state_hash is null)
    and (token_hash is null or account_id is not null)),
  constraint tokens_new_address check ((purpose = 'change_email') = (email_sealed is not null)),
  constraint tokens_of_somebody check (purpose = 'reset_password' or account_id is not null)
);
create index tokens_of_account on identity.tokens (account_id, purpose);
create index tokens_age on identity.tokens (asked_at);

-- Where to tell that an account's address was changed; forgotten after a month.
create table identity.former_emails (
  id uuid primary key,
  account_id uuid not null references identity.accounts (id),
  email_sealed bytea not null,
  changed_at timestamptz not null default clock_timestamp()
);
create index former_emails_age on identity.former_emails (changed_at);

-- What an account was signed in with, by a keyed hash of what the browser calls itself.
create table identity.devices (
  account_id uuid not null references identity.accounts (id),
  device_index bytea not null check (length(device_index) = 32),
  last_seen_at timestamptz not null default clock_timestamp(),
  primary key (account_id, device_index)
);
create index devices_age on identity.devices (last_seen_at);

-- `last_step` is the newest 30-second step whose code was taken: a code works once, and none older does.
create table identity.totp (
  account_id uuid primary key references identity.accounts (id),
  secret_sealed bytea not null,
  confirmed_at timestamptz,
  last_step bigint not null default 0 check (last_step >= 0),
  created_at timestamptz not null default clock_timestamp()
);

create table identity.recovery_codes (
  account_id uuid not null references identity.totp (account_id) on delete cascade,
  code_hash bytea not null check (length(code_hash) = 32),
  primary key (account_id, code_hash)
);

create table identity.impersonations (
  session_id uuid primary key,
  account_id uuid not null references identity.accounts (id),
  by_account uuid not null references identity.accounts (id),
  reason_sealed bytea not null,
  started_at timestamptz not null default clock_timestamp(),
  ends_at timestamptz not null,
  check (ends_at > started_at),
  check (account_id <> by_account)
);

-- Letters about accounts. This constraint and that of scopes are checked by the next file.
alter table notifications.messages
  -- squawk-ignore ban-drop-constraint
  drop constraint messages_kind_check, -- a wider one follows
  add constraint messages_kind_check check (
    kind in ('order_confirmed', 'order_cancelled', 'verify_email', 'reset_password', 'email_changed', 'new_sign_in')) not valid;
