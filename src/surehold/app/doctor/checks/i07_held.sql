-- id: I7.held
-- means: A failed or cancelled order gives the buyer's money free.
-- says: Payment {payment_id} still has {authorized_minor} {currency} authorized for order {order_id}, which is {status}.
select p.id as payment_id, p.order_id, p.currency, p.authorized_minor, o.status
from payments.payments p
join orders.orders o on o.id = p.order_id
where p.status = 'AUTHORIZED' and o.status in ('FAILED', 'CANCELLED')
  and not exists ( -- nobody is on it, and staff did not settle it in another way
    select 1 from payments.attempts a where a.payment_id = p.id and (a.settled_at is null or a.dead_at is not null))
