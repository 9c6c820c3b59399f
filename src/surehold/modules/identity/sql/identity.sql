-- Who a session token belongs to: one round trip on every request of a signed-in person, and a write at most once in `touch_s`.
-- Staff in the account's place lose it with their own account or role.
drop function if exists identity.resolve_session(bytea, double precision, double precision);
create or replace function identity.resolve_session(
  with_token bytea, idle_s double precision, touch_s double precision
) returns table (session_id uuid, account_id uuid, roles text[], totp_on boolean, impersonator_id uuid)
language plpgsql as $$
declare
  seen timestamptz;
begin
  select s.id, s.account_id, a.roles, a.totp_on, s.impersonator_id, s.last_seen_at
  into session_id, account_id, roles, totp_on, impersonator_id, seen
  from identity.sessions s join identity.accounts a on a.id = s.account_id
  where s.token_hash = with_token and a.status = 'active'
    and s.expires_at > clock_timestamp() and s.last_seen_at > clock_timestamp() - make_interval(secs => idle_s);
  if not found or (impersonator_id is not null and not exists (
    select 1 from identity.accounts i
    where i.id = impersonator_id and i.status = 'active' and i.roles && array['support', 'admin'])
  ) then
    return;
  end if;
  if seen < clock_timestamp() - make_interval(secs => touch_s) then
    update identity.sessions s set last_seen_at = clock_timestamp() where s.id = session_id;
  end if;
  return next;
end $$;

-- Whose machine key this is; its last use is noted at most once in `touch_s`.
drop function if exists identity.resolve_api_key(bytea, double precision);
create or replace function identity.resolve_api_key(with_token bytea, touch_s double precision)
returns table (key_id uuid, roles text[], scopes text[])
language plpgsql as $$
declare
  used timestamptz;
begin
  select k.id, k.roles, k.scopes, k.last_used_at into key_id, roles, scopes, used
  from identity.api_keys k
  where k.token_hash = with_token and k.revoked_at is null
    and (k.expires_at is null or k.expires_at > clock_timestamp());
  if not found then
    return;
  end if;
  if used is null or used < clock_timestamp() - make_interval(secs => touch_s) then
    update identity.api_keys k set last_used_at = clock_timestamp() where k.id = key_id;
  end if;
  return next;
end $$;

-- Count an attempt before the password is looked at, so that parallel guesses count too; success takes it back.
-- `brakes`: [{"free": n, "cap_s": s}] beside `subjects`, in the same order. Refuses TOO_MANY_ATTEMPTS {retry_after_s}.
create or replace function identity.begin_attempt(subjects bytea[], free integer[], cap_s integer[], forget_s double precision)
returns void
language plpgsql as $$
declare
  moment timestamptz := clock_timestamp();
  blocked timestamptz;
begin
  insert into identity.sign_in_attempts (subject, failures)
  select s.subject, 0 from unnest(subjects) as s (subject) order by s.subject
  on conflict do nothing;
  perform 1 from identity.sign_in_attempts a where a.subject = any (subjects) order by a.subject for update;
  select max(a.blocked_until) into blocked from identity.sign_in_attempts a where a.subject = any (subjects);
  if blocked > moment then
    perform platform.refuse(
      'TOO_MANY_ATTEMPTS',
      jsonb_build_object('retry_after_s', ceil(extract(epoch from blocked - moment))::integer));
  end if;
  update identity.sign_in_attempts a
  set failures = f.failures, last_at = moment,
    blocked_until = case
      when f.failures <= f.free then '-infinity'
      else moment + make_interval(secs => least(f.cap_s, power(2, least(f.failures - f.free, 20))))
    end
  from (
    select b.subject, s.free, s.cap_s,
      case when b.last_at < moment - make_interval(secs => forget_s) then 1 else b.failures + 1 end as failures
    from unnest(subjects, free, cap_s) as s (subject, free, cap_s)
    join identity.sign_in_attempts b on b.subject = s.subject
  ) f
  where a.subject = f.subject;
end $$;

-- The attempt was good: the account starts anew, the network gets its one back.
create or replace function identity.forgive_attempt(of_account bytea, of_network bytea) returns void
language sql as $$
  delete from identity.sign_in_attempts a where a.subject = of_account;
  update identity.sign_in_attempts a
  set failures = greatest(a.failures - 1, 0), blocked_until = '-infinity'
  where a.subject = of_network;
$$;

-- Open a session for an account whose password was just checked; the session that the browser came with ends, and beyond `at_most`
-- the least used do. `checked_hash` is what was checked: a password changed meanwhile refuses WRONG_CREDENTIALS, so that no session
-- outlives the change. A second factor is used up in the same statement. A device that the account was not signed in with before
-- (but with others) is told. Staff who signs in is in the audit log. Refuses ACCOUNT_BLOCKED, TOTP_REQUIRED, WRONG_TOTP_CODE.
drop function if exists identity.open_session(uuid, uuid, text, bytea, bytea, double precision, uuid, integer);
drop function if exists identity.open_session(uuid, uuid, text, bytea, bytea, double precision, uuid, integer, text);
create or replace function identity.open_session(
  new_id uuid, for_account uuid, checked_hash text, with_token bytea, device bytea, index_of_device bytea, lives_s double precision,
  replaces uuid, at_most integer, totp_step bigint, recovery_hash bytea, with_request_id text
) returns void
language plpgsql as $$
declare
  seq bigint;
  is_active boolean;
  is_staff boolean;
  has_totp boolean;
begin
  update identity.accounts a set event_seq = a.event_seq + 1
  where a.id = for_account and a.password_hash = checked_hash
  returning a.event_seq, a.status = 'active', a.roles <> array['customer'], a.totp_on into seq, is_active, is_staff, has_totp;
  if not found then
    perform platform.refuse('WRONG_CREDENTIALS');
  elsif not is_active then
    perform platform.refuse('ACCOUNT_BLOCKED');
  elsif has_totp then
    perform identity.use_second_factor(for_account, totp_step, recovery_hash);
  end if;
  delete from identity.sessions s where s.id = replaces;
  delete from identity.sessions s where s.id in (
    select o.id from identity.sessions o where o.account_id = for_account
    order by o.last_seen_at desc, o.id desc offset at_most - 1);
  insert into identity.sessions (id, token_hash, account_id, device_sealed, expires_at)
  values (new_id, with_token, for_account, device, clock_timestamp() + make_interval(secs => lives_s));
  perform platform.emit('identity.signed_in.v1', 'account', for_account, seq,
    jsonb_build_object('account_id', for_account, 'session_id', new_id));
  if identity.is_new_device(for_account, index_of_device, at_most) then
    perform platform.emit('identity.new_device_signed_in.v1', 'session', new_id, 1,
      jsonb_build_object('account_id', for_account, 'session_id', new_id));
  end if;
  if is_staff then
    perform audit.record('account:' || for_account, 'identity.staff_signed_in', 'account', for_account,
      jsonb_build_object('session_id', new_id), with_request_id);
  end if;
end $$;

-- Note a device of an account (bounded: beyond `at_most` the least used are forgotten); whether it is new beside others.
create or replace function identity.is_new_device(of_account uuid, index_of_device bytea, at_most integer) returns boolean
language plpgsql as $$
begin
  update identity.devices d set last_seen_at = clock_timestamp()
  where d.account_id = of_account and d.device_index = index_of_device;
  if found then
    return false;
  end if;
  delete from identity.devices d where d.account_id = of_account and d.device_index in (
    select o.device_index from identity.devices o where o.account_id = of_account
    order by o.last_seen_at desc, o.device_index offset at_most - 1);
  insert into identity.devices (account_id, device_index) values (of_account, index_of_device);
  return exists (
    select 1 from identity.devices d where d.account_id = of_account and d.device_index <> index_of_device);
end $$;

-- Make an account. Refuses EMAIL_TAKEN.
create or replace function identity.create_account(
  new_id uuid, index_of_email bytea, sealed_email bytea, sealed_name bytea, hashed_password text, with_roles text[],
  in_locale text, by_actor text, with_request_id text
) returns void
language plpgsql as $$
begin
  insert into identity.accounts (id, email_index, email_sealed, name_sealed, password_hash, roles, locale)
  values (new_id, index_of_email, sealed_email, sealed_name, hashed_password, with_roles, in_locale)
  on conflict (email_index) do nothing;
  if not found then
    perform platform.refuse('EMAIL_TAKEN');
  end if;
  perform platform.emit('identity.account_registered.v1', 'account', new_id, 1, jsonb_build_object('account_id', new_id));
  perform audit.record(coalesce(by_actor, 'account:' || new_id), 'identity.account_registered', 'account', new_id,
    jsonb_build_object('roles', with_roles), with_request_id);
end $$;

-- Set somebody's roles. The asker is looked at again under the lock, so two admins cannot unmake each other at once; every
-- session of the account ends. Refuses FORBIDDEN, ACCOUNT_NOT_FOUND, OWN_ROLES.
create or replace function identity.set_roles(
  of_account uuid, new_roles text[], by_account uuid, by_actor text, with_request_id text
) returns bigint
language plpgsql as $$
declare
  old_roles text[];
  new_version bigint;
begin
  if of_account = by_account then
    perform platform.refuse('OWN_ROLES');
  end if;
  perform 1 from identity.accounts a where a.id in (of_account, by_account) order by a.id for update;
  if by_account is not null and not exists (
    select 1 from identity.accounts a where a.id = by_account and a.status = 'active' and 'admin' = any (a.roles)
  ) then
    perform platform.refuse('FORBIDDEN');
  end if;
  select a.roles, a.version into old_roles, new_version from identity.accounts a where a.id = of_account;
  if not found then
    perform platform.refuse('ACCOUNT_NOT_FOUND');
  end if;
  if old_roles <@ new_roles and new_roles <@ old_roles then
    return new_version;
  end if;
  update identity.accounts a set roles = new_roles, version = a.version + 1 where a.id = of_account
  returning a.version into new_version;
  delete from identity.sessions s where s.account_id = of_account;
  perform audit.record(by_actor, 'identity.roles_changed', 'account', of_account,
    jsonb_build_object('from', old_roles, 'to', new_roles), with_request_id);
  return new_version;
end $$;

-- Close an account to its owner, or open it again; its sessions end. Refuses OWN_ROLES, ACCOUNT_NOT_FOUND, and FORBIDDEN for an
-- account of staff unless an admin asks.
create or replace function identity.set_status(
  of_account uuid, new_status text, by_account uuid, by_admin boolean, by_actor text, with_request_id text
) returns void
language plpgsql as $$
declare
  old_status text;
  is_staff boolean;
begin
  if of_account = by_account then
    perform platform.refuse('OWN_ROLES');
  end if;
  select a.status, a.roles <> '{customer}' into old_status, is_staff
  from identity.accounts a where a.id = of_account for update;
  if not found then
    perform platform.refuse('ACCOUNT_NOT_FOUND');
  elsif is_staff and not by_admin then
    perform platform.refuse('FORBIDDEN');
  elsif old_status = new_status then
    return;
  end if;
  update identity.accounts a set status = new_status, version = a.version + 1 where a.id = of_account;
  delete from identity.sessions s where s.account_id = of_account;
  perform audit.record(by_actor, 'identity.status_changed', 'account', of_account,
    jsonb_build_object('from', old_status, 'to', new_status), with_request_id);
end $$;

-- A new password. All other sessions end and the current one gets a new token.
-- Out goes whether `checked_hash` was still the one.
create or replace function identity.change_password(
  of_account uuid, checked_hash text, new_hash text, current_session uuid, new_token bytea, by_actor text, with_request_id text
) returns boolean
language plpgsql as $$
begin
  update identity.accounts a set password_hash = new_hash, password_changed_at = clock_timestamp(), version = a.version + 1
  where a.id = of_account and a.password_hash = checked_hash;
  if not found then
    return false;
  end if;
  delete from identity.sessions s where s.account_id = of_account and s.id is distinct from current_session;
  update identity.sessions s set token_hash = new_token where s.id = current_session;
  perform audit.record(by_actor, 'identity.password_changed', 'account', of_account, '{}', with_request_id);
  return true;
end $$;

-- Add an address under the caller's id; the same id again changes nothing. The account's row is locked, so the limit holds and there
-- is one default. Refuses ADDRESS_LIMIT, ADDRESS_NOT_FOUND (the id is somebody else's).
create or replace function identity.add_address(
  new_id uuid, of_account uuid, sealed bytea, as_default boolean, at_most integer
) returns void
language plpgsql as $$
declare
  owner uuid;
  kept integer;
begin
  perform 1 from identity.accounts a where a.id = of_account for no key update;
  select a.account_id into owner from identity.addresses a where a.id = new_id;
  if owner = of_account then
    return;
  elsif owner is not null then
    perform platform.refuse('ADDRESS_NOT_FOUND');
  end if;
  select count(*) into kept from identity.addresses a where a.account_id = of_account;
  if kept >= at_most then
    perform platform.refuse('ADDRESS_LIMIT', jsonb_build_object('limit', at_most));
  end if;
  if as_default then
    update identity.addresses a set is_default = false, version = a.version + 1 where a.account_id = of_account and a.is_default;
  end if;
  insert into identity.addresses (id, account_id, address_sealed, is_default)
  values (new_id, of_account, sealed, as_default or kept = 0);
end $$;

-- Change an address as read at a version; out goes the new version, or null when it is not that version any more.
create or replace function identity.change_address(
  of_id uuid, of_account uuid, at_version bigint, sealed bytea, as_default boolean
) returns bigint
language plpgsql as $$
declare
  new_version bigint;
begin
  perform 1 from identity.accounts a where a.id = of_account for no key update;
  if not exists (
    select 1 from identity.addresses a where a.id = of_id and a.account_id = of_account and a.version = at_version
  ) then
    return null;
  end if;
  if as_default then
    update identity.addresses a set is_default = false, version = a.version + 1
    where a.account_id = of_account and a.is_default and a.id <> of_id;
  end if;
  update identity.addresses a
  set address_sealed = sealed, is_default = a.is_default or as_default, version = a.version + 1, updated_at = clock_timestamp()
  where a.id = of_id returning a.version into new_version;
  return new_version;
end $$;

-- Remove an address; the newest of the others becomes the default if it was that.
create or replace function identity.remove_address(of_id uuid, of_account uuid) returns void
language plpgsql as $$
declare
  was_default boolean;
begin
  perform 1 from identity.accounts a where a.id = of_account for no key update;
  delete from identity.addresses a where a.id = of_id and a.account_id = of_account returning a.is_default into was_default;
  if was_default then
    update identity.addresses a set is_default = true, version = a.version + 1
    where a.id = (
      select n.id from identity.addresses n where n.account_id = of_account order by n.created_at desc, n.id desc limit 1);
  end if;
end $$;

drop function if exists identity.create_api_key(uuid, bytea, text, text[], uuid, double precision, text, text);
create or replace function identity.create_api_key(
  new_id uuid, with_token bytea, named text, with_roles text[], with_scopes text[], by_account uuid, lives_s double precision,
  by_actor text, with_request_id text
) returns void
language sql as $$
  insert into identity.api_keys (id, token_hash, name, roles, scopes, created_by, expires_at)
  values (
    new_id, with_token, named, with_roles, with_scopes, by_account, clock_timestamp() + make_interval(secs => lives_s));
  select audit.record(by_actor, 'identity.api_key_created', 'api_key', new_id,
    jsonb_build_object('roles', with_roles, 'scopes', with_scopes), with_request_id);
$$;

create or replace function identity.revoke_api_key(of_id uuid, by_actor text, with_request_id text) returns boolean
language plpgsql as $$
begin
  update identity.api_keys k set revoked_at = clock_timestamp() where k.id = of_id and k.revoked_at is null;
  if found then
    perform audit.record(by_actor, 'identity.api_key_revoked', 'api_key', of_id, '{}', with_request_id);
  end if;
  return exists (select 1 from identity.api_keys k where k.id = of_id);
end $$;

-- Tidy: sessions that are over, attempts that are forgotten, tokens of the day before yesterday, what told of old changes.
-- Bounded; out goes how many.
create or replace function identity.purge(idle_s double precision, forget_s double precision, at_most integer) returns integer
language sql as $$
  with old_sessions as (
    delete from identity.sessions s where s.id in (
      select o.id from identity.sessions o
      where o.expires_at < clock_timestamp() or o.last_seen_at < clock_timestamp() - make_interval(secs => idle_s)
      limit at_most for update skip locked)
    returning 1
  ), old_attempts as (
    delete from identity.sign_in_attempts a where a.subject in (
      select o.subject from identity.sign_in_attempts o
      where o.last_at < clock_timestamp() - make_interval(secs => forget_s)
      limit at_most for update skip locked)
    returning 1
  ), old_tokens as (
    delete from identity.tokens t where t.id in (
      select o.id from identity.tokens o where o.asked_at < clock_timestamp() - interval '7 days'
      limit at_most for update skip locked)
    returning 1
  ), old_emails as (
    delete from identity.former_emails f where f.id in (
      select o.id from identity.former_emails o where o.changed_at < clock_timestamp() - interval '30 days'
      limit at_most for update skip locked)
    returning 1
  ), old_devices as (
    delete from identity.devices d where (d.account_id, d.device_index) in (
      select o.account_id, o.device_index from identity.devices o where o.last_seen_at < clock_timestamp() - interval '400 days'
      limit at_most for update skip locked)
    returning 1
  )
  select (select count(*) from old_sessions)::integer + (select count(*) from old_attempts)::integer
    + (select count(*) from old_tokens)::integer + (select count(*) from old_emails)::integer
    + (select count(*) from old_devices)::integer;
$$;
