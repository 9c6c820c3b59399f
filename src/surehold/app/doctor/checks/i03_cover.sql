-- id: I3.cover
-- means: A confirmed order has the units it was sold: allocated, or promised by a backorder.
-- says: Order {number} was sold {wanted} of {sku} that have not left yet, but has {kept} allocated or promised.
select o.id as order_id, o.number, l.sku, l.variant_id,
  l.quantity - l.cancelled - l.shipped as wanted, coalesce(a.sum, 0) + coalesce(b.sum, 0) as kept
from orders.orders o
join orders.lines l on l.order_id = o.id
left join lateral (
  select sum(x.quantity) as sum from inventory.allocations x
  where x.order_id = o.id and x.variant_id = l.variant_id and x.state = 'open'
) a on true
left join lateral (
  select sum(x.quantity) as sum from inventory.backorders x
  where x.order_id = o.id and x.variant_id = l.variant_id and x.state = 'open'
) b on true
where o.status in ('CONFIRMED', 'PARTIALLY_SHIPPED')
  and l.quantity - l.cancelled - l.shipped <> coalesce(a.sum, 0) + coalesce(b.sum, 0)
