-- id: I7.refused
-- means: A void or refund that a provider refuses is asked for again until it succeeds.
-- says: The {phase} of payment {payment_id} for order {order_id} was refused {rounds} times ({reason}) and is {state}.
select a.payment_id, p.order_id, a.phase, a.round_no as rounds, a.reason,
  case when a.dead_at is null then 'not taken up again: is a worker running?' else 'a dead letter' end as state
from payments.attempts a
join payments.payments p on p.id = a.payment_id
where a.state = 'refused'
  and (a.dead_at is not null or a.leased_until < clock_timestamp() - interval '15 minutes')
