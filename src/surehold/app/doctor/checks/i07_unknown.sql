-- id: I7.unknown
-- means: No call to a payment provider stays unresolved for more than 15 minutes.
-- says: The {phase} of payment {payment_id} is {state} since {started_at}: nobody knows whether it happened.
-- needs: worker
select a.payment_id, a.phase, a.state, a.started_at
from payments.attempts a
where a.state in ('sending', 'unknown') and a.started_at < clock_timestamp() - case
    when a.phase = 'refund' and a.reason = 'REFUND_PENDING' then interval '14 days' -- the provider has it, and is slow
    else interval '15 minutes' end
