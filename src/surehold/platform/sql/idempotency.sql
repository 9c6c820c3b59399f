-- Claim a key, or say why not. `outcome`: claimed | in_flight | mismatch | done (then the stored answer is in the other columns).
-- A claim whose owner has not finished within `lease_s` is taken over; the new token fences the old owner's answer.
create or replace function platform.claim_idempotency_key(
  by_actor text, on_route text, with_key text, content bytea, token uuid, lease_s double precision
) returns table (outcome text, status integer, headers text, body bytea)
language plpgsql as $$
declare
  found_row platform.idempotency_keys;
begin
  insert into platform.idempotency_keys as k (actor, route, key, request_hash, claim_token)
  values (by_actor, on_route, with_key, content, token)
  on conflict (actor, route, key) do update
    set claim_token = excluded.claim_token, claimed_at = clock_timestamp()
    where k.completed_at is null and k.request_hash = excluded.request_hash
      and k.claimed_at <= clock_timestamp() - make_interval(secs => lease_s);
  if found then
    return query select 'claimed', null::integer, null::text, null::bytea;
    return;
  end if;
  select * into found_row from platform.idempotency_keys k
  where k.actor = by_actor and k.route = on_route and k.key = with_key;
  return query select
    case
      when found_row.key is null then 'in_flight' -- purged this instant: the caller asks again
      when found_row.request_hash <> content then 'mismatch'
      when found_row.completed_at is null then 'in_flight'
      else 'done'
    end,
    found_row.status, found_row.headers::text, found_row.body;
end $$;

-- Remove what is older than any promise; out goes how many. Bounded, so that it never holds much.
create or replace function platform.purge_idempotency_keys(older_than_s double precision, at_most integer) returns integer
language sql as $$
  with old as (
    select k.actor, k.route, k.key from platform.idempotency_keys k
    where k.claimed_at < clock_timestamp() - make_interval(secs => older_than_s)
    order by k.claimed_at limit at_most
    for update skip locked
  ), gone as (
    delete from platform.idempotency_keys k using old
    where k.actor = old.actor and k.route = old.route and k.key = old.key
    returning 1
  )
  select count(*)::integer from gone;
$$;
