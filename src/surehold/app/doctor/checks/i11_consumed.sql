-- id: I11.consumed
-- means: Nobody has seen an event that was never written.
-- says: {consumer} has seen number {seq} of {aggregate_type} {aggregate_id}, but the last one written is {last_seq}.
select c.consumer, c.aggregate_type, c.aggregate_id, c.seq, e.last_seq
from platform.consumed c
join lateral (
  select max(x.seq) as last_seq from platform.events x
  where x.aggregate_type = c.aggregate_type and x.aggregate_id = c.aggregate_id
) e on e.last_seq < c.seq
