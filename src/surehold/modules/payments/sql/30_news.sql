-- Keep what a provider told; the same event again changes nothing. Answers whether it was new. Published.
create or replace function payments.keep_news(in_provider text, in_event text, new_id uuid, in_said bytea) returns boolean
language plpgsql as $$
begin
  insert into payments.webhook_inbox (provider, event_id, id, said) values (in_provider, in_event, new_id, in_said)
  on conflict (provider, event_id) do nothing;
  return found;
end $$;

-- Take a batch of what waits; nobody else takes it for `lease_s`.
create or replace function payments.take_news(batch integer, lease_s integer)
returns table (id uuid, said bytea, tries integer)
language sql as $$
  update payments.webhook_inbox w set next_at = clock_timestamp() + make_interval(secs => lease_s), tries = w.tries + 1
  from (
    select n.provider, n.event_id from payments.webhook_inbox n
    where n.processed_at is null and n.dead_at is null and n.next_at <= clock_timestamp()
    order by n.next_at limit batch for update skip locked
  ) due
  where w.provider = due.provider and w.event_id = due.event_id
  returning w.id, w.said, w.tries;
$$;

-- It was handled.
create or replace function payments.end_news(in_id uuid) returns void
language sql as $$
  update payments.webhook_inbox w set processed_at = clock_timestamp(), error = null
  where w.id = in_id and w.processed_at is null and w.dead_at is null;
$$;

-- It could not be handled: again after `wait_s`, or never (`is_over`), until staff says otherwise.
create or replace function payments.put_news_off(in_id uuid, in_error text, wait_s double precision, is_over boolean) returns void
language sql as $$
  update payments.webhook_inbox w set
    error = in_error, next_at = clock_timestamp() + make_interval(secs => wait_s),
    dead_at = case when is_over then clock_timestamp() end
  where w.id = in_id and w.processed_at is null;
$$;

-- Staff lets one run again, or settles it.
create or replace function payments.replay_news(in_id uuid) returns void
language sql as $$
  update payments.webhook_inbox w set dead_at = null, tries = 0, next_at = clock_timestamp()
  where w.id = in_id and w.dead_at is not null;
$$;
create or replace function payments.discard_news(in_id uuid) returns void
language sql as $$
  update payments.webhook_inbox w set dead_at = null, processed_at = clock_timestamp()
  where w.id = in_id and w.dead_at is not null;
$$;

-- Forget a batch of what was handled long ago. Answers how many.
create or replace function payments.forget_news(older_than_days integer, batch integer) returns integer
language plpgsql as $$
declare
  gone integer;
begin
  delete from payments.webhook_inbox w using (
    select n.provider, n.event_id from payments.webhook_inbox n
    where n.processed_at is not null and n.processed_at < clock_timestamp() - make_interval(days => older_than_days)
    order by n.processed_at limit batch for update skip locked
  ) old
  where w.provider = old.provider and w.event_id = old.event_id;
  get diagnostics gone = row_count;
  return gone;
end $$;

-- The order of the payment that a provider's message is about: by its name of it, else by the id that we gave along. Published.
create or replace function payments.order_of(in_ref_index bytea, in_payment uuid) returns uuid
language sql stable as $$
  select coalesce(
    (select p.order_id from payments.payments p where p.ref_index = in_ref_index),
    (select p.order_id from payments.payments p where p.id = in_payment));
$$;
