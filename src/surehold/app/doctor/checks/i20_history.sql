-- id: I20.history
-- means: Every price is the last one of its history, and every change starts where the one before ended.
-- says: The price of variant {variant_id} in {currency} is {amount_minor}, but its history ends in {last_minor}.
select variant_id, currency, price_list_id, p.amount_minor, h.last_minor
from pricing.prices p
full join (
  select price_list_id, variant_id, currency, (array_agg(new_minor order by id desc))[1] as last_minor,
    bool_and(is_chained) as is_chained
  from (
    select c.*, lag(c.new_minor) over (partition by c.price_list_id, c.variant_id, c.currency order by c.id)
      is not distinct from c.old_minor as is_chained
    from pricing.price_changes c
  ) chained
  group by price_list_id, variant_id, currency
) h using (price_list_id, variant_id, currency)
where p.amount_minor is distinct from h.last_minor or not h.is_chained
