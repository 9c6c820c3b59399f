-- id: I5.line
-- means: A line's total is its pieces at their price, less its discount, plus its tax.
-- says: Line {line_no} of order {order_id} ({sku}) says {total_minor}, but its parts add up to {computed_minor}.
select l.order_id, l.line_no, l.sku, l.total_minor,
  l.unit_minor * l.quantity - l.discount_minor + l.tax_minor as computed_minor
from orders.lines l
where l.total_minor <> l.unit_minor * l.quantity - l.discount_minor + l.tax_minor
