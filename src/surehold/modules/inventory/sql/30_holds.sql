-- Give back what expired holds of one variant keep. The caller holds the stock row's lock. A cart that is being written to
-- right now (its holder row is locked) is left alone: its owner renews it.
create or replace function inventory.release_expired(in_variant uuid) returns integer
language plpgsql as $$
declare
  given_back integer;
  promised_back integer;
  moment timestamptz := clock_timestamp();
begin
  with ripe as (
    select o.cart_id from inventory.holders o
    join inventory.holds h on h.cart_id = o.cart_id and h.variant_id = in_variant
    where greatest(least(o.held_until, h.latest_until), coalesce(o.placing_until, '-infinity')) <= moment
    for update of o skip locked
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
    for update of o skip locked
  ), gone as (
    delete from inventory.backorders b using ripe r
    where b.cart_id = r.cart_id and b.variant_id = in_variant
    returning b.quantity
  )
  select coalesce(sum(quantity), 0) into promised_back from gone;
  if given_back > 0 or promised_back > 0 then
    update inventory.stock set
      reserved = reserved - given_back, backordered = backordered - promised_back, version = version + 1
    where variant_id = in_variant;
  end if;
  return given_back;
end $$;

-- Reserve more (or less, with a negative delta) of one variant: true if it could. The row lock is kept to the end of the
-- transaction, so whatever was released in it cannot be taken by somebody else before it commits.
create or replace function inventory.reserve(in_variant uuid, delta integer, out done boolean, out available integer)
language plpgsql as $$
declare
  threshold integer;
begin
  update inventory.stock s set reserved = s.reserved + delta, version = s.version + 1
  where s.variant_id = in_variant and s.on_hand - s.reserved >= delta
  returning s.on_hand - s.reserved, s.low_stock_threshold into available, threshold;
  done := found;
  if done then
    if least(available, available + delta) <= threshold then
      perform inventory.announce(in_variant, available + delta, available);
    end if;
    return;
  end if;
  -- Whoever had the row may have made room meanwhile: look again with the lock in hand, after what expired went back.
  perform 1 from inventory.stock s where s.variant_id = in_variant for update;
  perform inventory.release_expired(in_variant);
  update inventory.stock s set reserved = s.reserved + delta, version = s.version + 1
  where s.variant_id = in_variant and s.on_hand - s.reserved >= delta
  returning s.on_hand - s.reserved, s.low_stock_threshold into available, threshold;
  done := found;
  if not done then
    select s.on_hand - s.reserved into available from inventory.stock s where s.variant_id = in_variant;
  elsif available <= threshold then
    perform inventory.announce(in_variant, available + delta, available);
  end if;
end $$;

-- Set a cart's backorder of one variant; false if the limit does not allow it. The stock row is locked by the update.
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
    on conflict (cart_id, variant_id) do update set quantity = excluded.quantity;
  end if;
  return true;
end $$;

-- Set one hold of a cart to a quantity. `partial` takes what there is instead of refusing. The caller locked the holder row.
create or replace function inventory.set_hold(
  in_cart uuid, in_variant uuid, wanted integer, in_network bytea, latest timestamptz, partial boolean,
  out held integer, out backordered integer
)
language plpgsql as $$
declare
  current integer;
  reservation record;
begin
  select h.quantity into current from inventory.holds h where h.cart_id = in_cart and h.variant_id = in_variant;
  current := coalesce(current, 0);
  held := wanted;
  backordered := 0;
  if wanted <> current then
    reservation := inventory.reserve(in_variant, wanted - current);
    if reservation.available is null then
      perform platform.refuse('UNKNOWN_VARIANT', jsonb_build_object('variant_id', in_variant));
    end if;
    if not reservation.done then
      held := current + greatest(reservation.available, 0);
      if held > current then
        perform inventory.reserve(in_variant, held - current);
      end if;
      backordered := wanted - held;
    end if;
  end if;
  if not inventory.promise(in_cart, in_variant, backordered) then
    if not partial then
      perform platform.refuse('INSUFFICIENT_INVENTORY', jsonb_build_object(
        'variant_id', in_variant, 'requested', wanted, 'available', held));
    end if;
    backordered := 0;
    perform inventory.promise(in_cart, in_variant, 0);
  end if;
  if held = 0 then
    delete from inventory.holds h where h.cart_id = in_cart and h.variant_id = in_variant;
  else
    insert into inventory.holds as h (cart_id, variant_id, quantity, latest_until, network)
    values (in_cart, in_variant, held, latest, in_network)
    on conflict (cart_id, variant_id) do update set quantity = excluded.quantity
    where h.quantity <> excluded.quantity;
  end if;
end $$;

-- Renew a cart's holds, all at once; makes the holder if there is none, and keeps its row locked.
create or replace function inventory.renew(in_cart uuid, hold_s integer) returns timestamptz
language sql as $$
  insert into inventory.holders as o (cart_id, held_until)
  values (in_cart, clock_timestamp() + make_interval(secs => hold_s))
  on conflict (cart_id) do update set held_until = greatest(o.held_until, excluded.held_until)
  returning held_until;
$$;

-- Refuse what would let one holder or one network keep too much. `caps`: max_held_units, max_network_units_per_variant.
create or replace function inventory.check_caps(
  in_cart uuid, holder_account uuid, holder_network bytea, variants uuid[], quantities integer[], caps jsonb
) returns void
language plpgsql as $$
declare
  total integer;
  offender uuid;
begin
  if (caps ->> 'uncapped')::boolean then
    return;
  end if;
  select coalesce(sum(h.quantity), 0) into total
  from inventory.holds h where h.cart_id = in_cart and not h.variant_id = any (variants);
  total := total + (select coalesce(sum(q), 0) from unnest(quantities) q);
  if total > (caps ->> 'max_held_units')::integer then
    perform platform.refuse('HOLD_LIMIT', jsonb_build_object(
      'detail', 'One cart cannot hold that many units.', 'limit', (caps ->> 'max_held_units')::integer));
  end if;
  if holder_account is not null or holder_network is null then
    return;
  end if;
  select w.v into offender from unnest(variants, quantities) as w (v, q)
  where w.q + (
    select coalesce(sum(h.quantity), 0) from inventory.holds h
    where h.variant_id = w.v and h.network = holder_network and h.cart_id <> in_cart
  ) > (caps ->> 'max_network_units_per_variant')::integer
  limit 1;
  if offender is not null then
    perform platform.refuse('HOLD_LIMIT', jsonb_build_object(
      'detail', 'Too many units of it are held from your network; sign in or try again later.',
      'variant_id', offender, 'limit', (caps ->> 'max_network_units_per_variant')::integer));
  end if;
end $$;

-- Take or resize a cart's holds to absolute quantities and renew the rest. Variants are unique; rows are locked in their order.
-- Refuses INSUFFICIENT_INVENTORY {variant_id, requested, available}, HOLD_LIMIT, UNKNOWN_VARIANT. Published.
-- `caps` may carry `partial` (take what there is), `uncapped` (what was given up is its cart's anyway) and `max_hold_s` (a hold is not renewed beyond that age).
create or replace function inventory.take_holds(
  cart uuid, holder_account uuid, holder_network bytea, variants uuid[], quantities integer[], hold_s integer, caps jsonb
) returns table (
  variant_id uuid, held integer, backordered integer, promised_on date, expires_at timestamptz,
  available integer, stock_version bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
  until timestamptz;
  latest timestamptz := clock_timestamp()
    + make_interval(secs => greatest(hold_s, coalesce((caps ->> 'max_hold_s')::integer, hold_s)));
  partial boolean := coalesce((caps ->> 'partial')::boolean, false);
  wish record;
  outcome record;
begin
  until := inventory.renew(cart, hold_s);
  perform inventory.check_caps(cart, holder_account, holder_network, variants, quantities, caps);
  for wish in select w.v, w.q from unnest(variants, quantities) as w (v, q) order by w.v loop
    outcome := inventory.set_hold(cart, wish.v, wish.q, case when holder_account is null then holder_network end, latest, partial);
    variant_id := wish.v;
    held := outcome.held;
    backordered := outcome.backordered;
    select s.backorder_promised_on, s.on_hand - s.reserved, s.version into promised_on, available, stock_version
    from inventory.stock s where s.variant_id = wish.v;
    if backordered = 0 then
      promised_on := null;
    end if;
    expires_at := case when held + backordered > 0 then least(until, latest) end;
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
    select x.variant_id from (
      select h.variant_id from inventory.holds h where h.cart_id = in_cart
      union select b.variant_id from inventory.backorders b where b.cart_id = in_cart
    ) x where variants is null or x.variant_id = any (variants) order by x.variant_id
  loop
    perform inventory.set_hold(in_cart, item.variant_id, 0, null, clock_timestamp(), false);
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
  update inventory.holders set placing_until = null where cart_id = in_cart;
$$;

-- Whether an order of this cart is being placed: its holds are spoken for. Published.
create or replace function inventory.is_placing(in_cart uuid) returns boolean
language sql stable as $$
  select exists (select 1 from inventory.holders o where o.cart_id = in_cart and o.placing_until > clock_timestamp());
$$;

-- Units of each variant that a cart could still have: what is free, what expired holds keep, and what it holds itself. Published.
create or replace function inventory.left_for(in_cart uuid, variants uuid[]) returns table (variant_id uuid, available integer)
language sql stable as $$
  select s.variant_id, (s.on_hand - s.reserved + coalesce(sum(h.quantity), 0))::integer
  from inventory.stock s
  left join inventory.hold_ends h
    on h.variant_id = s.variant_id and (h.cart_id = in_cart or h.expires_at <= clock_timestamp())
  where s.variant_id = any (variants)
  group by s.variant_id;
$$;

-- Tidy expired holds, a batch at a time, stock rows first and in order. Answers whose hold of what ended.
create or replace function inventory.sweep_holds(batch integer) returns table (variant_id uuid, given_back integer)
language plpgsql as $$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
begin
  for variant_id in
    select distinct x.variant_id from (
      (select h.variant_id from inventory.holders o join inventory.holds h on h.cart_id = o.cart_id
       where o.held_until <= moment and coalesce(o.placing_until, '-infinity') <= moment limit batch)
      union all
      (select h.variant_id from inventory.holds h join inventory.holders o on o.cart_id = h.cart_id
       where h.latest_until <= moment and coalesce(o.placing_until, '-infinity') <= moment limit batch)
      union all
      (select b.variant_id from inventory.holders o join inventory.backorders b on b.cart_id = o.cart_id
       where o.held_until <= moment and coalesce(o.placing_until, '-infinity') <= moment limit batch)
    ) x order by 1
  loop
    perform 1 from inventory.stock s where s.variant_id = sweep_holds.variant_id for update;
    given_back := inventory.release_expired(variant_id);
    return next;
  end loop;
  delete from inventory.holders o where o.cart_id in (
    select e.cart_id from inventory.holders e
    where e.held_until <= moment - interval '1 day'
      and not exists (select 1 from inventory.holds h where h.cart_id = e.cart_id)
      and not exists (select 1 from inventory.backorders b where b.cart_id = e.cart_id)
    limit batch for update skip locked);
end $$;

-- How many carts hold a variant right now.
create or replace function inventory.carts_holding(in_variant uuid) returns bigint
language sql stable as $$
  select count(*) from inventory.holds h
  -- LIMIT keeps this a look-up per hold: without statistics a join would read every holder there is.
  cross join lateral (
    select e.expires_at from inventory.hold_ends e
    where e.cart_id = h.cart_id and e.variant_id = h.variant_id limit 1
  ) ends
  where h.variant_id = in_variant and ends.expires_at > clock_timestamp();
$$;

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
