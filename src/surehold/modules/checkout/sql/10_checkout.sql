-- A checkout as JSON, for the service.
create or replace function checkout.as_json(spot checkout.checkouts) returns jsonb
language sql stable as $$
  select to_jsonb(spot) || jsonb_build_object(
    'contact', encode(spot.contact, 'hex'), 'guest_hash', encode(spot.guest_hash, 'hex'),
    'payment_source', encode(spot.payment_source, 'hex'));
$$;

-- Whose it is: the account's, or, of one that has none, the guest token's. Nulls never match.
create or replace function checkout.is_owned(spot checkout.checkouts, in_account uuid, in_guest bytea) returns boolean
language sql immutable as $$
  select case when spot.account_id is not null then coalesce(spot.account_id = in_account, false)
    else coalesce(spot.guest_hash = in_guest, false) end;
$$;

-- A row of a checkout's history.
create or replace function checkout.note(of_checkout uuid, before text, after text, for_order uuid, in_reason text) returns void
language sql as $$
  insert into checkout.history (checkout_id, seq, from_state, to_state, order_id, reason)
  select of_checkout, coalesce(max(h.seq), 0) + 1, before, after, for_order, in_reason
  from checkout.history h where h.checkout_id = of_checkout;
$$;

-- One move of a locked checkout, with its row of history.
create or replace function checkout.move(of_checkout uuid, wanted text, for_order uuid, in_reason text) returns void
language plpgsql as $$
declare
  before text;
begin
  select c.state into strict before from checkout.checkouts c where c.id = of_checkout;
  update checkout.checkouts c set
    state = wanted, version = c.version + 1, updated_at = clock_timestamp(),
    failure = case when wanted = 'failed' then in_reason when wanted not in ('placing', 'confirmed') then c.failure end,
    failed_at = case wanted when 'failed' then clock_timestamp() else c.failed_at end,
    order_id = coalesce(for_order, c.order_id)
  where c.id = of_checkout;
  perform checkout.note(of_checkout, before, wanted, for_order, in_reason);
end $$;

-- The owner's checkout of the owner's cart, locked, made if there is none.
-- Refuses CART_EMPTY.
create or replace function checkout.lock_or_make(
  new_id uuid, in_account uuid, in_guest bytea, live_s integer
) returns checkout.checkouts
language plpgsql as $$
declare
  spot checkout.checkouts;
  of_cart uuid;
begin
  of_cart := cart.active_of(in_account, in_guest);
  if of_cart is null then
    perform platform.refuse('CART_EMPTY', '{}');
  end if;
  insert into checkout.checkouts (id, cart_id, account_id, guest_hash, expires_at)
  values (new_id, of_cart, in_account, case when in_account is null then in_guest end,
    clock_timestamp() + make_interval(secs => live_s))
  on conflict (cart_id) where state not in ('confirmed', 'expired') do update set
    expires_at = excluded.expires_at
  returning * into spot;
  if spot.id = new_id then
    insert into checkout.history (checkout_id, seq, from_state, to_state) values (new_id, 1, null, 'shipping');
  end if;
  if not checkout.is_owned(spot, in_account, in_guest) then
    perform platform.refuse('CHECKOUT_NOT_FOUND', '{}');
  end if;
  return spot;
end $$;

-- Hold every unit of a locked cart for its checkout, and renew what is held already. `hold`: {hold_s, caps}, `most` the units
-- that one cart may hold. Answers the levels of stock that it changed: [{variant_id, available, version}].
-- Refuses what inventory refuses.
create or replace function checkout.hold_cart(
  spot checkout.checkouts, network bytea, variants uuid[], quantities integer[], most integer, hold jsonb
) returns jsonb
language plpgsql as $$
declare
  lacking record;
begin
  select coalesce(array_agg(w.v), '{}') as variants, coalesce(array_agg(w.q), '{}') as quantities into lacking
  from unnest(variants, quantities) as w (v, q)
  where w.q is distinct from (  -- what is only promised is looked at again: units may have come in
    select h.quantity from inventory.hold_ends h
    where h.cart_id = spot.cart_id and h.variant_id = w.v and h.expires_at > clock_timestamp());
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'variant_id', h.variant_id, 'available', greatest(h.available, 0), 'version', h.stock_version)), '[]')
    from inventory.take_holds(spot.cart_id, spot.account_id, network, lacking.variants, lacking.quantities,
      (hold ->> 'hold_s')::integer, (hold -> 'caps') || jsonb_build_object('max_held_units', most)) h);
end $$;
drop function if exists checkout.hold_cart(checkout.checkouts, bytea, uuid[], integer[], jsonb);

-- A locked checkout with its cart: locked, held, and then read, at the prices of now. The cart is null once an order is on its
-- way. Answers {checkout, cart, price_list_id, stock}; `stock` as hold_cart does. json, not jsonb: the text goes out as it is made.
create or replace function checkout.with_cart(spot checkout.checkouts, network bytea, hold jsonb) returns json
language plpgsql as $$
declare
  terms record;
  units record;
  stock jsonb := '[]';
begin
  if spot.state in ('placing', 'confirmed', 'expired') then
    return json_build_object('checkout', checkout.as_json(spot), 'cart', null, 'price_list_id', null);
  end if;
  units := cart.lock_units(spot.cart_id);
  select t.price_list_id, t.max_held_units into strict terms from pricing.terms_of(spot.account_id) t;
  if units.variants is not null then
    stock := checkout.hold_cart(spot, network, units.variants, units.quantities, terms.max_held_units, hold);
  end if;
  return json_build_object('checkout', checkout.as_json(spot), 'price_list_id', terms.price_list_id, 'stock', stock,
    'rates_version', pricing.rates_version(), 'cart', cart.lock_for_checkout(spot.cart_id, terms.price_list_id));
end $$;
drop function if exists checkout.with_cart(checkout.checkouts);

-- These answered jsonb before.
drop function if exists checkout.open(uuid, uuid, bytea, bytea, integer, jsonb);
drop function if exists checkout.lock(uuid, uuid, bytea);

-- Open (or find) the checkout of an owner's cart and hold what is in it. Answers as with_cart does.
create function checkout.open(
  new_id uuid, in_account uuid, in_guest bytea, network bytea, live_s integer, hold jsonb
) returns json
language plpgsql as $$
declare
  spot checkout.checkouts := checkout.lock_or_make(new_id, in_account, in_guest, live_s);
begin
  return checkout.with_cart(spot, network, hold);
end $$;

-- A checkout locked for its owner, with its cart, all of it held; null for anybody else.
create or replace function checkout.lock(
  of_checkout uuid, in_account uuid, in_guest bytea, network bytea, hold jsonb
) returns json
language plpgsql as $$
declare
  spot checkout.checkouts;
begin
  select * into spot from checkout.checkouts c where c.id = of_checkout and checkout.is_owned(c, in_account, in_guest)
  for update;
  return case when found then checkout.with_cart(spot, network, hold) end;
end $$;

-- A checkout as its owner sees it; null for anybody else.
create or replace function checkout.show(of_checkout uuid, in_account uuid, in_guest bytea) returns jsonb
language sql stable as $$
  select jsonb_build_object('checkout', checkout.as_json(c), 'cart', null, 'price_list_id', null)
  from checkout.checkouts c where c.id = of_checkout and checkout.is_owned(c, in_account, in_guest);
$$;

-- The owner's checkout that is not over, if there is one.
create or replace function checkout.find_live(in_account uuid, in_guest bytea) returns jsonb
language sql stable as $$
  select checkout.show(c.id, in_account, in_guest)
  from checkout.checkouts c
  where c.cart_id = cart.active_of(in_account, in_guest) and c.state not in ('confirmed', 'expired');
$$;

-- Write a step of a locked checkout: members of `changes` that are there, and the state it leads to. Answers the checkout.
create or replace function checkout.save(of_checkout uuid, changes jsonb, wanted text, live_s integer) returns jsonb
language plpgsql as $$
declare
  before text;
  spot checkout.checkouts;
begin
  select c.state into strict before from checkout.checkouts c where c.id = of_checkout;
  update checkout.checkouts c set
    contact = case when changes ? 'contact' then decode(changes ->> 'contact', 'hex') else c.contact end,
    address_check = coalesce(changes ->> 'address_check', c.address_check),
    shipping_method = case when changes ? 'shipping_method' then changes ->> 'shipping_method' else c.shipping_method end,
    payment_method = case when changes ? 'payment_method' then changes ->> 'payment_method' else c.payment_method end,
    payment_source = case
      when changes ? 'payment_source' then decode(changes ->> 'payment_source', 'hex') else c.payment_source end,
    quote = case when changes ? 'quote' then nullif(changes -> 'quote', 'null') else c.quote end,
    expires_at = clock_timestamp() + make_interval(secs => live_s),
    state = wanted, version = c.version + 1, updated_at = clock_timestamp()
  where c.id = of_checkout returning * into spot;
  if wanted <> before then
    perform checkout.note(of_checkout, before, wanted, null, null);
  end if;
  return jsonb_build_object('checkout', checkout.as_json(spot), 'cart', null, 'price_list_id', null);
end $$;
drop function if exists checkout.save(uuid, jsonb, text[], integer);

-- End checkouts that nobody went on with, a batch at a time. Answers how many.
create or replace function checkout.expire(batch integer) returns integer
language plpgsql as $$
declare
  ripe uuid;
  ended integer := 0;
begin
  for ripe in
    select c.id from checkout.checkouts c
    where c.state in ('shipping', 'payment', 'review') and c.expires_at <= clock_timestamp()
    order by c.expires_at limit batch for update skip locked
  loop
    perform checkout.move(ripe, 'expired', null, 'ABANDONED');
    update checkout.checkouts c set contact = null, quote = null, payment_source = null, address_check = 'none'
    where c.id = ripe; -- nobody needs to know any more
    ended := ended + 1;
  end loop;
  return ended;
end $$;
