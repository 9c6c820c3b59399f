-- id: I11.order_events
-- means: Every change of an order has its event (events are kept for 30 days).
-- says: Step {seq} of order {order_id} (to {to_status}) has no event.
select h.order_id, h.seq, h.to_status
from orders.history h
left join platform.events e on e.aggregate_type = 'order' and e.aggregate_id = h.order_id and e.seq = h.seq
where e.id is null and h.at > clock_timestamp() - interval '29 days'
