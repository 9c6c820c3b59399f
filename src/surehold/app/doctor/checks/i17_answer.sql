-- id: I17.answer
-- means: An answer that is kept for repeats leads to an order that exists.
-- says: The answer kept for {route} of {actor} leads to order {order_id}, which does not exist.
select k.route, k.actor, k.order_id
from (
  -- The body is sealed; where it leads to is a header.
  select i.route, i.actor, substring(i.headers ->> 'location' from '^/v1/orders/([0-9a-fA-F-]{36})') as order_id
  from platform.idempotency_keys i
  where i.completed_at is not null and i.status between 200 and 299
) k
where k.order_id is not null and not exists (select 1 from orders.orders o where o.id::text = lower(k.order_id))
