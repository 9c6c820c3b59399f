-- id: I6.once
-- means: An order is charged once.
-- says: Order {order_id} was charged by {payments} payments, {captured_minor} in all.
select p.order_id, count(*) as payments, sum(p.captured_minor) as captured_minor
from payments.payments p
where p.captured_minor > 0
group by p.order_id
having count(*) > 1
