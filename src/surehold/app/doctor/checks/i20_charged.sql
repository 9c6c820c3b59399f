-- id: I20.charged
-- means: What a line was charged is what its price list said when the order was placed.
-- says: Order {number} was charged {unit_minor} {currency} for {sku}; its list said {list_prices}, the base list {base_prices}.
select o.id as order_id, o.number, l.sku, l.variant_id, l.unit_minor, o.currency, list.prices as list_prices,
  base.prices as base_prices
from orders.orders o
join orders.lines l on l.order_id = o.id
cross join lateral (
  -- In force a minute before, or set within that minute: a change may commit a little after the moment it carries.
  select array_agg(p.new_minor) as prices from (
    select (
      select c.new_minor from pricing.price_history c
      where c.variant_id = l.variant_id and c.currency = o.currency and c.price_list_id = o.price_list_id
        and c.changed_at <= o.placed_at - interval '1 minute'
      order by c.changed_at desc, c.id desc limit 1) as new_minor
    union all
    select c.new_minor from pricing.price_history c
    where c.variant_id = l.variant_id and c.currency = o.currency and c.price_list_id = o.price_list_id
      and c.changed_at > o.placed_at - interval '1 minute' and c.changed_at <= o.placed_at
  ) p
) list
cross join lateral (
  select array_agg(p.new_minor) as prices from (
    select (
      select c.new_minor from pricing.price_history c
      where c.variant_id = l.variant_id and c.currency = o.currency
        and c.price_list_id = '00000000-0000-7000-8000-000000000001'
        and c.changed_at <= o.placed_at - interval '1 minute'
      order by c.changed_at desc, c.id desc limit 1) as new_minor
    union all
    select c.new_minor from pricing.price_history c
    where c.variant_id = l.variant_id and c.currency = o.currency
      and c.price_list_id = '00000000-0000-7000-8000-000000000001'
      and c.changed_at > o.placed_at - interval '1 minute' and c.changed_at <= o.placed_at
  ) p
) base
where not (
  coalesce(l.unit_minor = any (list.prices), false)
  or (array_position(list.prices, null) is not null and coalesce(l.unit_minor = any (base.prices), false)))
