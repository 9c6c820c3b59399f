-- id: I9.journal
-- means: Debits equal credits.
-- says: The journal rows of payment event {event_id} add up to {sum_minor} {currency}, not to zero.
select j.event_id, j.currency, sum(j.amount_minor) as sum_minor
from payments.journal j
group by j.event_id, j.currency
having sum(j.amount_minor) <> 0
