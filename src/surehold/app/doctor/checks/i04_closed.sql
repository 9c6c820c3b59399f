-- id: I4.closed
-- means: A cart that was merged or has expired keeps nothing.
-- says: Cart {cart_id} is {state}, but still keeps {quantity} of variant {variant_id}.
select k.cart_id, c.state, k.variant_id, k.quantity
from (
  select cart_id, variant_id, quantity from inventory.holds
  union all
  select cart_id, variant_id, quantity from inventory.backorders where state = 'open' and cart_id is not null
) k
join cart.carts c on c.id = k.cart_id
where c.state <> 'active'
