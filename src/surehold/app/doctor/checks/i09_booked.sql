-- id: I9.booked
-- means: All money that moved is in the journal, with its amount.
-- says: Payment event {event_id} ({kind} of {amount_minor}) is booked as {booked_minor}.
select e.id as event_id, e.kind, e.amount_minor, coalesce(j.amount_minor, 0) as booked_minor
from payments.events e
left join payments.journal j on j.event_id = e.id and j.account = 'provider_receivable'
where e.kind in ('capture', 'refund')
  and coalesce(j.amount_minor, 0) <> case e.kind when 'refund' then -e.amount_minor else e.amount_minor end
