-- id: I11.waiting
-- means: Events leave within minutes.
-- says: Event {event_id} ({name}) waits for {consumer} since {next_attempt_at}: does the worker run?
-- needs: worker
select d.consumer, d.event_id, e.name, d.next_attempt_at
from platform.deliveries d
join platform.events e on e.id = d.event_id
where d.dead_at is null and d.next_attempt_at < clock_timestamp() - interval '5 minutes'
