-- id: I6.paid
-- means: A confirmed order is paid, or its payment is in hand, for exactly its total.
-- says: Order {number} ({status}, total {total_minor}) has no payment that covers exactly that.
select o.id as order_id, o.number, o.status, o.total_minor
from orders.orders o
where o.status in ('CONFIRMED', 'PARTIALLY_SHIPPED', 'SHIPPED', 'DELIVERED')
  and not exists (
    select 1 from payments.payments p
    where p.order_id = o.id and p.currency = o.currency and p.amount_minor = o.total_minor
      and p.status not in ('FAILED', 'VOIDED')
      and (p.captured_minor = o.total_minor or (p.captures_on = 'delivery' and p.authorized_minor = o.total_minor)))
