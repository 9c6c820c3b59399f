-- id: I6.running
-- means: A payment's running totals are the sums of what happened to its money.
-- says: Payment {payment_id} says captured {captured_minor} and refunded {refunded_minor}, its events {captured} and {refunded}.
select p.id as payment_id, p.authorized_minor, p.captured_minor, p.refunded_minor,
  coalesce(e.authorized, 0) as authorized, coalesce(e.captured, 0) as captured, coalesce(e.refunded, 0) as refunded
from payments.payments p
left join (
  select payment_id,
    sum(amount_minor) filter (where kind = 'authorize') as authorized,
    sum(amount_minor) filter (where kind = 'capture') as captured,
    sum(amount_minor) filter (where kind = 'refund') as refunded
  from payments.events group by payment_id
) e on e.payment_id = p.id
where p.authorized_minor <> coalesce(e.authorized, 0)
  or p.captured_minor <> coalesce(e.captured, 0)
  or p.refunded_minor <> coalesce(e.refunded, 0)
