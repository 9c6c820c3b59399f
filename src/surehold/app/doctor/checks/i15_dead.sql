-- id: I15.dead
-- means: No message of a payment provider is left unhandled.
-- says: The message {event_id} of {provider} could not be handled ({error}): see the dead letters.
select w.provider, w.event_id, coalesce(w.error, '') as error
from payments.webhook_inbox w where w.dead_at is not null
