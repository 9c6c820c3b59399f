-- id: I10.order_moves
-- means: Orders move only as they may, each move from where the last one ended.
-- says: Order {order_id} went from {from_status} to {to_status} (step {seq}), which is no legal move from {before}.
select h.order_id, h.seq, h.from_status, h.to_status, h.before
from (
  select x.order_id, x.seq, x.from_status, x.to_status,
    lag(x.to_status) over (partition by x.order_id order by x.seq) as before
  from orders.history x
) h
left join orders.legal_moves m
  on m.machine = 'order' and m.from_status is not distinct from h.from_status and m.to_status = h.to_status
where m.to_status is null or h.before is distinct from h.from_status
