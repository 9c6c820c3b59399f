-- A rule was broken: the caller gets `code` and `detail`; the transaction is undone.
create or replace function platform.refuse(code text, detail jsonb default '{}') returns void
language plpgsql as $$
begin
  raise exception using errcode = 'SH001', message = code, detail = detail::text;
end $$;

-- Write a fact with the change that makes it true: one event row, one delivery row per consumer.
create or replace function platform.emit(
  event_name text, of_type text, of_id uuid, at_seq bigint, facts jsonb
) returns bigint
language plpgsql as $$
declare
  new_id bigint;
begin
  insert into platform.events (name, aggregate_type, aggregate_id, seq, payload)
  values (event_name, of_type, of_id, at_seq, facts)
  returning id into new_id;
  insert into platform.deliveries (consumer, event_id, aggregate_type, aggregate_id, seq)
  select s.consumer, new_id, of_type, of_id, at_seq from platform.subscriptions s
  where s.event_name = emit.event_name and s.wanted;
  return new_id;
end $$;

-- Write many facts about things of one type at once; one array of each, nulls where there is nothing to tell.
create or replace function platform.emit_all(
  event_names text[], of_type text, of_ids uuid[], at_seqs bigint[], facts jsonb[]
) returns void
language sql as $$
  with told as (
    insert into platform.events (name, aggregate_type, aggregate_id, seq, payload)
    select e.name, of_type, e.id, e.seq, e.payload
    from unnest(event_names, of_ids, at_seqs, facts) as e (name, id, seq, payload)
    returning id, name, aggregate_id, seq
  )
  insert into platform.deliveries (consumer, event_id, aggregate_type, aggregate_id, seq)
  select s.consumer, t.id, of_type, t.aggregate_id, t.seq
  from told t join platform.subscriptions s on s.event_name = t.name and s.wanted;
$$;

-- Keep a consumer's subscriptions as they are until the transaction ends. Published.
create or replace function platform.hold_subscriptions(of_consumer text) returns void
language sql as $$
  select 1 from platform.subscriptions s where s.consumer = of_consumer order by s.event_name for update;
$$;

-- Say whether a consumer has anything to do with events at present; the caller holds its subscriptions. Published.
create or replace function platform.listen(of_consumer text, is_wanted boolean) returns void
language sql as $$
  update platform.subscriptions s set wanted = is_wanted where s.consumer = of_consumer and s.wanted <> is_wanted;
$$;
