-- What can be promised of each variant, for whoever shows it. Published to other modules.
create or replace view inventory.availability as
select
  s.variant_id,
  s.on_hand,
  s.reserved,
  s.on_hand - s.reserved as available,
  s.backorder_limit - s.backordered as backorder_left,
  s.backorder_promised_on as promised_on,
  s.low_stock_threshold,
  s.version
from inventory.stock s;

-- When a hold ends: renewed with its cart, never beyond its own latest moment, but always to the end of a placing.
create or replace view inventory.hold_ends as
select
  h.cart_id,
  h.variant_id,
  h.quantity,
  greatest(least(o.held_until, h.latest_until), coalesce(o.placing_until, '-infinity')) as expires_at
from inventory.holds h
join inventory.holders o on o.cart_id = h.cart_id;

-- What carts were promised beyond what is there. Published.
create or replace view inventory.cart_backorders as
select b.cart_id, b.variant_id, b.quantity, b.promised_on from inventory.backorders b where b.cart_id is not null;
