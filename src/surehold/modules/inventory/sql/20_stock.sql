-- Rows of stock come into being with their variants.
create or replace function inventory.ensure_stock(variants uuid[]) returns void
language sql as $$
  insert into inventory.stock (variant_id)
  select distinct v from unnest(variants) v order by 1
  on conflict (variant_id) do nothing;
$$;

create or replace function inventory.ensure_location(
  in_id uuid, in_code text, in_title text, in_country text, in_region text, in_priority integer
) returns uuid
language plpgsql as $$
declare
  found_id uuid;
begin
  insert into inventory.locations (id, code, title, country, region, priority)
  values (in_id, in_code, in_title, in_country, in_region, in_priority)
  on conflict (code) do nothing;
  select id into strict found_id from inventory.locations where code = in_code;
  return found_id;
end $$;

-- Say when availability crosses a line that somebody cares about. Called with the stock row locked, after the change.
create or replace function inventory.announce(in_variant uuid, before integer, after integer) returns void
language plpgsql as $$
declare
  row inventory.stock;
  fact text;
begin
  select * into strict row from inventory.stock where variant_id = in_variant;
  fact := case
    when after <= 0 and before > 0 then 'inventory.stock_depleted.v1'
    when before <= 0 and after > 0 then 'inventory.stock_replenished.v1'
    when after <= row.low_stock_threshold and before > row.low_stock_threshold then 'inventory.stock_low.v1'
  end;
  if fact is not null then
    perform platform.emit(fact, 'variant', in_variant, row.version,
      jsonb_build_object('variant_id', in_variant, 'available', after, 'threshold', row.low_stock_threshold));
  end if;
end $$;

-- The first units of variants whose rows of stock (`made`, with these units) are as new as this transaction: nothing can be
-- there yet, so nothing is looked for, and nothing was ever sold out.
create or replace function inventory.book_first(
  made uuid[], variants uuid[], locations uuid[], deltas integer[], in_reason text, in_ref text
) returns table (changed_variant uuid, before_available integer, after_available integer)
language sql as $$
  with booked as (
    insert into inventory.ledger (variant_id, location_id, delta, reason, ref)
    select i.v, i.l, sum(i.d)::integer, in_reason, in_ref
    from unnest(variants, locations, deltas) as i (v, l, d) join unnest(made) as m (v) on m.v = i.v
    group by i.v, i.l having sum(i.d) <> 0 order by i.v, i.l
    returning variant_id, location_id, delta
  ), levelled as (
    insert into inventory.stock_levels (variant_id, location_id, on_hand)
    select b.variant_id, b.location_id, b.delta from booked b where b.delta > 0
  )
  select b.variant_id, 0, sum(b.delta)::integer from booked b group by b.variant_id;
$$;

-- Change on_hand of the variants that are not among `made`, and tell of what crossed a line. Their rows are locked by the caller.
create or replace function inventory.book_more(
  made uuid[], variants uuid[], locations uuid[], deltas integer[], in_reason text, in_ref text
) returns table (changed_variant uuid, before_available integer, after_available integer)
language plpgsql as $$
declare
  changed uuid[];
  befores integer[];
  afters integer[];
  thresholds integer[];
begin
  with booked as (
    insert into inventory.ledger (variant_id, location_id, delta, reason, ref)
    select i.v, i.l, sum(i.d)::integer, in_reason, in_ref
    from unnest(variants, locations, deltas) as i (v, l, d) left join unnest(made) as m (v) on m.v = i.v
    where m.v is null
    group by i.v, i.l having sum(i.d) <> 0 order by i.v, i.l
    on conflict on constraint ledger_once do nothing
    returning variant_id, location_id, delta
  ), levelled as (
    insert into inventory.stock_levels as t (variant_id, location_id, on_hand)
    select b.variant_id, b.location_id, greatest(b.delta, 0) from booked b where b.delta > 0
    on conflict (variant_id, location_id) do update set on_hand = t.on_hand + excluded.on_hand
  ), lowered as (
    update inventory.stock_levels t set on_hand = t.on_hand + b.delta
    from booked b where b.delta < 0 and t.variant_id = b.variant_id and t.location_id = b.location_id
  ), pooled as (
    update inventory.stock s set on_hand = s.on_hand + c.delta, version = s.version + 1
    from (select b.variant_id, sum(b.delta)::integer as delta from booked b group by b.variant_id) c
    where s.variant_id = c.variant_id
    returning s.variant_id, s.on_hand - s.reserved - c.delta as before, s.on_hand - s.reserved as after, s.low_stock_threshold
  )
  select array_agg(p.variant_id), array_agg(p.before), array_agg(p.after), array_agg(p.low_stock_threshold)
  into changed, befores, afters, thresholds from pooled p;
  perform inventory.announce(c.v, c.b, c.a) from unnest(changed, befores, afters, thresholds) as c (v, b, a, t)
  where least(c.b, c.a) <= c.t;
  return query select c.v, c.b, c.a from unnest(changed, befores, afters) as c (v, b, a);
end $$;

-- Change on_hand, set-based and once per (reason, ref, variant, location): a repeated call changes nothing.
-- Answers the variants that changed. Refuses STOCK_RESERVED when less would be there than is promised.
create or replace function inventory.change_on_hand(
  variants uuid[], locations uuid[], deltas integer[], in_reason text, in_ref text
) returns table (changed_variant uuid, before_available integer, after_available integer)
language plpgsql as $$
declare
  made uuid[];
begin
  -- Makes the rows that lack, and locks the others (a conflict locks what is there even though nothing is done to it), in one order.
  with added as (
    insert into inventory.stock as known (variant_id, on_hand, version)
    select i.v, greatest(sum(i.d)::integer, 0), 1 from unnest(variants, deltas) as i (v, d) group by i.v order by i.v
    on conflict (variant_id) do update set version = known.version where false
    returning known.variant_id
  )
  select array_agg(a.variant_id) into made from added a;
  return query
    select f.* from inventory.book_first(made, variants, locations, deltas, in_reason, in_ref) f
    union all
    select m.* from inventory.book_more(made, variants, locations, deltas, in_reason, in_ref) m;
  if exists (
    select 1 from unnest(variants, locations, deltas) as i (v, l, d)
    where i.d < 0 and not exists (
      select 1 from inventory.stock_levels t where t.variant_id = i.v and t.location_id = i.l)
  ) then
    perform platform.refuse('NOT_AT_LOCATION', jsonb_build_object('detail', 'Nothing of it was ever at that location.'));
  end if;
exception
  when check_violation then
    perform platform.refuse('STOCK_RESERVED', jsonb_build_object(
      'detail', 'Less would be there than is promised to carts and orders (or than is at that location).'));
  when foreign_key_violation then
    perform platform.refuse('LOCATION_NOT_FOUND', jsonb_build_object('detail', 'There is no such location.'));
end $$;

-- Book deliveries from suppliers; answers how many variants changed. Published to other modules (imports, demo).
create or replace function inventory.receive(
  variants uuid[], locations uuid[], quantities integer[], in_reason text, in_ref text
) returns integer
language plpgsql as $$
declare
  changes integer;
begin
  select count(*) into changes from inventory.change_on_hand(variants, locations, quantities, in_reason, in_ref);
  if changes > 0 then
    perform audit.record('system', 'inventory.on_hand_changed', 'stock', variants[1], jsonb_build_object(
      'reason', in_reason, 'ref', in_ref, 'variants', changes, 'units', (select sum(q) from unnest(quantities) q)));
  end if;
  return changes;
end $$;

-- How much may be promised beyond what is there, and for when; limit 0 is "deny". Published.
-- Refuses STOCK_NOT_FOUND for what has no stock row: variants get theirs when they are written.
create or replace function inventory.set_policy(
  in_variant uuid, in_backorder_limit integer, in_promised_on date, in_low_stock_threshold integer
) returns void
language plpgsql as $$
begin
  update inventory.stock set
    backorder_limit = in_backorder_limit,
    backorder_promised_on = case when in_backorder_limit > 0 then in_promised_on end,
    low_stock_threshold = in_low_stock_threshold,
    version = version + 1,
    policy_version = policy_version + 1
  where variant_id = in_variant;
  if not found then
    perform platform.refuse('STOCK_NOT_FOUND', jsonb_build_object('detail', 'There is no such variant.'));
  end if;
exception
  when check_violation then
    perform platform.refuse('BACKORDERS_PROMISED', jsonb_build_object(
      'detail', 'More is promised already than the new limit allows, or the promised date is missing.'));
end $$;
