-- id: I2.reserved
-- means: What is reserved is exactly what carts hold and open orders were allocated.
-- says: Variant {variant_id} has {reserved} reserved, but {held} are held by carts and {allocated} allocated to orders.
select s.variant_id, s.reserved, coalesce(h.sum, 0) as held, coalesce(a.sum, 0) as allocated
from inventory.stock s
left join (select variant_id, sum(quantity) as sum from inventory.holds group by variant_id) h using (variant_id)
left join (
  select variant_id, sum(quantity) as sum from inventory.allocations where state = 'open' group by variant_id
) a using (variant_id)
where s.reserved <> coalesce(h.sum, 0) + coalesce(a.sum, 0)
