-- Placing an order: each function is one unit of work of the flow, repeatable, and begins by locking the checkout.
-- Locks are taken in the one order: checkout, cart, stock, holds, then order and payment.

-- What is left of variants: [{variant_id, available, version}].
create or replace function checkout.levels_of(variants uuid[]) returns jsonb
language sql stable as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'variant_id', a.variant_id, 'available', greatest(a.available, 0), 'version', a.version)), '[]')
  from inventory.availability a where a.variant_id = any (variants);
$$;

-- What a flow needs to go on with an order.
create or replace function checkout.work_of(for_order uuid) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'order', orders.brief(for_order), 'payment', payments.work_for_order(for_order),
    'stock', (select checkout.levels_of(u.variants) from orders.units_of(for_order) u),
    'checkout', (
      select jsonb_build_object('id', c.id, 'cart_id', c.cart_id, 'state', c.state, 'version', c.version,
        'account_id', c.account_id, 'failure', c.failure)
      from checkout.checkouts c where c.id = (select orders.brief(for_order) ->> 'checkout_id')::uuid));
$$;

-- What an order that came to nothing is shortest of, as a refusal names it: {variant_id, requested, available}.
create or replace function checkout.shortage(for_order uuid) returns jsonb
language sql stable as $$
  select jsonb_build_object('variant_id', w.v, 'requested', w.q, 'available', least(w.q, greatest(s.available, 0)))
  from orders.units_of(for_order) u
  cross join lateral unnest(u.variants, u.quantities) as w (v, q)
  join checkout.checkouts c on c.id = (select orders.brief(for_order) ->> 'checkout_id')::uuid
  join inventory.left_for(c.cart_id, u.variants) s on s.variant_id = w.v
  order by s.available - w.q, w.v limit 1;
$$;

-- Lock the checkout of an order, then its cart.
create or replace function checkout.lock_for_order(for_order uuid) returns checkout.checkouts
language plpgsql as $$
declare
  spot checkout.checkouts;
begin
  select * into strict spot from checkout.checkouts c
  where c.id = (select orders.brief(for_order) ->> 'checkout_id')::uuid for update;
  perform cart.lock_units(spot.cart_id);
  return spot;
end $$;

-- The last step: the order is confirmed, exactly what was bought leaves the cart, the holds go back to their own time.
-- Answers the cart's new version.
create or replace function checkout.finish(spot checkout.checkouts, for_order uuid, actor text) returns bigint
language plpgsql as $$
declare
  units record := orders.units_of(for_order);
  cart_version bigint;
begin
  cart_version := cart.remove_bought(spot.cart_id, units.variants, units.quantities);
  perform inventory.end_placing(spot.cart_id);
  perform orders.confirm(for_order, actor);
  perform checkout.move(spot.id, 'confirmed', for_order, null);
  return cart_version;
end $$;

-- The same for whoever may come second: null when there was nothing to finish.
create or replace function checkout.finish_once(spot checkout.checkouts, for_order uuid, actor text) returns bigint
language plpgsql as $$
begin
  if orders.brief(for_order) ->> 'status' <> 'PENDING' or spot.state <> 'placing' then
    return null;
  end if;
  return checkout.finish(spot, for_order, actor);
end $$;

-- Turn holds into the order's own units. Refuses INSUFFICIENT_INVENTORY, also where the order would get a promise in place of
-- what was there, or for a later day, than the buyer agreed to.
create or replace function checkout.claim(spot checkout.checkouts, for_order uuid, destination jsonb) returns void
language plpgsql as $$
declare
  units record := orders.units_of(for_order);
  promised record;
begin
  select array_agg(c.variant_id) as variants, array_agg(c.backordered) as quantities, array_agg(c.promised_on) as days
  into promised from inventory.claim_holds(spot.cart_id, for_order, destination, units.variants, units.quantities) c;
  perform orders.keep_promises(for_order, promised.variants, promised.quantities, promised.days);
end $$;

-- Order, lines, payment intent and the checkout's move, of a checkout and cart that are locked and held. A payment that needs
-- no call to the outside (`direct`) is settled, its stock claimed and the order confirmed in the same transaction; otherwise
-- every unit is kept past the payment's timeout. `draft`: {checkout_id, direct, order, payment, placing_s}.
create or replace function checkout.begin_placing(draft jsonb, actor text) returns jsonb
language plpgsql as $$
declare
  spot checkout.checkouts;
  for_order uuid := (draft -> 'order' ->> 'id')::uuid;
  cart_version bigint;
begin
  select * into strict spot from checkout.checkouts c where c.id = (draft ->> 'checkout_id')::uuid for update;
  if (draft ->> 'direct')::boolean then
    perform inventory.lock_in_order(array[spot.cart_id], array(
      select (x ->> 'variant_id')::uuid from jsonb_array_elements(draft -> 'order' -> 'lines') x));
  end if;
  perform orders.create(draft -> 'order', actor);
  perform payments.open(draft -> 'payment', actor);
  if spot.payment_source is not null then -- it is the payment's now
    update checkout.checkouts c set payment_source = null where c.id = spot.id;
  end if;
  if (draft ->> 'direct')::boolean then
    perform checkout.claim(spot, for_order, jsonb_build_object(
      'country', draft -> 'order' ->> 'country', 'region', draft -> 'order' ->> 'region'));
    perform payments.settle((draft -> 'payment' ->> 'attempt_id')::uuid, 'succeeded', null, null, null, actor);
    cart_version := checkout.finish(spot, for_order, actor);
  else
    perform inventory.extend_holds(spot.cart_id, (draft ->> 'placing_s')::integer);
    perform checkout.move(spot.id, 'placing', for_order, null);
  end if;
  return checkout.work_of(for_order) || jsonb_build_object('cart_version', cart_version);
end $$;

-- A placing that was refused before an order came of it: kept in the history, and the checkout is back at review.
create or replace function checkout.record_refusal(
  of_checkout uuid, in_account uuid, in_guest bytea, in_reason text
) returns void
language plpgsql as $$
begin
  perform 1 from checkout.checkouts c
  where c.id = of_checkout and c.state = 'review' and checkout.is_owned(c, in_account, in_guest) for update;
  if found then
    perform checkout.move(of_checkout, 'failed', null, in_reason);
    perform checkout.move(of_checkout, 'review', null, in_reason);
  end if;
end $$;

-- The money is held: claim the stock, then intend the capture (`capture_id`), or be done if it is taken at delivery.
-- Refuses INSUFFICIENT_INVENTORY if the stock went to somebody else; then nothing of this happened.
create or replace function checkout.record_authorized(
  for_order uuid, attempt uuid, ref bytea, capture_id uuid, lease_s integer, actor text
) returns jsonb
language plpgsql as $$
declare
  spot checkout.checkouts := checkout.lock_for_order(for_order);
  brief jsonb := orders.brief(for_order);
  work jsonb;
  cart_version bigint;
begin
  if brief ->> 'status' = 'PENDING' then
    perform checkout.claim(spot, for_order, brief -> 'destination');
  end if;
  if not payments.settle(attempt, 'succeeded', ref, null, null, actor) then
    perform payments.void_late(attempt, ref, capture_id, lease_s, actor);
    return checkout.work_of(for_order);
  end if;
  work := payments.work_for_order(for_order);
  if brief ->> 'status' <> 'PENDING' then
    perform orders.return_payment(for_order, capture_id, lease_s, actor);
  elsif work ->> 'captures_on' = 'placement' then
    perform payments.begin((work ->> 'payment_id')::uuid, capture_id, 'capture', (work ->> 'amount_minor')::bigint,
      'capture:' || (work ->> 'payment_id'), lease_s, actor);
  else
    cart_version := checkout.finish_once(spot, for_order, actor);
  end if;
  return checkout.work_of(for_order) || jsonb_build_object('cart_version', cart_version);
end $$;

-- The money is taken: confirm.
create or replace function checkout.record_captured(for_order uuid, attempt uuid, ref bytea, actor text) returns jsonb
language plpgsql as $$
declare
  spot checkout.checkouts := checkout.lock_for_order(for_order);
  cart_version bigint;
begin
  perform inventory.lock_in_order(array[spot.cart_id], u.variants) from orders.units_of(for_order) u;
  perform payments.settle(attempt, 'succeeded', ref, null, null, actor);
  cart_version := checkout.finish_once(spot, for_order, actor);
  return checkout.work_of(for_order) || jsonb_build_object('cart_version', cart_version);
end $$;

-- Give an order's units back and hold what its cart wants by now: lines that grew keep what they hold, lines that are gone hold
-- nothing. No cap and no shortage may stop it: an order that cannot be given up would be stuck. Answers the variants concerned.
create or replace function checkout.hold_again(spot checkout.checkouts, for_order uuid, hold jsonb) returns uuid[]
language plpgsql as $$
declare
  wanted record := cart.lock_units(spot.cart_id);
  concerned uuid[] := (select u.variants from orders.units_of(for_order) u) || wanted.variants;
begin
  perform inventory.lock_in_order(array[spot.cart_id], concerned);
  perform inventory.release_allocations(for_order);
  if wanted.variants is not null then
    perform checkout.hold_cart(spot, null, wanted.variants, wanted.quantities, null,
      jsonb_set(hold, '{caps}', (hold -> 'caps') || '{"partial": true, "uncapped": true}'));
  end if;
  perform inventory.end_placing(spot.cart_id);
  return concerned;
end $$;

-- The order comes to nothing: record the outcome, give the stock back to the cart as holds, intend the void of what is held,
-- and lead the checkout back to payment, its failure on record. `hold`: {hold_s, caps}. `owes_void`: the provider would not void what
-- is given up, so that is intended like any other void.
drop function if exists checkout.give_up(uuid, uuid, text, bytea, text, uuid, integer, jsonb, text);
create or replace function checkout.give_up(
  for_order uuid, attempt uuid, outcome text, ref bytea, in_reason text, void_id uuid, lease_s integer, hold jsonb, actor text,
  owes_void boolean default false
) returns jsonb
language plpgsql as $$
declare
  spot checkout.checkouts := checkout.lock_for_order(for_order);
  concerned uuid[] := '{}';
begin
  if orders.brief(for_order) ->> 'status' = 'PENDING' then
    concerned := checkout.hold_again(spot, for_order, hold);
  end if;
  perform payments.settle(attempt, outcome, ref, in_reason, null, actor);
  if owes_void then
    perform payments.void_late(attempt, ref, void_id, lease_s, actor);
  end if;
  if orders.fail(for_order, in_reason, actor) = 'FAILED' then
    perform orders.return_payment(for_order, void_id, lease_s, actor);
  end if;
  if spot.state = 'placing' and spot.order_id = for_order then
    perform checkout.move(spot.id, 'failed', for_order, in_reason);
    perform checkout.move(spot.id, 'payment', for_order, in_reason);
  end if;
  return checkout.work_of(for_order) || jsonb_build_object('stock', checkout.levels_of(concerned));
end $$;

-- Take up an order's open call that nobody is on, and keep its holds meanwhile. Answers the work; its attempt says `mine`.
create or replace function checkout.resume(for_order uuid, lease_s integer, placing_s integer) returns jsonb
language plpgsql as $$
declare
  open_attempt uuid := (payments.work_for_order(for_order) -> 'attempt' ->> 'id')::uuid;
  work jsonb;
  mine boolean := false;
begin
  perform 1 from checkout.checkouts c where c.id = (select orders.brief(for_order) ->> 'checkout_id')::uuid for update;
  if open_attempt is not null then
    mine := payments.lease(open_attempt, lease_s) is not null;
  end if;
  work := checkout.work_of(for_order);
  if mine and work -> 'checkout' ->> 'state' = 'placing' then
    perform inventory.extend_holds((work -> 'checkout' ->> 'cart_id')::uuid, placing_s);
  end if;
  return work || jsonb_build_object('mine', mine);
end $$;

-- An authorization that ends before long: intend the capture if its order stands, the void if the order came to nothing. The work's
-- attempt is another one if somebody else is on it, and none if that was refused before.
create or replace function checkout.end_authorization(for_order uuid, attempt_id uuid, lease_s integer) returns jsonb
language plpgsql as $$
declare
  work jsonb;
begin
  perform 1 from checkout.checkouts c where c.id = (select orders.brief(for_order) ->> 'checkout_id')::uuid for update;
  work := payments.work_for_order(for_order);
  if work ->> 'status' <> 'AUTHORIZED' or jsonb_typeof(work -> 'attempt') = 'object' then
    return checkout.work_of(for_order);
  end if;
  if orders.brief(for_order) ->> 'status' in ('FAILED', 'CANCELLED') then
    perform orders.return_payment(for_order, attempt_id, lease_s, 'system');
  elsif orders.brief(for_order) ->> 'status' <> 'PENDING' then
    perform payments.begin((work ->> 'payment_id')::uuid, attempt_id, 'capture', (work ->> 'amount_minor')::bigint,
      'capture:' || (work ->> 'payment_id'), lease_s, 'system');
  end if;
  return checkout.work_of(for_order);
end $$;
