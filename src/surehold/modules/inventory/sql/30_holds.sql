-- Give back what expired holds of one variant keep, but for those of one cart. The caller holds the stock row's lock. A cart that
-- is being written to right now (its holder row is locked) is left alone: its owner renews it.
drop function if exists inventory.release_expired(uuid);
create or replace function inventory.release_expired(in_variant uuid, but_of uuid) returns integer
language plpgsql as $$
declare
  given_back integer;
  promised_back integer;
  available integer;
  moment timestamptz := clock_timestamp();
begin
  with ripe as (
    select o.cart_id from inventory.holders o
    join inventory.holds h on h.cart_id = o.cart_id and h.variant_id = in_variant and h.quantity > 0
    where greatest(least(o.held_until, h.latest_until), coalesce(o.placing_until, '-infinity')) <= moment
      and o.cart_id is distinct from but_of
    for update of o, h skip locked  -- both: either end may have moved since this began to look
  ), gone as (
    delete from inventory.holds h using ripe r
    where h.cart_id = r.cart_id and h.variant_id = in_variant
    returning h.quantity
  )
  select coalesce(sum(quantity), 0) into given_back from gone;
  with ripe as (
    select o.cart_id from inventory.holders o
    join inventory.backorders b on b.cart_id = o.cart_id and b.variant_id = in_variant
    where greatest(o.held_until, coalesce(o.placing_until, '-infinity')) <= moment
      and o.cart_id is distinct from but_of
    for update of o skip locked
  ), gone as (
    delete from inventory.backorders b using ripe r
    where b.cart_id = r.cart_id and b.variant_id = in_variant
    returning b.quantity
  )
  select coalesce(sum(quantity), 0) into promised_back from gone;
  if given_back > 0 or promised_back > 0 then
    update inventory.stock s set
      reserved = s.reserved - given_back, backordered = s.backordered - promised_back, version = s.version + 1
    where s.variant_id = in_variant
    returning s.on_hand - s.reserved into available;
    perform inventory.announce(in_variant, available - given_back, available);
  end if;
  return given_back;
end $$;

-- Reserve more (or less, with a negative delta) of one variant: `done` if it could. The rest is the stock row as it is then, all
-- null for a variant that has none. The row lock is kept to the end of the transaction, so whatever was released in it cannot be
-- taken by somebody else before it commits. What expired holds of `for_cart` keep is not given back: its caller has counted it.
drop function if exists inventory.reserve(uuid, integer);
create or replace function inventory.reserve(
  in_variant uuid, delta integer, for_cart uuid default null,
  out done boolean, out available integer, out reserved integer, out backordered integer, out promised_on date,
  out stock_version bigint
)
language plpgsql as $$
declare
  threshold integer;
begin
  update inventory.stock s set reserved = s.reserved + delta, version = s.version + 1
  where s.variant_id = in_variant and s.on_hand - s.reserved >= delta
  returning s.on_hand - s.reserved, s.reserved, s.backordered, s.backorder_promised_on, s.version, s.low_stock_threshold
  into available, reserved, backordered, promised_on, stock_version, threshold;
  done := found;
  if not done then
    -- Whoever had the row may have made room meanwhile: look again with the lock in hand, after what expired went back.
    perform 1 from inventory.stock s where s.variant_id = in_variant for update;
    perform inventory.release_expired(in_variant, for_cart);
    update inventory.stock s set reserved = s.reserved + delta, version = s.version + 1
    where s.variant_id = in_variant and s.on_hand - s.reserved >= delta;
    done := found;
    select s.on_hand - s.reserved, s.reserved, s.backordered, s.backorder_promised_on, s.version, s.low_stock_threshold
    into available, reserved, backordered, promised_on, stock_version, threshold
    from inventory.stock s where s.variant_id = in_variant;
  end if;
  if done and least(available, available + delta) <= threshold then
    perform inventory.announce(in_variant, available + delta, available);
  end if;
end $$;

-- Set a cart's backorder of one variant; false if the limit does not allow it. What grows is promised for the day of now, if that
-- is later than the row's. The stock row is locked by the update.
create or replace function inventory.promise(in_cart uuid, in_variant uuid, wanted integer) returns boolean
language plpgsql as $$
declare
  current integer;
begin
  select quantity into current from inventory.backorders where cart_id = in_cart and variant_id = in_variant;
  current := coalesce(current, 0);
  if current = wanted then
    return true;
  end if;
  update inventory.stock s set backordered = s.backordered + wanted - current, version = s.version + 1
  where s.variant_id = in_variant and (wanted < current or s.backorder_limit - s.backordered >= wanted - current);
  if not found then
    return false;
  end if;
  if wanted = 0 then
    delete from inventory.backorders where cart_id = in_cart and variant_id = in_variant;
  else
    insert into inventory.backorders as b (variant_id, cart_id, quantity, promised_on)
    select in_variant, in_cart, wanted, s.backorder_promised_on from inventory.stock s where s.variant_id = in_variant
    on conflict (cart_id, variant_id) do update set quantity = excluded.quantity,
      promised_on = case when excluded.quantity > b.quantity then greatest(b.promised_on, excluded.promised_on)
        else b.promised_on end;
  end if;
  return true;
end $$;

-- Set one hold of a cart from its `current` quantity to another. `partial` takes what there is instead of refusing; a guest's
-- `network` (null for accounts) may hold `network_cap` units of the variant at most. The caller locked the holder row, then read
-- `current` and `current_latest`. A hold that is past its latest moment is a new one from now on, if nobody else took it.
drop function if exists inventory.set_hold(uuid, uuid, integer, bytea, timestamptz, boolean);
create or replace function inventory.set_hold(
  in_cart uuid, in_variant uuid, wanted integer, current integer, current_latest timestamptz,
  new_latest timestamptz, in_network bytea, network_cap integer, partial boolean,
  out held integer, out backordered integer, out promised_on date, out latest timestamptz, out available integer,
  out stock_version bigint
)
language plpgsql as $$
declare
  pool record;
begin
  held := wanted;
  backordered := 0;
  latest := current_latest;
  if wanted = current then  -- nothing to claim, so nobody who wants the same row has to wait
    select true as done, s.on_hand - s.reserved as available, s.reserved, s.backordered,
      s.backorder_promised_on as promised_on, s.version as stock_version
    into pool from inventory.stock s where s.variant_id = in_variant;
  else
    pool := inventory.reserve(in_variant, wanted - current, in_cart);
  end if;
  if pool.available is null then
    perform platform.refuse('UNKNOWN_VARIANT', jsonb_build_object('variant_id', in_variant));
  end if;
  if not pool.done then
    held := current + greatest(pool.available, 0);
    if held > current then
      pool := inventory.reserve(in_variant, held - current, in_cart);
    end if;
    backordered := wanted - held;
  end if;
  -- All units that anybody holds bound those of one network: only where that could be too many is it counted.
  if wanted > current and in_network is not null and pool.reserved + backordered > network_cap then
    perform inventory.check_network(in_cart, in_variant, wanted, in_network, network_cap);
    select s.on_hand - s.reserved, s.version into pool.available, pool.stock_version
    from inventory.stock s where s.variant_id = in_variant;
  end if;
  available := pool.available;
  stock_version := pool.stock_version;
  if backordered > 0 or pool.backordered > 0 then
    backordered := inventory.promise_or_refuse(in_cart, in_variant, wanted, held, partial);
    select s.version into stock_version from inventory.stock s where s.variant_id = in_variant;
  end if;
  if backordered > 0 then
    select b.promised_on into promised_on
    from inventory.backorders b where b.cart_id = in_cart and b.variant_id = in_variant;
  end if;
  if held = 0 then
    delete from inventory.holds h where current > 0 and h.cart_id = in_cart and h.variant_id = in_variant;
  elsif held <> current or current_latest <= clock_timestamp() then
    insert into inventory.holds as h (cart_id, variant_id, quantity, latest_until, network)
    values (in_cart, in_variant, held, new_latest, in_network)
    on conflict (cart_id, variant_id) do update set quantity = excluded.quantity,
      latest_until = case when h.latest_until <= clock_timestamp() then excluded.latest_until else h.latest_until end
    returning h.latest_until into latest;
  end if;
end $$;

-- Promise what is wanted beyond what is held; answers how many that is. Refuses INSUFFICIENT_INVENTORY unless `partial`: then the
-- promise does not grow.
create or replace function inventory.promise_or_refuse(
  in_cart uuid, in_variant uuid, wanted integer, held integer, partial boolean
) returns integer
language plpgsql as $$
declare
  kept integer;
begin
  if inventory.promise(in_cart, in_variant, wanted - held) then
    return wanted - held;
  end if;
  if not partial then
    perform platform.refuse('INSUFFICIENT_INVENTORY', jsonb_build_object(
      'variant_id', in_variant, 'requested', wanted, 'available', held));
  end if;
  select least(coalesce(max(b.quantity), 0), wanted - held) into kept
  from inventory.backorders b where b.cart_id = in_cart and b.variant_id = in_variant;
  perform inventory.promise(in_cart, in_variant, kept);
  return kept;
end $$;

-- Renew a cart's holds, all at once; makes the holder if there is none, and keeps its row locked. `sweep_at`, the indexed one, moves
-- only if the sweep would come too late: else renewing writes to no index.
drop function if exists inventory.renew(uuid, integer);
create or replace function inventory.renew(
  in_cart uuid, hold_s integer, out held_until timestamptz, out placing_until timestamptz
)
language sql as $$
  insert into inventory.holders as o (cart_id, held_until, sweep_at)
  select in_cart, until, until from (select clock_timestamp() + make_interval(secs => hold_s)) as moment (until)
  on conflict (cart_id) do update set
    held_until = greatest(o.held_until, excluded.held_until), sweep_at = least(o.sweep_at, excluded.sweep_at)
  returning held_until, placing_until;
$$;

drop function if exists inventory.check_caps(uuid, uuid, bytea, uuid[], integer[], jsonb);

-- Refuse what would let the guests of one network keep too much of a variant. Counted with the stock row locked, so that those who
-- come at once are counted as well. What expired goes back before it refuses: only looked past, it could be renewed beyond the cap.
create or replace function inventory.check_network(
  in_cart uuid, in_variant uuid, wanted integer, in_network bytea, network_cap integer
) returns void
language plpgsql as $$
begin
  for look in 1..2 loop
    if wanted + (
      select coalesce(sum(h.quantity), 0) from inventory.holds h
      where h.variant_id = in_variant and h.network = in_network and h.cart_id <> in_cart and h.quantity > 0
    ) <= network_cap then
      return;
    end if;
    perform inventory.release_expired(in_variant, in_cart);
  end loop;
  perform platform.refuse('HOLD_LIMIT', jsonb_build_object(
    'detail', 'Too many units of it are held from your network; sign in or try again later.',
    'variant_id', in_variant, 'limit', network_cap));
end $$;

-- Take or resize a cart's holds to absolute quantities and renew the rest. Variants are unique; rows are locked in their order.
-- Refuses INSUFFICIENT_INVENTORY {variant_id, requested, available}, HOLD_LIMIT, UNKNOWN_VARIANT. Published.
-- `caps`: max_held_units (none: no limit; a cart beyond it may shrink), max_network_units_per_variant, `max_hold_s` (a hold is not
-- renewed beyond that age), `partial` (take what there is instead of refusing), `uncapped` (what a cart had before is given back to
-- it whatever it holds).
create or replace function inventory.take_holds(
  cart uuid, holder_account uuid, holder_network bytea, variants uuid[], quantities integer[], hold_s integer, caps jsonb
) returns table (
  variant_id uuid, held integer, backordered integer, promised_on date, expires_at timestamptz,
  available integer, stock_version bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
  holder record;
  wish record;
  outcome record;
  latest timestamptz := clock_timestamp() + make_interval(secs => greatest(hold_s, (caps ->> 'max_hold_s')::integer));
  partial boolean := coalesce((caps ->> 'partial')::boolean, false);
  uncapped boolean := coalesce((caps ->> 'uncapped')::boolean, false);
  network bytea := case when holder_account is null then holder_network end;
  network_cap integer := case when not uncapped then (caps ->> 'max_network_units_per_variant')::integer end;
begin
  holder := inventory.renew(cart, hold_s);
  for wish in
    select w.v, w.q, coalesce(h.quantity, 0) as current, h.latest_until, sum(w.q) over () + (
        select coalesce(sum(o.quantity), 0) from inventory.holds o
        where o.cart_id = take_holds.cart and not o.variant_id = any (variants)) as units,
      sum(w.q - coalesce(h.quantity, 0)) over () - (
        select coalesce(sum(b.quantity), 0) from inventory.backorders b
        where b.cart_id = take_holds.cart and b.variant_id = any (variants)) as growth
    from unnest(variants, quantities) as w (v, q)
    left join inventory.holds h on h.cart_id = take_holds.cart and h.variant_id = w.v order by w.v
  loop
    if wish.units > (caps ->> 'max_held_units')::integer and wish.growth > 0 and not uncapped then
      perform platform.refuse('HOLD_LIMIT', jsonb_build_object(
        'detail', 'One cart cannot hold that many units.', 'limit', (caps ->> 'max_held_units')::integer));
    end if;
    outcome := inventory.set_hold(
      cart, wish.v, wish.q, wish.current, wish.latest_until, latest, network, network_cap, partial);
    variant_id := wish.v;
    held := outcome.held;
    backordered := outcome.backordered;
    promised_on := outcome.promised_on;
    available := outcome.available;
    stock_version := outcome.stock_version;
    expires_at := case
      when held > 0 then greatest(least(holder.held_until, outcome.latest), holder.placing_until)
      when backordered > 0 then greatest(holder.held_until, holder.placing_until)
    end;
    return next;
  end loop;
end $$;

-- End a cart's holds and backorder promises of these variants (all of them for null). Published.
create or replace function inventory.release_holds(in_cart uuid, variants uuid[]) returns void
language plpgsql as $$
declare
  item record;
begin
  perform 1 from inventory.holders o where o.cart_id = in_cart for update;
  for item in
    select x.variant_id, max(x.held) as held from (
      select h.variant_id, h.quantity as held from inventory.holds h where h.cart_id = in_cart
      union all select b.variant_id, 0 from inventory.backorders b where b.cart_id = in_cart
    ) x where variants is null or x.variant_id = any (variants) group by x.variant_id order by x.variant_id
  loop
    perform inventory.set_hold(in_cart, item.variant_id, 0, item.held, null, null, null, null, false);
  end loop;
end $$;

-- Keep a cart's holds at least this long, past any renewal limit: while its order is being placed. Published.
create or replace function inventory.extend_holds(in_cart uuid, until_s integer) returns void
language sql as $$
  update inventory.holders set placing_until = greatest(
    coalesce(placing_until, '-infinity'), clock_timestamp() + make_interval(secs => until_s))
  where cart_id = in_cart;
$$;

-- The placing is over, one way or the other: holds end when they would have without it. Published.
create or replace function inventory.end_placing(in_cart uuid) returns void
language sql as $$
  update inventory.holders set placing_until = null where cart_id = in_cart and placing_until is not null;
$$;

-- Tidy expired holds, a batch of carts at a time, stock rows first and in order. Answers whose hold of what ended.
create or replace function inventory.sweep_holds(batch integer) returns table (variant_id uuid, given_back integer)
language plpgsql as $$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
  due uuid[] := array(
    select o.cart_id from inventory.holders o where o.sweep_at <= moment order by o.sweep_at limit batch);
begin
  for variant_id in
    select distinct x.variant_id from (
      select e.variant_id from inventory.hold_ends e where e.cart_id = any (due) and e.expires_at <= moment
      union all
      select b.variant_id from inventory.backorders b join inventory.holders o on o.cart_id = b.cart_id
      where o.cart_id = any (due) and greatest(o.held_until, coalesce(o.placing_until, '-infinity')) <= moment
    ) x order by 1
  loop
    perform 1 from inventory.stock s where s.variant_id = sweep_holds.variant_id for update;
    given_back := inventory.release_expired(variant_id, null);
    return next;
  end loop;
  perform inventory.sweep_later(due);
end $$;

-- When these carts have to be looked at next: when the first of their holds ends as things are now (renewing it does not change
-- that, so that it writes to no index). One with nothing left is forgotten after a day. Carts in somebody's hands stay due.
create or replace function inventory.sweep_later(carts uuid[]) returns void
language plpgsql as $$
begin
  with mine as materialized (
    select o.cart_id, o.held_until, coalesce(o.placing_until, '-infinity') as placing_until
    from inventory.holders o where o.cart_id = any (carts) for update skip locked
  ), ends as (
    select m.cart_id, m.held_until, m.placing_until, least(
      (select min(least(m.held_until, h.latest_until)) from inventory.holds h where h.cart_id = m.cart_id),
      (select m.held_until where exists (select 1 from inventory.backorders b where b.cart_id = m.cart_id))) as first_end
    from mine m
  ), gone as (
    delete from inventory.holders o using ends e
    where o.cart_id = e.cart_id and e.first_end is null and e.held_until <= clock_timestamp() - interval '1 day'
    returning o.cart_id
  )
  update inventory.holders o set sweep_at = case
    when e.first_end is null then e.held_until + interval '1 day'
    -- A placing keeps holds beyond their end, and may be over sooner than it said.
    else greatest(e.first_end, least(e.placing_until, clock_timestamp() + interval '10 seconds'))
  end
  from ends e where o.cart_id = e.cart_id and e.cart_id not in (select g.cart_id from gone g);
end $$;

-- Make a cart's hold (and promise) of one variant smaller; a smaller one stays as it is. Published.
create or replace function inventory.lower_hold(in_cart uuid, in_variant uuid, at_most integer) returns void
language plpgsql as $$
declare
  held integer;
  promised integer;
begin
  perform 1 from inventory.holders o where o.cart_id = in_cart for update;
  perform 1 from inventory.stock s where s.variant_id = in_variant for update;
  select coalesce(max(h.quantity), 0) into held from inventory.holds h where h.cart_id = in_cart and h.variant_id = in_variant;
  select coalesce(max(b.quantity), 0) into promised
  from inventory.backorders b where b.cart_id = in_cart and b.variant_id = in_variant;
  perform inventory.promise(in_cart, in_variant, greatest(least(promised, at_most - held), 0));
  if held > at_most then
    perform inventory.reserve(in_variant, at_most - held);
    if at_most = 0 then
      delete from inventory.holds h where h.cart_id = in_cart and h.variant_id = in_variant;
    else
      update inventory.holds h set quantity = at_most where h.cart_id = in_cart and h.variant_id = in_variant;
    end if;
  end if;
end $$;
