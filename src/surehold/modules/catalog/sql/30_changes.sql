-- Tell what changed of products: called once, at the end of a change, with their rows locked and their versions raised.
create or replace function catalog.announce(products uuid[]) returns void
language plpgsql as $$
begin
  perform catalog.refresh_listed_prices(products);
  perform platform.emit(
    case when p.state <> 'published' then 'catalog.product_unpublished.v1'
      when p.announced then 'catalog.product_changed.v1' else 'catalog.product_published.v1' end,
    'product', p.id, p.version, catalog.snapshot(p.id))
  from catalog.products p
  where p.id = any (announce.products) and (p.announced or p.state = 'published');
  update catalog.products p set announced = (p.state = 'published')
  where p.id = any (announce.products) and p.announced <> (p.state = 'published');
end $$;

-- What others may want to know of a product without asking: all words, no prices, no stock.
create or replace function catalog.snapshot(of_product uuid) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object(
      'product_id', p.id, 'version', p.version, 'slug', p.slug, 'title', p.title, 'description', p.description,
      'brand', b.title, 'category_id', p.category_id, 'category_path', c.path, 'attributes', p.attributes,
      'picture', p.pictures -> 0 ->> 'file',
      'rating_average', p.rating_average, 'rating_count', p.rating_count,
      'variants', coalesce((
        select jsonb_agg(jsonb_build_object('variant_id', v.id, 'sku', v.sku, 'barcode', v.barcode, 'title', v.title,
          'options', v.options) order by v.position, v.id)
        from catalog.variants v where v.product_id = p.id and v.live), '[]'))
    from catalog.products p
    left join catalog.brands b on b.id = p.brand_id
    left join catalog.categories c on c.id = p.category_id
    where p.id = of_product);
end $$;

-- Recompute the keys that listings by price are sorted by. Writes only what differs.
create or replace function catalog.refresh_listed_prices(products uuid[]) returns void
language sql as $$
  with wanted as materialized (
    select p.id as product_id, b.currency, min(b.amount_minor) as from_minor, p.category_id, p.brand_id
    from catalog.products p
    join catalog.variants v on v.product_id = p.id and v.live
    join pricing.base_prices b on b.variant_id = v.id
    where p.id = any (products) and p.state = 'published'
    group by p.id, b.currency
  ), removed as (
    delete from catalog.listed_prices l
    where l.product_id = any (products)
      and not exists (select 1 from wanted w where w.product_id = l.product_id and w.currency = l.currency)
  )
  insert into catalog.listed_prices as l (product_id, currency, from_minor, category_id, brand_id)
  select w.product_id, w.currency, w.from_minor, w.category_id, w.brand_id from wanted w order by w.product_id, w.currency
  on conflict (product_id, currency) do update
    set from_minor = excluded.from_minor, category_id = excluded.category_id, brand_id = excluded.brand_id
    where (l.from_minor, l.category_id, l.brand_id)
      is distinct from (excluded.from_minor, excluded.category_id, excluded.brand_id);
$$;

-- Everything staff may edit of a product, drafts and retired variants included, with base prices per currency.
create or replace function catalog.product_record(of_product uuid) returns json
language sql stable as $$
  select json_build_object(
    'id', p.id, 'version', p.version, 'state', p.state, 'slug', p.slug, 'title', p.title, 'description', p.description,
    'brand_id', p.brand_id, 'category_id', p.category_id, 'tax_category', p.tax_category,
    'attributes', p.attributes, 'option_names', p.option_names, 'pictures', p.pictures,
    'rating', catalog.rating(p.rating_average, p.rating_count), 'published_at', p.published_at,
    'created_at', p.created_at, 'updated_at', p.updated_at,
    'earlier_slugs', array(select h.slug from catalog.slug_history h where h.product_id = p.id order by h.left_at desc limit 50),
    'variants', coalesce((
      select json_agg(json_build_object(
        'id', v.id, 'sku', v.sku, 'barcode', v.barcode, 'title', v.title, 'options', v.options, 'picture', v.picture,
        'weight_grams', v.weight_grams, 'hold_on', v.hold_on, 'position', v.position, 'retired', v.retired_at is not null,
        'prices', coalesce((
          select json_agg(catalog.money(b.amount_minor, b.currency) order by b.currency)
          from pricing.base_prices b where b.variant_id = v.id), '[]')) order by v.position, v.id)
      from catalog.variants v where v.product_id = p.id), '[]'))
  from catalog.products p
  where p.id = of_product;
$$;
