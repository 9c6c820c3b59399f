-- id: I18.lines
-- means: A cart line that was acknowledged is kept, until it is changed, bought, merged or removed.
-- says: Cart {cart_id} was told {told} of variant {variant_id} (version {seq}), but has {quantity}.
select t.cart_id, t.variant_id, t.seq, t.told, coalesce(l.quantity, 0) as quantity
from (
  select distinct on (e.aggregate_id, x.variant_id)
    e.aggregate_id as cart_id, x.variant_id, e.seq, x.quantity as told
  from platform.events e
  cross join lateral jsonb_to_recordset(e.payload -> 'lines') as x (variant_id uuid, quantity integer)
  where e.aggregate_type = 'cart' and e.name = 'cart.lines_changed.v1' and e.payload ? 'lines'
  order by e.aggregate_id, x.variant_id, e.seq desc
) t
join cart.carts c on c.id = t.cart_id and c.state = 'active'
left join cart.lines l on l.cart_id = t.cart_id and l.variant_id = t.variant_id
where coalesce(l.quantity, 0) <> t.told
  and not exists (
    select 1 from platform.events later
    where later.aggregate_type = 'cart' and later.aggregate_id = t.cart_id and later.seq > t.seq
      and (later.name in ('cart.cart_merged.v1', 'cart.merge_undone.v1', 'cart.cart_expired.v1')
        or later.payload -> 'removed' ? t.variant_id::text))
