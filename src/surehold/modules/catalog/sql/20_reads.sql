-- How a stock figure is told to a buyer.
create or replace function catalog.stock_state(available integer, backorder_left integer, threshold integer) returns text
language sql immutable as $$
  select case
    when coalesce(available, 0) > coalesce(threshold, 0) then 'in_stock'
    when coalesce(available, 0) > 0 then 'low'
    when coalesce(backorder_left, 0) > 0 then 'backorder'
    else 'sold_out'
  end;
$$;

create or replace function catalog.money(amount_minor bigint, currency text) returns json
language sql immutable as $$
  select case when amount_minor is not null then json_build_object('amount', amount_minor, 'currency', currency) end;
$$;

create or replace function catalog.rating(average numeric, votes integer) returns json
language sql immutable as $$
  select case when average is not null then json_build_object('average', average, 'count', votes) end;
$$;

-- Pictures as the buyer's browser asks for them.
create or replace function catalog.picture_url(file text) returns text
language sql immutable as $$ select '/media/' || file $$;

-- The files of a picture, as `srcset` wants them; those that are at most this wide where a width is given.
create or replace function catalog.picture_variants(variants jsonb, at_most integer) returns json
language sql immutable as $$
  select coalesce(json_agg(json_build_object('url', catalog.picture_url(v.item ->> 'file'), 'type', v.item ->> 'type',
    'width', (v.item ->> 'width')::integer, 'height', (v.item ->> 'height')::integer) order by v.place), '[]')
  from jsonb_array_elements(variants) with ordinality as v (item, place)
  where at_most is null or (v.item ->> 'width')::integer <= at_most or v.item ->> 'type' = 'image/svg+xml';
$$;

-- A picture of a product. One that was stored before there were widths has no files but itself.
drop function if exists catalog.picture(jsonb);
create or replace function catalog.picture(picture jsonb, at_most integer) returns json
language sql stable as $$
  select case when picture is not null then json_build_object(
    'url', catalog.picture_url(picture ->> 'file'), 'alt', picture ->> 'alt', 'width', i.width, 'height', i.height,
    'variants', case when i.file is null then '[]' else catalog.picture_variants(i.variants, at_most) end) end
  from (select 1) one
  left join catalog.pictures i on i.file = picture ->> 'file';
$$;

-- What there is to choose of each option, in the order of the variants.
create or replace function catalog.option_choices(of_product uuid, option_names text[]) returns json
language sql stable as $$
  select coalesce(json_agg(json_build_object('name', o.name, 'values', (
    select coalesce(json_agg(c.value order by c.place, c.value), '[]')
    from (
      select v.options ->> o.name as value, min(v.position) as place
      from catalog.variants v where v.product_id = of_product and v.live and v.options ? o.name group by 1
    ) c)) order by o.place), '[]')
  from unnest(option_names) with ordinality as o (name, place);
$$;

-- The categories from the root down to this one.
create or replace function catalog.breadcrumbs(ancestors uuid[]) returns json
language sql stable as $$
  select coalesce(json_agg(json_build_object('id', c.id, 'path', c.path, 'title', c.title) order by a.depth), '[]')
  from unnest(ancestors) with ordinality as a (id, depth)
  join catalog.categories c on c.id = a.id;
$$;

-- The variants of a product with prices of a list and what can be promised of each.
create or replace function catalog.variants_page(of_product uuid, in_currency text, in_price_list uuid) returns json
language plpgsql stable as $$
declare
  ids uuid[];
begin
  select array_agg(v.id) into ids from catalog.variants v where v.product_id = of_product and v.live;
  return coalesce((
    select json_agg(json_build_object(
      'id', v.id, 'sku', v.sku, 'barcode', v.barcode, 'title', v.title, 'options', v.options,
      'price', catalog.money(u.unit_minor, in_currency), 'picture', catalog.picture_url(v.picture), 'weight_grams', v.weight_grams,
      'hold_on', v.hold_on,
      'availability', json_build_object(
        'available', coalesce(a.available, 0),
        'state', catalog.stock_state(a.available, a.backorder_left, a.low_stock_threshold),
        'promised_on', case when coalesce(a.available, 0) <= 0 and a.backorder_left > 0 then a.promised_on end)
      ) order by v.position, v.id)
    from catalog.variants v
    left join pricing.unit_prices(in_price_list, in_currency, ids) u on u.variant_id = v.id
    left join inventory.availability a on a.variant_id = v.id
    where v.product_id = of_product and v.live), '[]');
end $$;

-- The page of a published product, by id or by address. An address it had before answers {"moved_to": where it is now};
-- null when there is none. Without a currency it is the shop's.
create or replace function catalog.product_page(by_id uuid, by_slug text, in_currency text, in_price_list uuid) returns json
language plpgsql stable as $$
declare
  found uuid;
  moved_to text;
  shown_in text := coalesce(in_currency, (select s.currency from catalog.shop_profile s));
begin
  if by_id is not null then
    select p.id into found from catalog.products p where p.id = by_id and p.state = 'published';
  else
    select p.id into found from catalog.products p where p.slug = by_slug and p.state = 'published';
  end if;
  if found is null then
    select p.slug into moved_to
    from catalog.slug_history h join catalog.products p on p.id = h.product_id
    where h.slug = by_slug and p.state = 'published';
    return case when moved_to is not null then json_build_object('moved_to', moved_to) end;
  end if;
  return (
    select json_build_object('product', json_build_object(
      'id', p.id, 'slug', p.slug, 'version', p.version, 'title', p.title, 'description', p.description,
      'brand', case when b.id is not null then json_build_object('id', b.id, 'slug', b.slug, 'title', b.title) end,
      'breadcrumbs', catalog.breadcrumbs(c.ancestor_ids), 'attributes', p.attributes, 'options', catalog.option_choices(p.id, p.option_names),
      'pictures', (
        select coalesce(json_agg(catalog.picture(e.picture, null) order by e.place), '[]')
        from jsonb_array_elements(p.pictures) with ordinality as e (picture, place)),
      'rating', catalog.rating(p.rating_average, p.rating_count),
      'tax_category', p.tax_category, 'published_at', p.published_at, 'currency', shown_in,
      'variants', catalog.variants_page(p.id, shown_in, in_price_list)))
    from catalog.products p
    left join catalog.brands b on b.id = p.brand_id
    left join catalog.categories c on c.id = p.category_id
    where p.id = found);
end $$;

-- The cards of products, in the given order, with the lowest price of each and whether anything of it can be bought.
create or replace function catalog.cards(products uuid[], in_currency text, in_price_list uuid) returns json
language plpgsql stable as $$
declare
  ids uuid[];
begin
  select array_agg(v.id) into ids from catalog.variants v where v.product_id = any (products) and v.live;
  return coalesce((
    select json_agg(json_build_object(
      'id', p.id, 'slug', p.slug, 'title', p.title,
      'brand', b.title, 'category_id', p.category_id,
      'picture', catalog.picture(p.pictures -> 0, 640), 'hover_picture', catalog.picture(p.pictures -> 1, 640),
      'price', catalog.money(f.lowest, in_currency), 'price_varies', coalesce(f.highest > f.lowest, false),
      'in_stock', coalesce(f.buyable, false), 'rating', catalog.rating(p.rating_average, p.rating_count),
      'variant_ids', coalesce(f.variant_ids, '{}')) order by o.place)
    from unnest(products) with ordinality as o (id, place)
    join catalog.products p on p.id = o.id
    left join catalog.brands b on b.id = p.brand_id
    left join (
      select v.product_id, min(u.unit_minor) as lowest, max(u.unit_minor) as highest,
        bool_or(a.available > 0 or a.backorder_left > 0) as buyable,
        array_agg(v.id order by v.position, v.id) as variant_ids
      from catalog.variants v
      left join pricing.unit_prices(in_price_list, in_currency, ids) u on u.variant_id = v.id
      left join inventory.availability a on a.variant_id = v.id
      where v.id = any (ids)
      group by v.product_id
    ) f on f.product_id = p.id), '[]');
end $$;

-- The whole tree, depth first, with the number of published products in each subtree.
create or replace function catalog.category_tree(at_most integer) returns json
language sql stable as $$
  with counted as (
    select p.category_id, count(*) as products from catalog.products p
    where p.state = 'published' and p.category_id is not null group by p.category_id
  ), summed as (
    select a.id, sum(n.products) as products
    from counted n
    join catalog.categories c on c.id = n.category_id
    cross join unnest(c.ancestor_ids) as a (id)
    group by a.id
  ), placed as (
    select c.id, array_agg(array[to_char(u.position, 'S0000000000'), u.path] order by a.depth) as place
    from catalog.categories c
    cross join unnest(c.ancestor_ids) with ordinality as a (id, depth)
    join catalog.categories u on u.id = a.id
    group by c.id
  ), named as (
    select c.*, s.products, l.place
    from catalog.categories c
    join placed l on l.id = c.id
    left join summed s on s.id = c.id
    limit at_most
  )
  select coalesce(json_agg(json_build_object(
    'id', n.id, 'path', n.path, 'title', n.title, 'description', n.description, 'position', n.position,
    'parent_id', n.ancestor_ids[cardinality(n.ancestor_ids) - 1], 'depth', cardinality(n.ancestor_ids) - 1,
    'product_count', coalesce(n.products, 0), 'version', n.version) order by n.place), '[]')
  from named n;
$$;
