-- id: I11.dead
-- means: Every event reaches everybody who must know of it.
-- says: {consumer} gave up on event {event_id} ({name}) at {dead_at} after {attempts} attempts: see the dead letters.
select d.consumer, d.event_id, e.name, d.dead_at, d.attempts
from platform.deliveries d
join platform.events e on e.id = d.event_id
where d.dead_at is not null
