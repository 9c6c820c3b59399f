-- id: I15.news
-- means: What a payment provider tells is handled within five minutes.
-- says: The message {event_id} of {provider}, received {received_at}, waits after {tries} tries ({error}).
-- needs: worker
select w.provider, w.event_id, w.received_at, w.tries, coalesce(w.error, 'not taken yet') as error
from payments.webhook_inbox w
where w.processed_at is null and w.dead_at is null and w.received_at < clock_timestamp() - interval '5 minutes'
