-- Let staff act in a customer's place for a while. Who asks is looked at again under the lock; their own session ends, so that a
-- browser is one person at a time. Refuses FORBIDDEN, ACCOUNT_NOT_FOUND, STAFF_NOT_IMPERSONATED, ACCOUNT_BLOCKED.
create or replace function identity.impersonate(
  new_session uuid, of_account uuid, by_account uuid, with_token bytea, device bytea, lives_s double precision, sealed_reason bytea,
  replaces uuid, by_actor text, with_request_id text
) returns void
language plpgsql as $$
declare
  target identity.accounts;
begin
  perform 1 from identity.accounts a where a.id in (of_account, by_account) order by a.id for update;
  if not exists (
    select 1 from identity.accounts a
    where a.id = by_account and a.status = 'active' and a.roles && array['support', 'admin']
  ) then
    perform platform.refuse('FORBIDDEN');
  end if;
  select * into target from identity.accounts a where a.id = of_account;
  if not found then
    perform platform.refuse('ACCOUNT_NOT_FOUND');
  elsif target.roles <> array['customer'] then
    perform platform.refuse('STAFF_NOT_IMPERSONATED');
  elsif target.status <> 'active' then
    perform platform.refuse('ACCOUNT_BLOCKED');
  end if;
  delete from identity.sessions s where s.id = replaces and s.account_id = by_account;
  insert into identity.sessions (id, token_hash, account_id, device_sealed, expires_at, impersonator_id)
  values (new_session, with_token, of_account, device, clock_timestamp() + make_interval(secs => lives_s), by_account);
  insert into identity.impersonations (session_id, account_id, by_account, reason_sealed, ends_at)
  values (new_session, of_account, by_account, sealed_reason, clock_timestamp() + make_interval(secs => lives_s));
  perform audit.record(by_actor, 'identity.impersonated', 'account', of_account,
    jsonb_build_object('session_id', new_session), with_request_id);
end $$;
