-- Remember which lines went with the version that a locked cart is about to get.
create or replace function cart.note_removed(in_cart uuid, variants uuid[]) returns void
language sql as $$
  insert into cart.removed_lines (cart_id, variant_id, version)
  select in_cart, v, c.version + 1 from cart.carts c cross join unnest(variants) v where c.id = in_cart
  on conflict (cart_id, variant_id) do update set version = excluded.version, at = excluded.at;
$$;

-- What there is of variants now, for whoever looks at them: [{variant_id, available, stock_version}].
create or replace function cart.stock_now(variants uuid[]) returns jsonb
language sql stable as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'variant_id', a.variant_id, 'available', greatest(a.available, 0), 'stock_version', a.version)), '[]')
  from inventory.availability a where a.variant_id = any (variants);
$$;
