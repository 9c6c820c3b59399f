-- An order with everything that belongs to it, in one statement. Who may see it is the service's to say.
create or replace function orders.document(of_order uuid) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'id', o.id, 'number', o.number, 'status', o.status, 'seq', o.seq, 'checkout_id', o.checkout_id,
    'account_id', o.account_id, 'guest_hash', encode(o.guest_hash, 'hex'), 'access_hash', encode(o.access_hash, 'hex'),
    'currency', o.currency, 'subtotal_minor', o.subtotal_minor, 'discount_minor', o.discount_minor,
    'shipping_minor', o.shipping_minor, 'tax_minor', o.tax_minor, 'total_minor', o.total_minor,
    'shipping_method', o.shipping_method, 'contact', encode(o.contact, 'hex'), 'placed_at', o.placed_at,
    'promised', o.promised,
    'payment', (select to_jsonb(p) - 'order_id' from payments.statuses_of(array[o.id]) p),
    'lines', (
      select jsonb_agg(to_jsonb(l) - 'order_id' - 'line_no' order by l.line_no)
      from orders.lines l where l.order_id = o.id),
    'history', (
      select jsonb_agg(jsonb_build_object('seq', h.seq, 'from_status', h.from_status, 'to_status', h.to_status,
        'at', h.at, 'reason', h.reason) order by h.seq)
      from orders.history h where h.order_id = o.id))
  from orders.orders o where o.id = of_order;
$$;

-- Rows of a list, in the order of their ids given.
create or replace function orders.rows_of(ids uuid[]) returns jsonb
language sql stable as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', o.id, 'number', o.number, 'status', o.status, 'seq', o.seq, 'currency', o.currency,
    'total_minor', o.total_minor, 'placed_at', o.placed_at, 'units', l.units, 'titles', l.titles,
    'payment', to_jsonb(p) - 'order_id') order by i.position), '[]')
  from unnest(ids) with ordinality as i (id, position)
  join orders.orders o on o.id = i.id
  left join payments.statuses_of(ids) p on p.order_id = o.id
  cross join lateral (
    select sum(x.quantity) as units, coalesce((array_agg(x.title order by x.line_no))[1:3], '{}') as titles
    from orders.lines x where x.order_id = o.id) l;
$$;
