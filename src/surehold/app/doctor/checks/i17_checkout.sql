-- id: I17.checkout
-- means: A checkout and its order tell the same story.
-- says: Checkout {checkout_id} is {state} with order {order_id}, which is {status} and belongs to checkout {of_checkout}.
select c.id as checkout_id, c.state, c.order_id, coalesce(o.status, 'unknown') as status, o.checkout_id as of_checkout
from checkout.checkouts c
left join orders.orders o on o.id = c.order_id
where (c.state = 'confirmed' and (o.id is null or o.status in ('PENDING', 'FAILED')))
  or (c.order_id is not null and (o.id is null or o.checkout_id <> c.id))
union all
select c.id, c.state, o.id, o.status, o.checkout_id
from orders.orders o
join checkout.checkouts c on c.id = o.checkout_id
where o.status not in ('PENDING', 'FAILED') and c.order_id is distinct from o.id
