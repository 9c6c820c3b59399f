-- id: I5.order
-- means: An order's total is the sum of its lines, shipping and tax, to the last minor unit.
-- says: Order {number} says total {total_minor}, but its lines and shipping add up to {computed_minor}.
select o.id as order_id, o.number, o.total_minor,
  coalesce(l.total, 0) + o.shipping_minor + o.shipping_tax_minor as computed_minor
from orders.orders o
left join (
  select order_id, sum(total_minor) as total, sum(unit_minor * quantity) as gross, sum(discount_minor) as discount,
    sum(tax_minor) as tax
  from orders.lines group by order_id
) l on l.order_id = o.id
where o.total_minor <> coalesce(l.total, 0) + o.shipping_minor + o.shipping_tax_minor
  or o.subtotal_minor <> coalesce(l.gross, 0)
  or o.discount_minor <> coalesce(l.discount, 0)
  or o.tax_minor <> coalesce(l.tax, 0) + o.shipping_tax_minor
  or o.total_minor <> o.subtotal_minor - o.discount_minor + o.shipping_minor + o.tax_minor
