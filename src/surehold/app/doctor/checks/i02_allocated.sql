-- id: I2.allocated
-- means: What a location has allocated is exactly what open orders were allocated there.
-- says: Location {location_id} has {allocated} of variant {variant_id} allocated, but open orders were allocated {open} there.
select variant_id, location_id, coalesce(s.allocated, 0) as allocated, coalesce(a.sum, 0) as open
from inventory.stock_levels s
full join (
  select variant_id, location_id, sum(quantity) as sum
  from inventory.allocations where state = 'open' group by variant_id, location_id
) a using (variant_id, location_id)
where coalesce(s.allocated, 0) <> coalesce(a.sum, 0)
