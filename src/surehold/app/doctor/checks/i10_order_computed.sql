-- id: I10.order_computed
-- means: An order's status is what its lines and facts say.
-- says: Order {number} is {status}, but its lines and facts say {computed}.
select o.id as order_id, o.number, o.status, orders.computed_status(o) as computed
from orders.orders o
where o.status is distinct from orders.computed_status(o)
