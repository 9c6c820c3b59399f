-- id: I4.expired
-- means: No hold outlives its end: the sweeper gives it back within two minutes.
-- says: Cart {cart_id} still keeps {quantity} of variant {variant_id}, though its hold ended at {expires_at}.
-- needs: worker
select e.cart_id, e.variant_id, e.quantity, e.expires_at
from inventory.hold_ends e
where e.expires_at < clock_timestamp() - interval '2 minutes'
