-- The state of an order as its lines and facts have it. The only place that knows; `orders.write_status` the only writer.
create or replace function orders.computed_status(in_order orders.orders) returns text
language sql stable as $$
  select case
    when in_order.failed_at is not null then 'FAILED'
    when in_order.refunded_at is not null then 'REFUNDED'
    when sum(l.cancelled) = sum(l.quantity) then 'CANCELLED'
    when in_order.confirmed_at is null then 'PENDING'
    when sum(l.shipped) = 0 then 'CONFIRMED'
    when sum(l.shipped + l.cancelled) < sum(l.quantity) then 'PARTIALLY_SHIPPED'
    when sum(l.delivered + l.cancelled) < sum(l.quantity) then 'SHIPPED'
    else 'DELIVERED'
  end
  from orders.lines l where l.order_id = in_order.id;
$$;

-- What an order's events tell: ids and a snapshot, nothing personal.
create or replace function orders.facts_of(in_order orders.orders, from_status text, in_reason text) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'order_id', in_order.id, 'number', in_order.number, 'checkout_id', in_order.checkout_id,
    'account_id', in_order.account_id, 'status', in_order.status, 'from_status', from_status, 'reason', in_reason,
    'currency', in_order.currency, 'total_minor', in_order.total_minor,
    'lines', (
      select jsonb_agg(jsonb_build_object('variant_id', l.variant_id, 'product_id', l.product_id, 'sku', l.sku,
        'title', l.title, 'quantity', l.quantity, 'unit_minor', l.unit_minor, 'total_minor', l.total_minor)
        order by l.line_no)
      from orders.lines l where l.order_id = in_order.id));
$$;

-- A row of history, its event and its audit row, for the status an order has now.
create or replace function orders.tell(in_order orders.orders, from_status text, in_reason text, actor text) returns void
language plpgsql as $$
begin
  insert into orders.history (order_id, seq, from_status, to_status, reason, actor)
  values (in_order.id, in_order.seq, from_status, in_order.status, in_reason, actor);
  perform platform.emit(
    case in_order.status when 'PENDING' then 'orders.order_placed.v1'
      else 'orders.order_' || lower(in_order.status) || '.v1' end,
    'order', in_order.id, in_order.seq, orders.facts_of(in_order, from_status, in_reason));
  perform audit.record(actor, case in_order.status when 'PENDING' then 'orders.order_placed'
      else 'orders.order_' || lower(in_order.status) end, 'order', in_order.id,
    jsonb_build_object('seq', in_order.seq, 'from', from_status, 'reason', in_reason, 'total_minor', in_order.total_minor));
end $$;

-- Bring the status to what lines and facts say; the caller changed lines in this transaction, or names the fact that became
-- true: `confirmed` or `failed`, which only a PENDING order can become. Answers the status.
create or replace function orders.write_status(of_order uuid, fact text, in_reason text, actor text) returns text
language plpgsql as $$
declare
  current orders.orders;
  before text;
begin
  select * into strict current from orders.orders o where o.id = of_order for update;
  before := current.status;
  if fact = 'confirmed' and before = 'PENDING' then
    current.confirmed_at := clock_timestamp();
  elsif fact = 'failed' and before = 'PENDING' then
    current.failed_at := clock_timestamp();
  end if;
  current.status := orders.computed_status(current);
  if current.status = before then
    return before;
  end if;
  update orders.orders o set
    status = current.status, confirmed_at = current.confirmed_at, failed_at = current.failed_at,
    seq = o.seq + 1, updated_at = clock_timestamp()
  where o.id = of_order returning * into current;
  perform orders.tell(current, before, in_reason, actor);
  return current.status;
end $$;

-- The same after a change of lines. Published.
create or replace function orders.write_status(of_order uuid, in_reason text, actor text) returns text
language sql as $$
  select orders.write_status(of_order, null, in_reason, actor);
$$;

drop function if exists orders.create(jsonb, text); -- knows by now whether it is confirmed

-- A new order in PENDING, from a draft whose sums the tables check again. `is_confirmed`: it will be within this transaction, so the
-- row is written once as it will be, and `tell_confirmed` follows when everything is in hand. Published.
create or replace function orders.create(draft jsonb, actor text, is_confirmed boolean) returns void
language plpgsql as $$
declare
  created orders.orders;
begin
  insert into orders.orders (id, number, checkout_id, account_id, guest_hash, access_hash, status, seq, currency,
    subtotal_minor, discount_minor, shipping_minor, shipping_tax_minor, tax_minor, total_minor, shipping_method,
    country, region, contact, email_index, promised, price_list_id, confirmed_at)
  select d.id, (
      select n from jsonb_array_elements_text(draft -> 'numbers') with ordinality as c (n, position)
      where (select o.id from orders.orders o where o.number = n) is null  -- a look-up each, never a join with all orders
      order by position limit 1),
    d.checkout_id, d.account_id, decode(draft ->> 'guest_hash', 'hex'), decode(draft ->> 'access_hash', 'hex'),
    case when is_confirmed then 'CONFIRMED' else 'PENDING' end, case when is_confirmed then 2 else 1 end,
    d.currency, d.subtotal_minor, d.discount_minor, d.shipping_minor, d.shipping_tax_minor, d.tax_minor, d.total_minor,
    d.shipping_method, d.country, d.region, decode(draft ->> 'contact', 'hex'), decode(draft ->> 'email_index', 'hex'),
    d.promised, d.price_list_id, case when is_confirmed then clock_timestamp() end
  from jsonb_to_record(draft) as d (id uuid, checkout_id uuid, account_id uuid, currency text, subtotal_minor bigint,
    discount_minor bigint, shipping_minor bigint, shipping_tax_minor bigint, tax_minor bigint, total_minor bigint,
    shipping_method text, country text, region text, promised jsonb, price_list_id uuid)
  returning * into created;
  insert into orders.lines (order_id, line_no, variant_id, product_id, sku, title, variant_title, picture, tax_category,
    weight_grams, quantity, unit_minor, discount_minor, tax_minor, total_minor, backordered, promised_on)
  select created.id, l.line_no, l.variant_id, l.product_id, l.sku, l.title, l.variant_title, l.picture, l.tax_category,
    l.weight_grams, l.quantity, l.unit_minor, l.discount_minor, l.tax_minor, l.total_minor, l.backordered, l.promised_on
  from jsonb_to_recordset(draft -> 'lines') as l (line_no integer, variant_id uuid, product_id uuid, sku text, title text,
    variant_title text, picture text, tax_category text, weight_grams integer, quantity integer, unit_minor bigint,
    discount_minor bigint, tax_minor bigint, total_minor bigint, backordered integer, promised_on date);
  created.status := 'PENDING';
  created.seq := 1;
  perform orders.tell(created, null, null, actor);
end $$;

-- What `create` wrote as confirmed is so: its payment is in hand and its stock is its own. Published.
create or replace function orders.tell_confirmed(of_order uuid, actor text) returns void
language plpgsql as $$
declare
  confirmed orders.orders;
begin
  select * into strict confirmed from orders.orders o where o.id = of_order;
  perform orders.tell(confirmed, 'PENDING', null, actor);
end $$;

-- Hold an order's claim against what the buyer agreed to: units that its lines have as promised beyond what is there, and until
-- when. Less is written down; more, or later, is refused as INSUFFICIENT_INVENTORY {variant_id, requested, available}. Published.
create or replace function orders.keep_promises(of_order uuid, variants uuid[], quantities integer[], days date[]) returns void
language plpgsql as $$
declare
  worse record;
begin
  select l.variant_id, l.quantity, c.q into worse
  from unnest(variants, quantities, days) as c (v, q, d)
  join orders.lines l on l.order_id = of_order and l.variant_id = c.v
  where c.q > l.backordered or c.d > l.promised_on order by l.variant_id limit 1;
  if found then
    perform platform.refuse('INSUFFICIENT_INVENTORY', jsonb_build_object(
      'variant_id', worse.variant_id, 'requested', worse.quantity, 'available', worse.quantity - worse.q));
  end if;
  update orders.lines l set
    backordered = coalesce((select c.q from unnest(variants, quantities) as c (v, q) where c.v = l.variant_id), 0),
    promised_on = (select c.d from unnest(variants, days) as c (v, d) where c.v = l.variant_id)
  where l.order_id = of_order and l.backordered > 0;
end $$;

-- The order's payment is in hand and its stock is its own. Published.
create or replace function orders.confirm(of_order uuid, actor text) returns text
language sql as $$
  select orders.write_status(of_order, 'confirmed', null, actor);
$$;

-- The order came to nothing: declined, or its stock went to somebody else. Published.
create or replace function orders.fail(of_order uuid, in_reason text, actor text) returns text
language sql as $$
  select orders.write_status(of_order, 'failed', in_reason, actor);
$$;

-- Cancel an order that has not shipped: stock back at once, payment to be voided or refunded. Repeating it changes nothing.
-- Stock rows are locked before the order (the one order of locks), so what is refused undoes the release with it.
-- Refuses ORDER_IN_PROGRESS while it is being placed, ORDER_NOT_CANCELLABLE after that. Answers {status, variants}. Published.
create or replace function orders.cancel(of_order uuid, in_reason text, attempt_id uuid, lease_s integer, actor text)
returns jsonb
language plpgsql as $$
declare
  released uuid[];
  current orders.orders;
begin
  select array_agg(v) into released from inventory.release_allocations(of_order) v;
  select * into current from orders.orders o where o.id = of_order for update;
  if current.status = 'CANCELLED' then
    return jsonb_build_object('status', current.status, 'variants', '[]'::jsonb, 'seq', current.seq);
  elsif current.status = 'PENDING' then
    perform platform.refuse('ORDER_IN_PROGRESS', '{}');
  elsif current.status <> 'CONFIRMED' then
    perform platform.refuse('ORDER_NOT_CANCELLABLE', jsonb_build_object('status', current.status));
  end if;
  update orders.lines l set cancelled = l.quantity where l.order_id = of_order;
  perform orders.write_status(of_order, in_reason, actor);
  perform orders.return_payment(of_order, attempt_id, lease_s, actor);
  return jsonb_build_object('status', 'CANCELLED', 'variants', to_jsonb(coalesce(released, '{}')), 'seq', current.seq + 1);
end $$;

-- Record the intent to void what is held, or to refund what was taken.
create or replace function orders.return_payment(of_order uuid, attempt_id uuid, lease_s integer, actor text) returns void
language plpgsql as $$
declare
  work jsonb := payments.work_for_order(of_order);
  payment uuid := (work ->> 'payment_id')::uuid;
  open_minor bigint := (work ->> 'captured_minor')::bigint - (work ->> 'refunded_minor')::bigint;
begin
  if work ->> 'status' = 'AUTHORIZED' then
    perform payments.begin(payment, attempt_id, 'void', (work ->> 'amount_minor')::bigint, 'void:' || payment, lease_s, actor);
  elsif work ->> 'status' in ('SUCCESS', 'PARTIALLY_REFUNDED') and open_minor > 0 then
    perform payments.begin(payment, attempt_id, 'refund', open_minor, 'refund:cancel:' || payment, lease_s, actor);
  end if;
end $$;

-- What a flow needs to go on with an order. Published.
create or replace function orders.brief(of_order uuid) returns jsonb
language sql stable as $$
  select jsonb_build_object('order_id', o.id, 'number', o.number, 'status', o.status, 'seq', o.seq,
    'checkout_id', o.checkout_id, 'currency', o.currency, 'total_minor', o.total_minor,
    'destination', jsonb_build_object('country', o.country, 'region', o.region))
  from orders.orders o where o.id = of_order;
$$;

-- The units an order is of, by variant. Published.
create or replace function orders.units_of(of_order uuid, out variants uuid[], out quantities integer[])
language sql stable as $$
  select array_agg(l.variant_id order by l.variant_id), array_agg(l.quantity order by l.variant_id)
  from orders.lines l where l.order_id = of_order;
$$;
