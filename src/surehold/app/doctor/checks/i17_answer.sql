-- id: I17.answer
-- means: An answer that is kept for repeats names an order that exists.
-- says: The answer kept for {route} of {actor} names order {order_id}, which does not exist.
select k.route, k.actor, k.order_id
from (
  select i.route, i.actor, coalesce(d.doc ->> 'order_id', d.doc -> 'order' ->> 'id') as order_id
  from platform.idempotency_keys i
  cross join lateral (select convert_from(i.body, 'UTF8') as text) t
  cross join lateral (select case when pg_input_is_valid(t.text, 'jsonb') then t.text::jsonb end as doc) d
  where i.completed_at is not null and i.status between 200 and 299 and i.body is not null
) k
where k.order_id is not null
  and (not pg_input_is_valid(k.order_id, 'uuid')
    or not exists (select 1 from orders.orders o where o.id::text = lower(k.order_id)))
