-- Every hold has units, so this index has all of them; but only who says `quantity > 0` looks through it. Without that the planner may
-- take it for a look-up by cart and variant (it does while there are few holds), and read every hold of a variant that many want.

-- squawk-ignore require-concurrent-index-deletion
drop index inventory.holds_by_variant;
-- squawk-ignore require-concurrent-index-creation
create index holds_by_variant on inventory.holds (variant_id, network) where quantity > 0;
