-- id: I3.owner
-- means: Stock belongs to orders that still want it: none that failed, was cancelled, or never existed keeps any.
-- says: Order {order_id} ({status}) still keeps {quantity} of variant {variant_id}.
select k.order_id, coalesce(o.status, 'unknown') as status, k.quantity, k.variant_id
from (
  select order_id, variant_id, quantity from inventory.allocations where state = 'open'
  union all
  select order_id, variant_id, quantity from inventory.backorders where state = 'open' and order_id is not null
) k
left join orders.orders o on o.id = k.order_id
where o.id is null or o.status in ('FAILED', 'CANCELLED', 'REFUNDED')
