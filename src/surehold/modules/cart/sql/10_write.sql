-- The cart of an owner, locked; null if there is none.
create or replace function cart.lock_owned(in_account uuid, in_guest bytea) returns uuid
language plpgsql as $$
declare
  found_id uuid;
begin
  if in_account is not null then
    select c.id into found_id from cart.carts c where c.account_id = in_account and c.state = 'active' for update;
  elsif in_guest is not null then
    select c.id into found_id from cart.carts c where c.guest_hash = in_guest and c.state = 'active' for update;
  end if;
  return found_id;
end $$;

-- The cart of an owner, locked, made if there is none. A guest whose token has no cart gets the new one's token instead:
-- nobody can choose a token for us.
create or replace function cart.lock_or_make(
  in_account uuid, in_guest bytea, new_id uuid, new_guest bytea, in_currency text, out cart_id uuid, out created boolean
)
language plpgsql as $$
begin
  created := false;
  cart_id := cart.lock_owned(in_account, in_guest);
  if cart_id is not null then
    return;
  end if;
  insert into cart.carts (id, account_id, guest_hash, currency)
  values (new_id, in_account, case when in_account is null then new_guest end, in_currency)
  on conflict do nothing;
  created := found;
  cart_id := case when created then new_id else cart.lock_owned(in_account, new_guest) end;
end $$;

-- One more version of a cart, with its fact.
create or replace function cart.bump(in_cart uuid, fact text, facts jsonb) returns bigint
language plpgsql as $$
declare
  new_version bigint;
begin
  update cart.carts c set version = c.version + 1, updated_at = clock_timestamp()
  where c.id = in_cart returning c.version into new_version;
  perform platform.emit(fact, 'cart', in_cart, new_version, facts || jsonb_build_object('cart_id', in_cart));
  return new_version;
end $$;

-- Write lines of a locked cart: limits, prices, rows, holds, version, fact. `mode` is `add` (to what is there), `set` (to absolute
-- quantities) or `change` (as `set`, but only lines that are there); the same variant twice in a call is summed. `settings`:
-- hold_s, hold_on, caps {…}. Refuses LINE_LIMIT, QUANTITY_LIMIT, VARIANT_NOT_FOUND, LINE_NOT_FOUND and what holds refuse.
-- Answers {version, currency, lines: [{variant_id, quantity, unit_minor, held, backordered, promised_on, reserved_until, available,
-- stock_version}]}.
drop function if exists cart.set_lines(uuid, uuid, bytea, uuid[], integer[], jsonb);
create or replace function cart.set_lines(
  in_cart uuid, in_account uuid, in_network bytea, variants uuid[], quantities integer[], settings jsonb,
  mode text default 'set'
) returns jsonb
language plpgsql as $$
declare
  terms record;
  cart record;
  wanted record;
  answer jsonb;
begin
  select * into strict terms from pricing.terms_of(in_account);
  update cart.carts c set version = c.version + 1, updated_at = clock_timestamp()
  where c.id = in_cart returning c.currency, c.version into strict cart;
  -- LIMIT keeps each look-up a walk down an index, whatever the planner thinks of the size of the catalogue.
  select array_agg(w.v) as variants, array_agg(w.q) as quantities, array_agg(p.unit_minor) as units,
    array_agg(coalesce(s.hold_on, settings ->> 'hold_on')) as policies, max(w.q) as most,
    count(*) filter (where w.before is null) as new_lines, count(p.unit_minor) as priced, count(*) as asked,
    (select count(*) from (select 1 from cart.lines x where x.cart_id = in_cart limit terms.max_lines) y) as lines
  into wanted
  from (
    select u.v, l.quantity as before,
      least(u.q + case when mode = 'add' then coalesce(l.quantity, 0) else 0 end, 2000000)::integer as q
    from (select x.v, sum(x.q) as q from unnest(variants, quantities) as x (v, q) group by x.v) u
    left join lateral (
      select y.quantity from cart.lines y where y.cart_id = in_cart and y.variant_id = u.v limit 1) l on true
  ) w
  left join lateral (select x.hold_on, true as sold from catalog.sellable x where x.variant_id = w.v limit 1) s on true
  left join lateral (
    select x.unit_minor from pricing.unit_prices(terms.price_list_id, cart.currency, array[w.v]) x where s.sold limit 1
  ) p on true;
  if wanted.most > terms.max_line_quantity then
    perform platform.refuse('QUANTITY_LIMIT', jsonb_build_object('requested', wanted.most, 'limit', terms.max_line_quantity));
  elsif mode = 'change' and wanted.new_lines > 0 then
    perform platform.refuse('LINE_NOT_FOUND', '{}');
  elsif wanted.priced < wanted.asked then
    perform platform.refuse('VARIANT_NOT_FOUND', jsonb_build_object('variant_id', (
      select w.v from unnest(wanted.variants, wanted.units) as w (v, unit) where w.unit is null limit 1)));
  elsif wanted.new_lines > 0 and wanted.lines + wanted.new_lines > terms.max_lines then
    perform platform.refuse('LINE_LIMIT', jsonb_build_object('limit', terms.max_lines));
  end if;
  insert into cart.lines as l (cart_id, variant_id, quantity, unit_minor, changed_version)
  select in_cart, w.v, w.q, w.unit, cart.version
  from unnest(wanted.variants, wanted.quantities, wanted.units) as w (v, q, unit)
  on conflict (cart_id, variant_id) do update set
    quantity = excluded.quantity, unit_minor = excluded.unit_minor, changed_version = excluded.changed_version;
  answer := cart.hold_lines(in_cart, in_account, in_network, wanted,
    settings -> 'caps' || jsonb_build_object('max_held_units', terms.max_held_units), (settings ->> 'hold_s')::integer);
  perform platform.emit('cart.lines_changed.v1', 'cart', in_cart, cart.version, jsonb_build_object(
    'cart_id', in_cart, 'account_id', in_account, 'lines', (
      select jsonb_agg(jsonb_build_object('variant_id', w.v, 'quantity', w.q))
      from unnest(wanted.variants, wanted.quantities) as w (v, q))));
  return jsonb_build_object('version', cart.version, 'currency', cart.currency, 'lines', answer);
end $$;

-- Hold what is held at once, and check that the rest is there; answers the lines as JSON. `wanted` is what `set_lines`
-- found: variants, quantities, units, policies.
drop function if exists cart.hold_lines(uuid, uuid, bytea, uuid[], integer[], uuid[], integer[], jsonb, integer);
create or replace function cart.hold_lines(
  in_cart uuid, in_account uuid, in_network bytea, wanted record, caps jsonb, hold_s integer
) returns jsonb
language plpgsql as $$
declare
  held_variants uuid[] := wanted.variants;
  held_quantities integer[] := wanted.quantities;
begin
  if 'add' <> any (wanted.policies) then
    perform cart.check_unheld(in_cart, wanted);
    -- Of what is held on checkout, units that an open checkout holds beyond the new quantity go back.
    select array_agg(w.v), array_agg(case when w.policy = 'add' then w.q else least(w.q, h.units) end)
    into held_variants, held_quantities
    from unnest(wanted.variants, wanted.quantities, wanted.policies) as w (v, q, policy)
    left join lateral inventory.held_by(in_cart, w.v) as h (units) on w.policy <> 'add'
    where w.policy = 'add' or h.units > 0;
  end if;
  return (
    select jsonb_agg(jsonb_build_object(
      'variant_id', w.v, 'quantity', w.q, 'unit_minor', w.unit, 'held', coalesce(h.held, 0),
      'backordered', coalesce(h.backordered, 0), 'promised_on', h.promised_on, 'reserved_until', h.expires_at,
      'available', h.available, 'stock_version', h.stock_version) order by w.place)
    from unnest(wanted.variants, wanted.quantities, wanted.units) with ordinality as w (v, q, unit, place)
    left join inventory.take_holds(
      in_cart, in_account, in_network, coalesce(held_variants, '{}'), coalesce(held_quantities, '{}'), hold_s, caps
    ) h on h.variant_id = w.v);
end $$;

-- Refuse lines that are held on checkout and of which the cart could not have that many: INSUFFICIENT_INVENTORY.
create or replace function cart.check_unheld(in_cart uuid, wanted record) returns void
language plpgsql as $$
declare
  doubtful uuid[];
  short record;
begin
  select array_agg(w.v) into doubtful
  from unnest(wanted.variants, wanted.quantities, wanted.policies) as w (v, q, policy)
  join inventory.availability a on a.variant_id = w.v where w.policy <> 'add' and w.q > a.available;
  -- Only where too little is free at once are all holds of it looked at: the cart's own count, and those that expired.
  select w.v, w.q, a.available into short
  from unnest(wanted.variants, wanted.quantities) as w (v, q)
  join inventory.left_for(in_cart, doubtful) a on a.variant_id = w.v
  where w.q > a.available + a.backorder_left limit 1;
  if found then
    perform platform.refuse('INSUFFICIENT_INVENTORY', jsonb_build_object(
      'variant_id', short.v, 'requested', short.q, 'available', greatest(short.available, 0)));
  end if;
end $$;

-- Add to a cart, or change its lines (`mode`: add | change), making the cart if there is none.
create or replace function cart.write_lines(
  in_account uuid, in_guest bytea, new_id uuid, new_guest bytea, in_currency text, in_network bytea,
  mode text, variants uuid[], quantities integer[], settings jsonb
) returns jsonb
language plpgsql as $$
declare
  target record;
begin
  target := cart.lock_or_make(in_account, in_guest, new_id, new_guest, in_currency);
  return cart.set_lines(target.cart_id, in_account, in_network, variants, quantities, settings, mode)
    || jsonb_build_object('cart_id', target.cart_id, 'created', target.created);
end $$;

-- Take lines out of a locked cart (all of them for null) and give their holds back; answers how many went.
create or replace function cart.drop_lines(in_cart uuid, variants uuid[], fact text) returns integer
language plpgsql as $$
declare
  gone uuid[];
begin
  with dropped as (
    delete from cart.lines l where l.cart_id = in_cart and (variants is null or l.variant_id = any (variants))
    returning l.variant_id
  )
  select array_agg(d.variant_id) into gone from dropped d;
  if gone is null then
    return 0;
  end if;
  perform inventory.release_holds(in_cart, gone);
  perform cart.note_removed(in_cart, gone);
  perform cart.bump(in_cart, fact, jsonb_build_object('removed', to_jsonb(gone)));
  return cardinality(gone);
end $$;

-- Remove lines of the owner's cart; nothing to remove is no error. Answers {cart_id, version, removed, stock}.
create or replace function cart.remove_lines(in_account uuid, in_guest bytea, variants uuid[]) returns jsonb
language plpgsql as $$
declare
  target uuid := cart.lock_owned(in_account, in_guest);
  removed integer := 0;
  found_lines uuid[];
begin
  if target is null then
    return null;
  end if;
  found_lines := array(
    select l.variant_id from cart.lines l where l.cart_id = target and (variants is null or l.variant_id = any (variants)));
  removed := cart.drop_lines(target, variants, 'cart.lines_changed.v1');
  return (select jsonb_build_object('cart_id', c.id, 'version', c.version, 'removed', removed, 'stock', cart.stock_now(found_lines))
    from cart.carts c where c.id = target);
end $$;
