-- How far a location is from a destination {country, region}: same region, same country, elsewhere.
create or replace function inventory.distance(location inventory.locations, destination jsonb) returns integer
language sql immutable as $$
  select case
    when location.country <> coalesce(destination ->> 'country', '') then 2
    when location.region <> '' and location.region = coalesce(destination ->> 'region', '') then 0
    else 1
  end;
$$;

-- The nearest location that has everything of an order, or null. The stock rows are locked by the caller.
create or replace function inventory.location_with_all(destination jsonb, variants uuid[], quantities integer[]) returns uuid
language sql stable as $$
  select l.id from inventory.locations l
  where l.active and not exists (
    select 1 from unnest(variants, quantities) as w (v, q)
    where coalesce((  -- a look-up each, never a join with all levels
      select t.on_hand - t.allocated from inventory.stock_levels t
      where t.variant_id = w.v and t.location_id = l.id), 0) < w.q)
  order by inventory.distance(l, destination), l.priority, l.code
  limit 1;
$$;

-- Place units of one variant at locations: `preferred` if it has all, else the nearest with all, else split, nearest first.
-- A closed location is the last resort: only what the open ones lack comes from there.
create or replace function inventory.allocate(
  for_order uuid, in_variant uuid, wanted integer, destination jsonb, preferred uuid
) returns void
language plpgsql as $$
declare
  remaining integer := wanted;
  place record;
  part integer;
begin
  for place in
    select t.location_id, t.on_hand - t.allocated as free
    from inventory.stock_levels t join inventory.locations l on l.id = t.location_id
    where t.variant_id = in_variant and t.on_hand > t.allocated
    order by (t.location_id is not distinct from preferred) desc, l.active desc, (t.on_hand - t.allocated >= wanted) desc,
      inventory.distance(l, destination), l.priority, l.code
  loop
    exit when remaining = 0;
    part := least(place.free, remaining);
    update inventory.stock_levels set allocated = allocated + part
    where variant_id = in_variant and location_id = place.location_id;
    insert into inventory.allocations (order_id, variant_id, location_id, quantity)
    values (for_order, in_variant, place.location_id, part);
    remaining := remaining - part;
  end loop;
  if remaining > 0 then
    raise exception 'the locations of variant % have % fewer units than its pool', in_variant, remaining;
  end if;
end $$;

drop function if exists inventory.lock_units(uuid, uuid[]);

-- Whether an order has its units already.
create or replace function inventory.is_claimed(for_order uuid) returns boolean
language sql stable as $$
  select exists (select 1 from inventory.allocations a where a.order_id = for_order)
    or exists (select 1 from inventory.backorders b where b.order_id = for_order);
$$;

drop function if exists inventory.claim_holds(uuid, uuid, jsonb, uuid[], integer[]); -- answers what it promised, by now

-- Turn a cart's holds into an order's allocations; takes again what expired if it is still there. Repeating it for the same
-- order changes nothing. Answers what the order has as a promise only, beyond what is there.
-- Refuses INSUFFICIENT_INVENTORY {variant_id, requested, available}. Published.
create function inventory.claim_holds(
  cart uuid, for_order uuid, destination jsonb, variants uuid[], quantities integer[]
) returns table (variant_id uuid, backordered integer, promised_on date)
language plpgsql as $$
#variable_conflict use_column
declare
  item record;
  in_stock integer[] := '{}';
  sorted uuid[] := '{}';
  preferred uuid;
begin
  perform 1 from inventory.holders o where o.cart_id = claim_holds.cart for update;
  if not found then
    perform inventory.renew(claim_holds.cart, 60);
  end if;
  if not inventory.is_claimed(for_order) then
    for item in select w.v, sum(w.q)::integer as q from unnest(variants, quantities) as w (v, q) group by w.v order by w.v loop
      perform 1 from inventory.stock s where s.variant_id = item.v for update;
      sorted := sorted || item.v;
      in_stock := in_stock || inventory.take_for_order(claim_holds.cart, for_order, item.v, item.q);
    end loop;
    preferred := inventory.location_with_all(destination, sorted, in_stock);
    for item in select w.v, w.q from unnest(sorted, in_stock) as w (v, q) where w.q > 0 order by w.v loop
      perform inventory.allocate(for_order, item.v, item.q, destination, preferred);
    end loop;
  end if;
  return query select b.variant_id, b.quantity, b.promised_on from inventory.backorders b where b.order_id = for_order;
end $$;

drop function if exists inventory.take_for_order(uuid, uuid, uuid, integer); -- answers one number, by now

-- Move units of one variant from a cart to an order: first what is held, then what is free, then what was or may be promised.
-- What the cart holds or was promised beyond that stays its own. The stock row is locked; `reserved` keeps counting the units.
-- Answers how many of them are there.
create function inventory.take_for_order(in_cart uuid, for_order uuid, in_variant uuid, wanted integer) returns integer
language plpgsql as $$
declare
  held integer;
  taken integer;
  reservation record;
begin
  select coalesce(max(h.quantity), 0) into held
  from inventory.holds h where h.cart_id = in_cart and h.variant_id = in_variant;
  taken := least(held, wanted);
  if taken < held then
    update inventory.holds h set quantity = held - taken where h.cart_id = in_cart and h.variant_id = in_variant;
  elsif held > 0 then
    delete from inventory.holds h where h.cart_id = in_cart and h.variant_id = in_variant;
  end if;
  if taken = wanted then
    return taken;
  end if;
  reservation := inventory.reserve(in_variant, wanted - taken);
  if reservation.done then
    taken := wanted;
  elsif reservation.available > 0 then
    perform inventory.reserve(in_variant, reservation.available);
    taken := taken + reservation.available;
  end if;
  if not inventory.promise_to_order(in_cart, for_order, in_variant, wanted - least(held, wanted), wanted - taken) then
    perform platform.refuse('INSUFFICIENT_INVENTORY', jsonb_build_object(
      'variant_id', in_variant, 'requested', wanted, 'available', taken));
  end if;
  return taken;
end $$;

-- Promise an order `owed` units of one variant. `unheld` units of it were not held by its cart: so many of the cart's own
-- promise become the order's (or are no longer needed, if the units turned up); the rest of it stays with the cart.
-- False if the limit does not allow it. The stock row is locked.
create or replace function inventory.promise_to_order(
  in_cart uuid, for_order uuid, in_variant uuid, unheld integer, owed integer
) returns boolean
language plpgsql as $$
declare
  own record;
  used integer;
begin
  select coalesce(max(b.quantity), 0) as quantity, max(b.promised_on) as promised_on into own
  from inventory.backorders b where b.cart_id = in_cart and b.variant_id = in_variant;
  used := least(own.quantity, unheld);
  if owed <> used then
    update inventory.stock s set backordered = s.backordered + owed - used, version = s.version + 1
    where s.variant_id = in_variant and (owed < used or s.backorder_limit - s.backordered >= owed - used);
    if not found then
      return false;
    end if;
  end if;
  if used > 0 then
    delete from inventory.backorders b where b.cart_id = in_cart and b.variant_id = in_variant and b.quantity = used;
    update inventory.backorders b set quantity = b.quantity - used where b.cart_id = in_cart and b.variant_id = in_variant;
  end if;
  insert into inventory.backorders (variant_id, order_id, quantity, promised_on)
  select in_variant, for_order, owed, greatest(own.promised_on, case when owed > used then s.backorder_promised_on end)
  from inventory.stock s where s.variant_id = in_variant and owed > 0;
  return true;
end $$;

-- Give a cancelled order's stock back, at once; repeating it changes nothing. Answers the variants. Published.
create or replace function inventory.release_allocations(for_order uuid) returns setof uuid
language plpgsql as $$
declare
  item record;
  available integer;
begin
  perform 1 from inventory.stock s where s.variant_id in (
    select a.variant_id from inventory.allocations a where a.order_id = for_order and a.state = 'open'
    union select b.variant_id from inventory.backorders b where b.order_id = for_order and b.state = 'open'
  ) order by s.variant_id for update;
  for item in
    update inventory.allocations a set state = 'released' where a.order_id = for_order and a.state = 'open'
    returning a.variant_id, a.location_id, a.quantity
  loop
    update inventory.stock_levels t set allocated = t.allocated - item.quantity
    where t.variant_id = item.variant_id and t.location_id = item.location_id;
    perform inventory.reserve(item.variant_id, -item.quantity);
    return next item.variant_id;
  end loop;
  for item in
    update inventory.backorders b set state = 'released' where b.order_id = for_order and b.state = 'open'
    returning b.variant_id, b.quantity
  loop
    update inventory.stock s set backordered = s.backordered - item.quantity, version = s.version + 1
    where s.variant_id = item.variant_id;
    return next item.variant_id;
  end loop;
end $$;
