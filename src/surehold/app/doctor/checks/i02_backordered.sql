-- id: I2.backordered
-- means: What is promised beyond the stock is exactly what open backorders say.
-- says: Variant {variant_id} has {backordered} backordered, but its open backorders add up to {open}.
select s.variant_id, s.backordered, coalesce(b.sum, 0) as open
from inventory.stock s
left join (
  select variant_id, sum(quantity) as sum from inventory.backorders where state = 'open' group by variant_id
) b using (variant_id)
where s.backordered <> coalesce(b.sum, 0)
