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

-- Set lines of a locked cart to absolute quantities: limits, prices, holds, rows, version, fact. `settings`: hold_s, hold_on,
-- caps {…}, actor_network is a parameter of its own. Refuses LINE_LIMIT, QUANTITY_LIMIT, VARIANT_NOT_FOUND and what holds refuse.
-- Answers {version, lines: [{variant_id, quantity, unit_minor, held, backordered, promised_on, reserved_until, available, stock_version}]}.
create or replace function cart.set_lines(
  in_cart uuid, in_account uuid, in_network bytea, variants uuid[], quantities integer[], settings jsonb
) returns jsonb
language plpgsql as $$
declare
  terms record;
  in_currency text;
  next_version bigint;
  priced_variants uuid[];
  held_variants uuid[];
  held_quantities integer[];
  answer jsonb;
  too_many integer;
begin
  select * into strict terms from pricing.terms_of(in_account);
  select c.currency, c.version + 1 into strict in_currency, next_version from cart.carts c where c.id = in_cart;
  select max(q) into too_many from unnest(quantities) q;
  if too_many > terms.max_line_quantity then
    perform platform.refuse('QUANTITY_LIMIT', jsonb_build_object('requested', too_many, 'limit', terms.max_line_quantity));
  end if;
  -- LIMIT keeps each look-up a walk down an index, whatever the planner thinks of the size of the catalogue.
  with items as (
    select w.v as variant_id, w.q as quantity, p.unit_minor, coalesce(s.hold_on, settings ->> 'hold_on') as hold_on
    from unnest(variants, quantities) as w (v, q)
    cross join lateral (select x.hold_on from catalog.sellable x where x.variant_id = w.v limit 1) s
    cross join lateral (select x.unit_minor from pricing.unit_prices(terms.price_list_id, in_currency, array[w.v]) x limit 1) p
  ), written as (
    insert into cart.lines as l (cart_id, variant_id, quantity, unit_minor, changed_version)
    select in_cart, i.variant_id, i.quantity, i.unit_minor, next_version from items i
    on conflict (cart_id, variant_id) do update set
      quantity = excluded.quantity, unit_minor = excluded.unit_minor, changed_version = excluded.changed_version
  )
  select array_agg(i.variant_id), array_agg(i.variant_id) filter (where i.hold_on = 'add'),
    array_agg(i.quantity) filter (where i.hold_on = 'add')
  into priced_variants, held_variants, held_quantities from items i;
  if coalesce(cardinality(priced_variants), 0) < cardinality(variants) then
    perform platform.refuse('VARIANT_NOT_FOUND', jsonb_build_object('variant_id', (
      select v from unnest(variants) v where v <> all (coalesce(priced_variants, '{}')) limit 1)));
  end if;
  if (select count(*) from (select 1 from cart.lines l where l.cart_id = in_cart limit terms.max_lines + 1) x) > terms.max_lines then
    perform platform.refuse('LINE_LIMIT', jsonb_build_object('limit', terms.max_lines));
  end if;
  answer := cart.hold_lines(in_cart, in_account, in_network, variants, quantities, held_variants, held_quantities,
    settings -> 'caps' || jsonb_build_object('max_held_units', terms.max_held_units), (settings ->> 'hold_s')::integer);
  return jsonb_build_object('version', cart.bump(in_cart, 'cart.lines_changed.v1', jsonb_build_object(
    'account_id', in_account, 'lines', (
      select jsonb_agg(jsonb_build_object('variant_id', w.v, 'quantity', w.q)) from unnest(variants, quantities) as w (v, q)))),
    'currency', in_currency, 'lines', answer);
end $$;

-- Hold what is held at once, and check that the rest is there; answers the lines as JSON.
create or replace function cart.hold_lines(
  in_cart uuid, in_account uuid, in_network bytea, variants uuid[], quantities integer[],
  held_variants uuid[], held_quantities integer[], caps jsonb, hold_s integer
) returns jsonb
language plpgsql as $$
declare
  short record;
begin
  if coalesce(cardinality(held_variants), 0) < cardinality(variants) then
    select w.v, w.q, a.available into short from unnest(variants, quantities) as w (v, q)
    join inventory.availability a on a.variant_id = w.v
    where w.v <> all (coalesce(held_variants, '{}')) and w.q > a.available + a.backorder_left limit 1;
    if found then
      perform platform.refuse('INSUFFICIENT_INVENTORY', jsonb_build_object(
        'variant_id', short.v, 'requested', short.q, 'available', greatest(short.available, 0)));
    end if;
  end if;
  return (
    select jsonb_agg(jsonb_build_object(
      'variant_id', l.variant_id, 'quantity', l.quantity, 'unit_minor', l.unit_minor, 'held', coalesce(h.held, 0),
      'backordered', coalesce(h.backordered, 0), 'promised_on', h.promised_on, 'reserved_until', h.expires_at,
      'available', h.available, 'stock_version', h.stock_version) order by l.added_at, l.variant_id)
    from unnest(variants) as w (v)
    join cart.lines l on l.cart_id = in_cart and l.variant_id = w.v
    left join inventory.take_holds(
      in_cart, in_account, in_network, coalesce(held_variants, '{}'), coalesce(held_quantities, '{}'), hold_s, caps
    ) h on h.variant_id = w.v);
end $$;

-- Add to a cart, or set its lines (`mode`), making the cart if there is none. The same variant twice in a call is summed.
create or replace function cart.write_lines(
  in_account uuid, in_guest bytea, new_id uuid, new_guest bytea, in_currency text, in_network bytea,
  mode text, variants uuid[], quantities integer[], settings jsonb
) returns jsonb
language plpgsql as $$
declare
  target record;
  final_variants uuid[];
  final_quantities integer[];
begin
  target := cart.lock_or_make(in_account, in_guest, new_id, new_guest, in_currency);
  select array_agg(x.v), array_agg(x.q) into final_variants, final_quantities from (
    select w.v, least(sum(w.q) + case mode when 'add' then coalesce(max(l.quantity), 0) else 0 end, 2000000)::integer as q
    from unnest(variants, quantities) as w (v, q)
    left join cart.lines l on l.cart_id = target.cart_id and l.variant_id = w.v
    group by w.v) x;
  if mode = 'set' and exists (select 1 from unnest(final_variants) v
    where not exists (select 1 from cart.lines l where l.cart_id = target.cart_id and l.variant_id = v)) then
    perform platform.refuse('LINE_NOT_FOUND', '{}');
  end if;
  return cart.set_lines(target.cart_id, in_account, in_network, final_variants, final_quantities, settings)
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
