-- id: I7.orphan
-- means: No money is kept without an order for it.
-- says: Payment {payment_id} keeps {kept_minor} {currency} for order {order_id}, which is {status}.
select p.id as payment_id, p.order_id, p.currency, p.captured_minor - p.refunded_minor as kept_minor,
  coalesce(o.status, 'unknown') as status
from payments.payments p
left join orders.orders o on o.id = p.order_id
where p.captured_minor > p.refunded_minor
  and (
    o.id is null
    or (o.status in ('FAILED', 'CANCELLED') and not exists (
      select 1 from payments.attempts a where a.payment_id = p.id and (a.settled_at is null or a.dead_at is not null)))
    or (o.status = 'PENDING' and p.updated_at < clock_timestamp() - interval '15 minutes'))
