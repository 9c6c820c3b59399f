-- What a token may change, as it is now. A reset and a change of address end with either of password and address.
create or replace function identity.token_state(of_purpose text, password_hash text, email_index bytea) returns bytea
language sql stable as $$
  select sha256(case when of_purpose = 'verify_email' then email_index else convert_to(password_hash, 'UTF8') || email_index end);
$$;

-- Ask for a letter with a token. Nobody is looked up: an address that has no account costs the same as one that has.
create or replace function identity.ask_for_token(
  new_id uuid, of_purpose text, of_account uuid, index_of_email bytea, sealed_email bytea
) returns void
language plpgsql as $$
begin
  insert into identity.tokens (id, purpose, account_id, email_index, email_sealed)
  values (new_id, of_purpose, of_account, index_of_email, sealed_email);
  perform platform.emit('identity.token_asked.v1', 'token', new_id, 1, jsonb_build_object('token_id', new_id));
end $$;

-- Give a token that was asked for its secret, for the letter that is written in the same unit. No row: there is nothing to write,
-- because nobody has that address, it is proven already, or somebody else has the new one. Accounts are locked before tokens.
create or replace function identity.issue_token(of_id uuid, with_hash bytea, lives_s jsonb)
returns table (purpose text, account_id uuid, email_sealed bytea, name_sealed bytea, new_email_sealed bytea)
language plpgsql as $$
declare
  asked identity.tokens;
  holder identity.accounts;
begin
  select * into asked from identity.tokens t where t.id = of_id;
  if not found then
    return;
  end if;
  if asked.purpose = 'reset_password' then
    select * into holder from identity.accounts a where a.email_index = asked.email_index for no key update;
  else
    select * into holder from identity.accounts a where a.id = asked.account_id for no key update;
  end if;
  if holder.id is null or holder.status <> 'active'
    or (asked.purpose = 'verify_email' and (holder.email_verified_at is not null or holder.email_index <> asked.email_index))
    or (asked.purpose = 'change_email' and exists (
      select 1 from identity.accounts a where a.email_index = asked.email_index))
  then
    delete from identity.tokens t where t.id = of_id;
    return;
  end if;
  update identity.tokens t
  set account_id = holder.id, token_hash = with_hash,
    state_hash = identity.token_state(asked.purpose, holder.password_hash, holder.email_index),
    expires_at = clock_timestamp() + make_interval(secs => (lives_s ->> asked.purpose)::double precision)
  where t.id = of_id and t.token_hash is null;
  if found then
    return query select asked.purpose, holder.id, holder.email_sealed, holder.name_sealed, asked.email_sealed;
  end if;
end $$;

-- Look at a token without using it. Whoever uses it looks again, under the lock.
create or replace function identity.find_token(with_hash bytea)
returns table (id uuid, purpose text, account_id uuid, email_sealed bytea, new_email_sealed bytea)
language sql stable as $$
  select t.id, t.purpose, t.account_id, a.email_sealed, t.email_sealed
  from identity.tokens t join identity.accounts a on a.id = t.account_id
  where t.token_hash = with_hash and t.expires_at > clock_timestamp() and a.status = 'active'
    and t.state_hash = identity.token_state(t.purpose, a.password_hash, a.email_index);
$$;

-- Use a token up, and with it all others of its account and purpose. Out goes it; the account stays locked. Refuses INVALID_TOKEN.
create or replace function identity.use_token(with_hash bytea, of_purpose text) returns identity.tokens
language plpgsql as $$
declare
  found_token identity.tokens;
  holder identity.accounts;
begin
  select * into found_token from identity.tokens t where t.token_hash = with_hash and t.purpose = of_purpose;
  select * into holder from identity.accounts a where a.id = found_token.account_id for update;
  select * into found_token from identity.tokens t
  where t.token_hash = with_hash and t.purpose = of_purpose and t.expires_at > clock_timestamp()
    and holder.status = 'active'
    and t.state_hash = identity.token_state(t.purpose, holder.password_hash, holder.email_index);
  if not found then
    perform platform.refuse('INVALID_TOKEN');
  end if;
  delete from identity.tokens t where t.account_id = holder.id and t.purpose = of_purpose;
  return found_token;
end $$;

-- The owner reads mail that is sent to the address. Refuses INVALID_TOKEN.
create or replace function identity.verify_email(with_hash bytea, with_request_id text) returns void
language plpgsql as $$
declare
  used identity.tokens := identity.use_token(with_hash, 'verify_email');
begin
  update identity.accounts a set email_verified_at = clock_timestamp(), version = a.version + 1
  where a.id = used.account_id;
  perform audit.record('account:' || used.account_id, 'identity.email_verified', 'account', used.account_id, '{}', with_request_id);
end $$;

-- A new password for whoever reads mail that is sent to the address, which that proves. Every session and every token ends.
-- Refuses INVALID_TOKEN.
create or replace function identity.reset_password(with_hash bytea, new_hash text, with_request_id text) returns void
language plpgsql as $$
declare
  used identity.tokens := identity.use_token(with_hash, 'reset_password');
begin
  update identity.accounts a
  set password_hash = new_hash, password_changed_at = clock_timestamp(), version = a.version + 1,
    email_verified_at = coalesce(a.email_verified_at, clock_timestamp())
  where a.id = used.account_id;
  delete from identity.tokens t where t.account_id = used.account_id;
  delete from identity.sessions s where s.account_id = used.account_id;
  perform audit.record('account:' || used.account_id, 'identity.password_reset', 'account', used.account_id, '{}', with_request_id);
end $$;

-- Write another address into an account that the caller has locked: tokens and other sessions end, the old address is told.
-- Refuses EMAIL_TAKEN.
create or replace function identity.set_email(
  of_account uuid, index_of_email bytea, sealed_email bytea, is_verified boolean, current_session uuid, former_id uuid,
  former_sealed bytea, by_actor text, with_request_id text
) returns void
language plpgsql as $$
declare
  seq bigint;
begin
  update identity.accounts a
  set email_index = index_of_email, email_sealed = sealed_email, version = a.version + 1, event_seq = a.event_seq + 1,
    email_verified_at = case when is_verified then clock_timestamp() end
  where a.id = of_account returning a.event_seq into seq;
  insert into identity.former_emails (id, account_id, email_sealed) values (former_id, of_account, former_sealed);
  delete from identity.tokens t where t.account_id = of_account;
  delete from identity.sessions s where s.account_id = of_account and s.id is distinct from current_session;
  perform platform.emit('identity.email_changed.v1', 'account', of_account, seq,
    jsonb_build_object('account_id', of_account, 'change_id', former_id));
  perform audit.record(by_actor, 'identity.email_changed', 'account', of_account, '{}', with_request_id);
exception when unique_violation then
  perform platform.refuse('EMAIL_TAKEN');
end $$;

-- Another address at once, after the password was checked: only in place of one that nobody ever proved to be theirs. Refuses
-- EMAIL_TAKEN, EMAIL_IS_VERIFIED; out goes whether `checked_hash` was still the one.
drop function if exists identity.change_email(uuid, text, bytea, bytea, uuid, text, text);
create or replace function identity.change_email(
  of_account uuid, checked_hash text, index_of_email bytea, sealed_email bytea, current_session uuid, former_id uuid,
  former_sealed bytea, by_actor text, with_request_id text
) returns boolean
language plpgsql as $$
declare
  holder identity.accounts;
begin
  select * into holder from identity.accounts a where a.id = of_account for update;
  if holder.password_hash is distinct from checked_hash then
    return false;
  elsif holder.email_verified_at is not null then
    perform platform.refuse('EMAIL_IS_VERIFIED');
  end if;
  perform identity.set_email(
    of_account, index_of_email, sealed_email, false, current_session, former_id, former_sealed, by_actor, with_request_id);
  return true;
end $$;

-- The owner reads mail that is sent to the new address: it becomes the account's. Refuses INVALID_TOKEN, EMAIL_TAKEN.
-- `sealed_email` is the token's address, sealed for the account.
create or replace function identity.confirm_email(
  with_hash bytea, sealed_email bytea, current_session uuid, former_id uuid, former_sealed bytea, with_request_id text
) returns void
language plpgsql as $$
declare
  used identity.tokens := identity.use_token(with_hash, 'change_email');
begin
  perform identity.set_email(
    used.account_id, used.email_index, sealed_email, true, current_session, former_id, former_sealed,
    'account:' || used.account_id, with_request_id);
end $$;
