-- Brands that an import names; those that are there stay as they are.
create or replace function catalog.ensure_brands(brands jsonb) returns void
language sql as $$
  insert into catalog.brands (id, slug, title, title_key)
  select r.id, r.slug, r.title, r.title_key
  from jsonb_to_recordset(brands) as r (id uuid, slug text, title text, title_key text)
  order by r.slug
  on conflict (slug) do nothing;
$$;

-- Categories by path; a parent comes before its children. With `overwrite`, title, description and position are brought
-- to what is given; otherwise what is there stays.
create or replace function catalog.ensure_categories(categories jsonb, overwrite boolean) returns integer
language plpgsql as $$
declare
  wanted record;
  above uuid[];
  changes integer := 0;
begin
  for wanted in
    select r.* from jsonb_to_recordset(categories)
      as r (id uuid, path text, title text, description text, position integer)
    order by r.path collate "C"
  loop
    select c.ancestor_ids into above from catalog.categories c
    where c.path = regexp_replace(wanted.path, '/[^/]+$', '') and wanted.path like '%/%';
    if above is null and wanted.path like '%/%' then
      perform platform.refuse('CATEGORY_NOT_FOUND', jsonb_build_object('category', wanted.path));
    end if;
    insert into catalog.categories as c (id, path, ancestor_ids, title, description, position)
    values (wanted.id, wanted.path, coalesce(above, '{}') || wanted.id, wanted.title, wanted.description, wanted.position)
    on conflict (path) do update
      set title = excluded.title, description = excluded.description, position = excluded.position, version = c.version + 1
      where overwrite and (c.title, c.description, c.position)
        is distinct from (excluded.title, excluded.description, excluded.position);
    changes := changes + (case when found then 1 else 0 end);
  end loop;
  return changes;
end $$;

-- Write a batch of products and variants, each with its id; a member that is not given keeps what is there, null clears it.
-- Nothing is written where nothing differs. Answers the products that changed.
create or replace function catalog.import_batch(in_products jsonb, in_variants jsonb) returns uuid[]
language plpgsql as $$
declare
  blank_product catalog.products := jsonb_populate_record(null::catalog.products,
    '{"description": "", "tax_category": "standard", "attributes": [], "option_names": [], "pictures": [], "state": "published",
      "announced": false, "version": 0}');
  blank_variant catalog.variants := jsonb_populate_record(null::catalog.variants, '{"position": 0, "title": "", "options": {}}');
  written uuid[];
  extended uuid[];
begin
  set constraints catalog.variants_options_unique deferred;
  perform 1 from catalog.products p
  where p.id in (select (i ->> 'id')::uuid from jsonb_array_elements(in_products) i) order by p.id for update;

  with changed as (
    insert into catalog.products as t (id, slug, title, title_key, description, brand_id, category_id, tax_category,
      attributes, option_names, pictures, rating_average, rating_count, state, published_at, version)
    select n.id, n.slug, n.title, n.title_key, n.description, n.brand_id, n.category_id, n.tax_category,
      n.attributes, n.option_names, n.pictures, n.rating_average, n.rating_count, n.state,
      case when n.state = 'published' then coalesce(n.published_at, now()) else n.published_at end, n.version + 1
    from jsonb_array_elements(in_products) as i (doc)
    left join catalog.products p on p.id = (i.doc ->> 'id')::uuid
    cross join lateral jsonb_populate_record(coalesce(p, blank_product), i.doc) n
    where p.id is null or n is distinct from p
    on conflict (id) do update set
      title = excluded.title, title_key = excluded.title_key, description = excluded.description,
      brand_id = excluded.brand_id, category_id = excluded.category_id, tax_category = excluded.tax_category,
      attributes = excluded.attributes, option_names = excluded.option_names, pictures = excluded.pictures,
      rating_average = excluded.rating_average, rating_count = excluded.rating_count, state = excluded.state,
      published_at = excluded.published_at, version = excluded.version, updated_at = clock_timestamp()
    returning t.id
  )
  select coalesce(array_agg(c.id), '{}') into written from changed c;

  with changed as (
    insert into catalog.variants as t
      (id, product_id, position, sku, barcode, title, options, picture, weight_grams, hold_on)
    select n.id, n.product_id, n.position, n.sku, n.barcode, n.title, n.options, n.picture, n.weight_grams, n.hold_on
    from jsonb_array_elements(in_variants) as i (doc)
    left join catalog.variants v on v.id = (i.doc ->> 'id')::uuid
    cross join lateral jsonb_populate_record(coalesce(v, blank_variant), i.doc) n
    where v.id is null or v.retired_at is not null or n is distinct from v
    on conflict (id) do update set
      position = excluded.position, barcode = excluded.barcode, title = excluded.title, options = excluded.options,
      picture = excluded.picture, weight_grams = excluded.weight_grams, hold_on = excluded.hold_on, retired_at = null
    returning t.product_id
  )
  select coalesce(array_agg(distinct c.product_id), '{}') into extended from changed c;

  update catalog.products p set version = p.version + 1, updated_at = clock_timestamp()
  where p.id = any (extended) and p.id <> all (written);
  set constraints catalog.variants_options_unique immediate;
  return (select coalesce(array_agg(distinct u), '{}') from unnest(written || extended) u);
end $$;
