-- id: I3.shipped
-- means: A reservation resolves once: what was shipped left the stock ledger exactly once.
-- says: Of variant {variant_id} at location {location_id}, allocations say {shipped} shipped, but the ledger says {left_stock} left.
select variant_id, location_id, coalesce(a.sum, 0) as shipped, coalesce(l.sum, 0) as left_stock
from (
  select variant_id, location_id, sum(quantity) as sum
  from inventory.allocations where state = 'shipped' group by variant_id, location_id
) a
full join (
  select variant_id, location_id, -sum(delta) as sum
  from inventory.ledger where reason = 'shipment' group by variant_id, location_id
) l using (variant_id, location_id)
where coalesce(a.sum, 0) <> coalesce(l.sum, 0)
