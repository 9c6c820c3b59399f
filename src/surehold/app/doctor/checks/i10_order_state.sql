-- id: I10.order_state
-- means: An order's history has no gap and ends in the order's status.
-- says: Order {number} is {status} at step {seq}, but its history has {steps} steps and ends in {last_status} at {last_seq}.
select o.id as order_id, o.number, o.status, o.seq, coalesce(h.steps, 0) as steps, h.last_status, h.last_seq
from orders.orders o
left join (
  select order_id, count(*) as steps, max(seq) as last_seq, (array_agg(to_status order by seq desc))[1] as last_status
  from orders.history group by order_id
) h on h.order_id = o.id
where o.status is distinct from h.last_status or o.seq is distinct from h.last_seq or h.steps <> h.last_seq
