-- The lines of a cart as they are now: what was asked for, today's price beside the one that was seen, and what is held.
-- json, not jsonb: the text goes out as it is made, which saves a third of a full cart's cost.
create or replace function cart.lines_json(in_cart uuid, in_price_list uuid, in_currency text) returns json
language plpgsql stable as $$
begin
  return (
  select coalesce(json_agg(json_build_object(
    'variant_id', l.variant_id, 'product_id', s.product_id, 'sku', s.sku, 'slug', s.slug, 'title', s.title,
    'variant_title', s.variant_title, 'picture', s.picture, 'quantity', l.quantity,
    'unit_minor', coalesce(p.unit_minor, l.unit_minor), 'seen_unit_minor', l.unit_minor,
    'sellable', s.variant_id is not null and p.unit_minor is not null,
    'tax_category', coalesce(s.tax_category, 'standard'), 'weight_grams', coalesce(s.weight_grams, 0),
    'held', case when h.expires_at > clock_timestamp() then h.quantity else 0 end,
    'reserved_until', h.expires_at,
    'backordered', coalesce(b.quantity, 0), 'promised_on', b.promised_on,
    'available', greatest(a.available, 0), 'hold_on', s.hold_on
  ) order by l.added_at, l.variant_id), '[]')
  from cart.lines l
  -- LIMIT keeps each look-up a walk down an index, whatever the planner thinks of the size of catalogue and cart.
  left join lateral (select x.* from catalog.sellable x where x.variant_id = l.variant_id limit 1) s on true
  left join pricing.unit_prices(in_price_list, in_currency, array(
    select x.variant_id from cart.lines x where x.cart_id = in_cart)) p on p.variant_id = l.variant_id
  left join lateral (
    select x.quantity, x.expires_at from inventory.hold_ends x where x.cart_id = in_cart and x.variant_id = l.variant_id limit 1
  ) h on true
  left join lateral (
    select x.quantity, x.promised_on from inventory.cart_backorders x
    where x.cart_id = in_cart and x.variant_id = l.variant_id limit 1
  ) b on true
  left join lateral (select x.available from inventory.availability x where x.variant_id = l.variant_id limit 1) a on true
  where l.cart_id = in_cart);
end $$;

-- An owner's cart with everything a device shows of it; null if there is none. One statement, nothing is locked or renewed.
create or replace function cart.document(in_account uuid, in_guest bytea) returns json
language plpgsql stable as $$
declare
  c cart.carts;
  price_list uuid;
begin
  if in_account is not null then
    select * into c from cart.carts x where x.account_id = in_account and x.state = 'active';
  else
    select * into c from cart.carts x where x.guest_hash = in_guest and x.state = 'active';
  end if;
  if c.id is null then
    return null;
  end if;
  select t.price_list_id into strict price_list from pricing.terms_of(in_account) t;
  return json_build_object(
    'cart_id', c.id, 'version', c.version, 'currency', c.currency, 'updated_at', c.updated_at, 'shared', c.share_hash is not null,
    'lines', cart.lines_json(c.id, price_list, c.currency),
    'saved', (
      select coalesce(jsonb_agg(jsonb_build_object('variant_id', v.variant_id, 'quantity', v.quantity, 'reason', v.reason,
        'sku', s.sku, 'slug', s.slug, 'title', s.title, 'variant_title', s.variant_title, 'picture', s.picture)
        order by v.saved_at, v.variant_id), '[]')
      from cart.saved_lines v left join catalog.sellable s on s.variant_id = v.variant_id where v.cart_id = c.id),
    'merge', (
      select jsonb_build_object('merge_id', m.id, 'undo_until', m.undo_until, 'changes', m.changes)
      from cart.merges m
      where m.account_cart_id = c.id and m.undone_at is null and m.undo_until > clock_timestamp()
      order by m.merged_at desc limit 1));
end $$;

-- Lock a cart and tell what a checkout needs, with prices of now. Published.
create or replace function cart.lock_for_checkout(in_cart uuid, in_price_list uuid) returns json
language plpgsql as $$
declare
  c cart.carts;
begin
  select * into c from cart.carts x where x.id = in_cart and x.state = 'active' for update;
  if c.id is null then
    return null;
  end if;
  return json_build_object(
    'cart_id', c.id, 'version', c.version, 'account_id', c.account_id, 'guest_hash', encode(c.guest_hash, 'hex'),
    'currency', c.currency, 'lines', cart.lines_json(c.id, in_price_list, c.currency));
end $$;

-- The owner's active cart id, for a checkout that starts; null if there is none. Published.
-- One branch per kind of owner: a condition that chooses between them would read every cart there is.
create or replace function cart.active_of(in_account uuid, in_guest bytea) returns uuid
language sql stable as $$
  select c.id from cart.carts c where c.state = 'active' and c.account_id = in_account
  union all
  select c.id from cart.carts c where c.state = 'active' and c.guest_hash = in_guest and in_account is null
  limit 1;
$$;

-- Remove exactly what was bought; what was added meanwhile stays, with its hold. Either is a change that offline clients hear
-- of, for a quantity from before would buy the same again. Published.
create or replace function cart.remove_bought(in_cart uuid, variants uuid[], quantities integer[]) returns bigint
language plpgsql as $$
declare
  emptied uuid[];
  next_version bigint;
begin
  select c.version + 1 into next_version from cart.carts c where c.id = in_cart for update;
  with gone as (
    delete from cart.lines l using unnest(variants, quantities) as w (v, q)
    where l.cart_id = in_cart and l.variant_id = w.v and l.quantity <= w.q
    returning l.variant_id
  )
  select array_agg(g.variant_id) into emptied from gone g;
  perform cart.note_removed(in_cart, emptied);
  update cart.lines l set quantity = l.quantity - w.q, changed_version = next_version
  from unnest(variants, quantities) as w (v, q)
  where l.cart_id = in_cart and l.variant_id = w.v and l.quantity > w.q;
  select array_agg(v) into emptied from unnest(variants) v
  where not exists (select 1 from cart.lines l where l.cart_id = in_cart and l.variant_id = v);
  if emptied is not null then
    perform inventory.release_holds(in_cart, emptied);
  end if;
  -- A line that grew while its order was being paid was held whole beside what the order had already claimed.
  perform inventory.take_holds(in_cart, null, null, x.variants, x.quantities, 0, '{"partial": true}')
  from (
    select array_agg(l.variant_id) as variants, array_agg(l.quantity) as quantities
    from cart.lines l join inventory.hold_ends h on h.cart_id = in_cart and h.variant_id = l.variant_id
    where l.cart_id = in_cart and h.quantity > l.quantity and l.variant_id = any (remove_bought.variants)
  ) x where x.variants is not null;
  return cart.bump(in_cart, 'cart.lines_bought.v1', jsonb_build_object('removed', to_jsonb(variants)));
end $$;

-- The lines behind a share link: what and how many, nothing about whose.
create or replace function cart.shared(in_share bytea) returns jsonb
language plpgsql stable as $$
declare
  c cart.carts;
  price_list uuid;
begin
  select * into c from cart.carts x where x.share_hash = in_share and x.state = 'active';
  if c.id is null then
    return null;
  end if;
  select t.price_list_id into strict price_list from pricing.terms_of(null) t;
  return jsonb_build_object('currency', c.currency, 'lines', cart.lines_json(c.id, price_list, c.currency));
end $$;
