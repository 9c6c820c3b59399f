-- id: I17.one_order
-- means: A checkout, however often it is sent, makes one order.
-- says: Checkout {checkout_id} made {orders} orders that count: {numbers}.
select o.checkout_id, count(*) as orders, string_agg(o.number, ', ' order by o.number) as numbers
from orders.orders o
where o.status <> 'FAILED'
group by o.checkout_id
having count(*) > 1
