-- id: I1.levels
-- means: Every unit at a location is explained by the stock ledger of that location.
-- says: Variant {variant_id} has {on_hand} at location {location_id}, but the ledger there adds up to {ledger}.
select variant_id, location_id, coalesce(s.on_hand, 0) as on_hand, coalesce(l.sum, 0) as ledger
from inventory.stock_levels s
full join (
  select variant_id, location_id, sum(delta) as sum from inventory.ledger group by variant_id, location_id
) l using (variant_id, location_id)
where coalesce(s.on_hand, 0) <> coalesce(l.sum, 0)
