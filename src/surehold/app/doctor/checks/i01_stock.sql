-- id: I1.stock
-- means: Every unit on hand is explained by the stock ledger.
-- says: Variant {variant_id} has {on_hand} on hand, but its ledger adds up to {ledger}.
select variant_id, coalesce(s.on_hand, 0) as on_hand, coalesce(l.sum, 0) as ledger
from inventory.stock s
full join (select variant_id, sum(delta) as sum from inventory.ledger group by variant_id) l using (variant_id)
where coalesce(s.on_hand, 0) <> coalesce(l.sum, 0)
