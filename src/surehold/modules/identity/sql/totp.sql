-- Begin with a secret, in place of one that was never confirmed. Refuses TOTP_ON.
create or replace function identity.begin_totp(of_account uuid, sealed_secret bytea) returns void
language plpgsql as $$
begin
  insert into identity.totp as t (account_id, secret_sealed) values (of_account, sealed_secret)
  on conflict (account_id) do update set secret_sealed = excluded.secret_sealed, created_at = clock_timestamp()
  where t.confirmed_at is null;
  if not found then
    perform platform.refuse('TOTP_ON');
  end if;
end $$;

-- Turn the second factor on with a code of the secret that was looked at; other sessions, which never saw one, end.
-- Refuses TOTP_NOT_BEGUN (also when the secret is another by now).
create or replace function identity.confirm_totp(
  of_account uuid, checked_secret bytea, at_step bigint, code_hashes bytea[], current_session uuid, by_actor text, with_request_id text
) returns void
language plpgsql as $$
begin
  perform 1 from identity.accounts a where a.id = of_account for update;
  update identity.totp t set confirmed_at = clock_timestamp(), last_step = at_step
  where t.account_id = of_account and t.confirmed_at is null and t.secret_sealed = checked_secret;
  if not found then
    perform platform.refuse('TOTP_NOT_BEGUN');
  end if;
  insert into identity.recovery_codes (account_id, code_hash) select of_account, c.hash from unnest(code_hashes) as c (hash);
  update identity.accounts a set totp_on = true, version = a.version + 1 where a.id = of_account;
  delete from identity.sessions s where s.account_id = of_account and s.id is distinct from current_session;
  perform audit.record(by_actor, 'identity.totp_turned_on', 'account', of_account, '{}', with_request_id);
end $$;

-- Turn it off, after the password was checked; out goes whether `checked_hash` was still the one. Again changes nothing.
create or replace function identity.remove_totp(of_account uuid, checked_hash text, by_actor text, with_request_id text)
returns boolean
language plpgsql as $$
declare
  was_on boolean;
begin
  select a.totp_on into was_on from identity.accounts a
  where a.id = of_account and a.password_hash = checked_hash for update;
  if not found then
    return false;
  end if;
  delete from identity.totp t where t.account_id = of_account;
  if was_on then
    update identity.accounts a set totp_on = false, version = a.version + 1 where a.id = of_account;
    perform audit.record(by_actor, 'identity.totp_turned_off', 'account', of_account, '{}', with_request_id);
  end if;
  return true;
end $$;

-- Take the second factor away from somebody who lost it, on an admin's word; their sessions end. Again changes nothing.
-- Refuses ACCOUNT_NOT_FOUND, and FORBIDDEN for the asker's own.
create or replace function identity.take_totp_away(of_account uuid, by_account uuid, by_actor text, with_request_id text)
returns void
language plpgsql as $$
declare
  was_on boolean;
begin
  if of_account = by_account then
    perform platform.refuse('FORBIDDEN', jsonb_build_object('detail', 'Turn your own off with your password: `DELETE /v1/me/totp`.'));
  end if;
  select a.totp_on into was_on from identity.accounts a where a.id = of_account for update;
  if not found then
    perform platform.refuse('ACCOUNT_NOT_FOUND');
  elsif was_on then
    delete from identity.totp t where t.account_id = of_account;
    update identity.accounts a set totp_on = false, version = a.version + 1 where a.id = of_account;
    delete from identity.sessions s where s.account_id = of_account;
    perform audit.record(by_actor, 'identity.totp_taken_away', 'account', of_account, '{}', with_request_id);
  end if;
end $$;

-- Use the second factor of an account that the caller has locked: a code by its step, or a recovery code by its hash.
-- Refuses TOTP_REQUIRED without either, WRONG_TOTP_CODE when it was used already (or is none).
create or replace function identity.use_second_factor(of_account uuid, at_step bigint, recovery_hash bytea) returns void
language plpgsql as $$
begin
  if at_step is not null then
    update identity.totp t set last_step = at_step
    where t.account_id = of_account and t.confirmed_at is not null and t.last_step < at_step;
  elsif recovery_hash is not null then
    delete from identity.recovery_codes c where c.account_id = of_account and c.code_hash = recovery_hash;
  else
    perform platform.refuse('TOTP_REQUIRED');
  end if;
  if not found then
    perform platform.refuse('WRONG_TOTP_CODE');
  end if;
end $$;
