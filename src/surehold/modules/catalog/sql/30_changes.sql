-- What others may want to know of products without asking: all words, no prices, no stock.
create or replace function catalog.snapshots(products uuid[]) returns table (product_id uuid, facts jsonb)
language sql stable as $$
  with worded as (
    select v.product_id, jsonb_agg(jsonb_build_object('variant_id', v.id, 'sku', v.sku, 'barcode', v.barcode,
      'title', v.title, 'options', v.options) order by v.position, v.id) as variants
    from catalog.variants v
    where v.product_id = any (products) and v.live
    group by v.product_id
  )
  select p.id, jsonb_build_object(
    'product_id', p.id, 'version', p.version, 'slug', p.slug, 'title', p.title, 'description', p.description,
    'brand', b.title, 'category_id', p.category_id, 'category_path', c.path, 'attributes', p.attributes,
    'picture', p.pictures -> 0 ->> 'file', 'rating_average', p.rating_average, 'rating_count', p.rating_count,
    'variants', coalesce(w.variants, '[]'))
  from catalog.products p
  left join worded w on w.product_id = p.id
  left join catalog.brands b on b.id = p.brand_id
  left join catalog.categories c on c.id = p.category_id
  where p.id = any (products);
$$;

-- Tell what changed of products: called once, at the end of a change, with their rows locked and their versions raised.
create or replace function catalog.announce(products uuid[]) returns void
language plpgsql as $$
begin
  perform catalog.refresh_listed_prices(products);
  perform platform.emit_all(array_agg(t.name), 'product', array_agg(t.id), array_agg(t.version), array_agg(t.facts))
  from (
    select p.id, p.version::bigint, s.facts,
      case when p.state <> 'published' then 'catalog.product_unpublished.v1'
        when p.shown_since = p.version then 'catalog.product_published.v1' else 'catalog.product_changed.v1' end as name
    from catalog.snapshots(announce.products) s
    join catalog.products p on p.id = s.product_id
    where p.state = 'published' or p.shown_since = p.version
    order by p.id) t;
end $$;

-- Recompute the keys that listings by price are sorted by. Writes only what differs. The products are locked by one statement and
-- their prices read by the next, which sees all that committed before: of two refreshes the later one has the later prices.
-- Written as look-ups by key, so that no plan ever reads a whole table or index, statistics or not.
create or replace function catalog.refresh_listed_prices(products uuid[]) returns void
language sql as $$
  select 1 from catalog.products p where p.id = any (products) order by p.id for no key update;
  with wanted as materialized (
    select p.id as product_id, b.currency, min(b.amount_minor) as from_minor, p.category_id, p.brand_id
    from unnest(products) as given (id)
    cross join lateral (
      select q.id, q.category_id, q.brand_id from catalog.products q
      where q.id = given.id and q.state = 'published' offset 0) p
    cross join lateral (select u.id from catalog.variants u where u.product_id = p.id and u.live offset 0) v
    cross join lateral (
      select a.currency, a.amount_minor from pricing.base_prices a where a.variant_id = v.id offset 0) b
    group by p.id, b.currency, p.category_id, p.brand_id
  ), compared as materialized (
    select w.*, found.known from wanted w
    cross join lateral (
      select (select l from catalog.listed_prices l where l.product_id = w.product_id and l.currency = w.currency) as known
      offset 0) found
  ), removed as (
    delete from catalog.listed_prices l
    where l.product_id = any (products)
      and not exists (select 1 from wanted w where w.product_id = l.product_id and w.currency = l.currency)
  ), moved as (
    update catalog.listed_prices l set from_minor = c.from_minor, category_id = c.category_id, brand_id = c.brand_id
    from compared c
    where l.product_id = c.product_id and l.currency = c.currency and (c.known).product_id is not null
      and ((c.known).from_minor, (c.known).category_id, (c.known).brand_id)
        is distinct from (c.from_minor, c.category_id, c.brand_id)
  )
  insert into catalog.listed_prices (product_id, currency, from_minor, category_id, brand_id)
  select c.product_id, c.currency, c.from_minor, c.category_id, c.brand_id from compared c
  where (c.known).product_id is null order by c.product_id, c.currency;
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
          from pricing.base_prices b where b.variant_id = v.id), '[]'),
        'price_version', coalesce((select x.version from pricing.price_versions x where x.variant_id = v.id), 1)) order by v.position, v.id)
      from catalog.variants v where v.product_id = p.id), '[]'))
  from catalog.products p
  where p.id = of_product;
$$;

-- Write products and variants, new ones and known ones, each with its id: a member that is not given keeps what is there,
-- null clears it. Nothing is written where nothing differs. Answers the products that changed, their versions raised by one;
-- the caller announces them once everything about them is written. What is there is looked up by key, one at a time: a join
-- would be planned to read the whole table for every batch.
create or replace function catalog.write_products(in_products jsonb, in_variants jsonb) returns uuid[]
language plpgsql as $$
declare
  blank_product catalog.products := jsonb_populate_record(null::catalog.products,
    '{"description": "", "tax_category": "standard", "attributes": [], "option_names": [], "pictures": [], "state": "published",
      "shown_since": 0, "version": 0}');
  blank_variant catalog.variants := jsonb_populate_record(null::catalog.variants, '{"position": 0, "title": "", "options": {}}');
  written uuid[];
  extended uuid[];
begin
  set constraints catalog.variants_options_unique deferred;
  perform 1 from catalog.products p
  where p.id = any (array(select (i ->> 'id')::uuid from jsonb_array_elements(in_products) i)) order by p.id for update;

  -- An address that is left leads on to the product, until somebody else takes it.
  insert into catalog.slug_history (slug, product_id)
  select p.slug, p.id
  from jsonb_array_elements(in_products) as i (doc)
  cross join lateral (select q.slug, q.id from catalog.products q where q.id = (i.doc ->> 'id')::uuid offset 0) p
  where i.doc ->> 'slug' <> p.slug
  on conflict (slug) do update set product_id = excluded.product_id, left_at = clock_timestamp();
  delete from catalog.slug_history h
  where h.slug = any (array(select i ->> 'slug' from jsonb_array_elements(in_products) i));

  with changed as (
    insert into catalog.products as t (id, slug, title, title_key, description, brand_id, category_id, tax_category,
      attributes, option_names, pictures, rating_average, rating_count, state, published_at, version, shown_since)
    select n.id, n.slug, n.title, n.title_key, n.description, n.brand_id, n.category_id, n.tax_category,
      n.attributes, n.option_names, n.pictures, n.rating_average, n.rating_count, n.state,
      case when n.state = 'published' then coalesce(n.published_at, now()) else n.published_at end, n.version + 1,
      case when (n.state = 'published') <> coalesce((p.known).state = 'published', false)
        then n.version + 1 else n.shown_since end
    from jsonb_array_elements(in_products) as i (doc)
    cross join lateral (
      select (select q from catalog.products q where q.id = (i.doc ->> 'id')::uuid) as known offset 0) p
    cross join lateral jsonb_populate_record(coalesce(p.known, blank_product), i.doc) n
    where (p.known).id is null or n is distinct from p.known
    on conflict (id) do update set
      slug = excluded.slug, title = excluded.title, title_key = excluded.title_key, description = excluded.description,
      brand_id = excluded.brand_id, category_id = excluded.category_id, tax_category = excluded.tax_category,
      attributes = excluded.attributes, option_names = excluded.option_names, pictures = excluded.pictures,
      rating_average = excluded.rating_average, rating_count = excluded.rating_count, state = excluded.state,
      published_at = excluded.published_at, version = excluded.version, shown_since = excluded.shown_since,
      updated_at = clock_timestamp()
    returning t.id
  )
  select coalesce(array_agg(c.id), '{}') into written from changed c;

  with changed as (
    insert into catalog.variants as t
      (id, product_id, position, sku, barcode, title, options, picture, weight_grams, hold_on, retired_at)
    select n.id, n.product_id, n.position, n.sku, n.barcode, n.title, n.options, n.picture, n.weight_grams, n.hold_on,
      n.retired_at
    from jsonb_array_elements(in_variants) as i (doc)
    cross join lateral (
      select (select q from catalog.variants q where q.id = (i.doc ->> 'id')::uuid) as known offset 0) v
    cross join lateral jsonb_populate_record(coalesce(v.known, blank_variant), i.doc) n
    where (v.known).id is null or n is distinct from v.known
    on conflict (id) do update set
      position = excluded.position, sku = excluded.sku, barcode = excluded.barcode, title = excluded.title,
      options = excluded.options, picture = excluded.picture, weight_grams = excluded.weight_grams,
      hold_on = excluded.hold_on, retired_at = excluded.retired_at
    returning t.product_id
  )
  select coalesce(array_agg(distinct c.product_id), '{}') into extended from changed c;

  update catalog.products p set version = p.version + 1, updated_at = clock_timestamp()
  where p.id = any (array(select unnest(extended) except select unnest(written)));
  set constraints catalog.variants_options_unique immediate;
  return (select coalesce(array_agg(distinct u), '{}') from unnest(written || extended) u);
end $$;
