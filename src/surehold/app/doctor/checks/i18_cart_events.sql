-- id: I18.version
-- means: Every version of a cart that a buyer was told has its event (events are kept for 30 days).
-- says: Cart {cart_id} is at version {version}, but has no event of it.
select c.id as cart_id, c.version
from cart.carts c
left join platform.events e on e.aggregate_type = 'cart' and e.aggregate_id = c.id and e.seq = c.version
where c.version > 0 and e.id is null and c.updated_at > clock_timestamp() - interval '29 days'
