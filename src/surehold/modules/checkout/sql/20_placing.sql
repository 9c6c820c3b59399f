-- Placing an order: each function is one unit of work of the flow, repeatable, and begins by locking the checkout.
-- Locks are taken in the one order: checkout, cart, stock, holds, then order and payment.

-- What a flow needs to go on with an order.
create or replace function checkout.work_of(for_order uuid) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'order', orders.brief(for_order), 'payment', payments.work_for_order(for_order),
    'variants', coalesce((select to_jsonb(u.variants) from orders.units_of(for_order) u), '[]'),
    'checkout', (
      select jsonb_build_object('id', c.id, 'cart_id', c.cart_id, 'state', c.state, 'version', c.version,
        'account_id', c.account_id, 'failure', c.failure)
      from checkout.checkouts c where c.id = (orders.brief(for_order) ->> 'checkout_id')::uuid));
$$;

-- What an order that came to nothing is shortest of, as a refusal names it: {variant_id, requested, available}.
create or replace function checkout.shortage(for_order uuid) returns jsonb
language sql stable as $$
  select jsonb_build_object('variant_id', w.v, 'requested', w.q, 'available', least(w.q, greatest(s.available, 0)))
  from orders.units_of(for_order) u
  cross join lateral unnest(u.variants, u.quantities) as w (v, q)
  join checkout.checkouts c on c.id = (orders.brief(for_order) ->> 'checkout_id')::uuid
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
  where c.id = (orders.brief(for_order) ->> 'checkout_id')::uuid for update;
  perform cart.lock_for_checkout(spot.cart_id, null);
  return spot;
end $$;

-- The last step: the order is confirmed, exactly what was bought leaves the cart, the holds go back to their own time.
-- Answers the cart's new version, or null when there was nothing to finish.
create or replace function checkout.finish(spot checkout.checkouts, for_order uuid, actor text) returns bigint
language plpgsql as $$
declare
  units record;
  cart_version bigint;
begin
  if orders.brief(for_order) ->> 'status' <> 'PENDING' or spot.state <> 'placing' then
    return null;
  end if;
  units := orders.units_of(for_order);
  cart_version := cart.remove_bought(spot.cart_id, units.variants, units.quantities);
  perform inventory.end_placing(spot.cart_id);
  perform orders.confirm(for_order, actor);
  perform checkout.move(spot.id, 'confirmed', for_order, null);
  return cart_version;
end $$;

-- Order, lines, payment intent and the checkout's move, of a checkout and cart that are locked. A payment that needs no call
-- to the outside (`direct`) is settled, its stock claimed and the order confirmed in the same transaction; otherwise every
-- unit is held past the payment's timeout. `draft`: {checkout_id, direct, order, payment, network, hold, placing_s}.
create or replace function checkout.begin_placing(draft jsonb, actor text) returns jsonb
language plpgsql as $$
declare
  spot checkout.checkouts;
  for_order uuid := (draft -> 'order' ->> 'id')::uuid;
  direct boolean := (draft ->> 'direct')::boolean;
  wanted record;
  cart_version bigint;
begin
  select * into strict spot from checkout.checkouts c where c.id = (draft ->> 'checkout_id')::uuid for update;
  select array_agg((l ->> 'variant_id')::uuid) as variants, array_agg((l ->> 'quantity')::integer) as quantities
  into wanted from jsonb_array_elements(draft -> 'order' -> 'lines') l;
  if direct then
    perform inventory.claim_holds(spot.cart_id, for_order,
      jsonb_build_object('country', draft -> 'order' ->> 'country', 'region', draft -> 'order' ->> 'region'),
      wanted.variants, wanted.quantities);
  else
    perform checkout.hold_cart(spot, decode(draft ->> 'network', 'hex'), wanted.variants, wanted.quantities, draft -> 'hold');
    perform inventory.extend_holds(spot.cart_id, (draft ->> 'placing_s')::integer);
  end if;
  perform orders.create(draft -> 'order', actor);
  perform payments.open(draft -> 'payment', actor);
  update checkout.checkouts c set order_id = for_order where c.id = spot.id;
  perform checkout.move(spot.id, 'placing', for_order, null);
  if direct then
    perform payments.settle((draft -> 'payment' ->> 'attempt_id')::uuid, 'succeeded', null, null, null, actor);
    spot.state := 'placing';
    cart_version := checkout.finish(spot, for_order, actor);
  end if;
  return checkout.work_of(for_order) || jsonb_build_object('cart_version', cart_version);
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
  units record;
  cart_version bigint;
begin
  if brief ->> 'status' = 'PENDING' then
    units := orders.units_of(for_order);
    perform inventory.claim_holds(spot.cart_id, for_order, brief -> 'destination', units.variants, units.quantities);
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
    cart_version := checkout.finish(spot, for_order, actor);
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
  perform payments.settle(attempt, 'succeeded', ref, null, null, actor);
  cart_version := checkout.finish(spot, for_order, actor);
  return checkout.work_of(for_order) || jsonb_build_object('cart_version', cart_version);
end $$;

-- The order comes to nothing: record the outcome, give the stock back to the cart as holds, intend the void of what is held,
-- and lead the checkout back to payment, its failure on record. `hold`: {hold_s, caps}.
create or replace function checkout.give_up(
  for_order uuid, attempt uuid, outcome text, ref bytea, in_reason text, void_id uuid, lease_s integer, hold jsonb, actor text
) returns jsonb
language plpgsql as $$
declare
  spot checkout.checkouts := checkout.lock_for_order(for_order);
  units record;
begin
  if orders.brief(for_order) ->> 'status' = 'PENDING' then
    units := orders.units_of(for_order);
    if exists (select 1 from inventory.release_allocations(for_order)) then
      perform checkout.hold_cart(spot, null, units.variants, units.quantities,
        jsonb_set(hold, '{caps,partial}', 'true'));
    end if;
    perform inventory.end_placing(spot.cart_id);
  end if;
  perform payments.settle(attempt, outcome, ref, in_reason, null, actor);
  if orders.fail(for_order, in_reason, actor) = 'FAILED' then
    perform orders.return_payment(for_order, void_id, lease_s, actor);
  end if;
  if spot.state = 'placing' and spot.order_id = for_order then
    perform checkout.move(spot.id, 'failed', for_order, in_reason);
    perform checkout.move(spot.id, 'payment', for_order, in_reason);
  end if;
  return checkout.work_of(for_order);
end $$;

-- Take up an order's open call that nobody is on, and keep its holds meanwhile. Answers the work; its attempt says `mine`.
create or replace function checkout.resume(for_order uuid, lease_s integer, placing_s integer) returns jsonb
language plpgsql as $$
declare
  open_attempt uuid := (payments.work_for_order(for_order) -> 'attempt' ->> 'id')::uuid;
  work jsonb;
  mine boolean := false;
begin
  perform 1 from checkout.checkouts c where c.id = (orders.brief(for_order) ->> 'checkout_id')::uuid for update;
  if open_attempt is not null then
    mine := payments.lease(open_attempt, lease_s) is not null;
  end if;
  work := checkout.work_of(for_order);
  if mine and work -> 'checkout' ->> 'state' = 'placing' then
    perform inventory.extend_holds((work -> 'checkout' ->> 'cart_id')::uuid, placing_s);
  end if;
  return work || jsonb_build_object('mine', mine);
end $$;
