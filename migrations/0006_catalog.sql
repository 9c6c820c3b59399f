-- What is for sale: brands, the category tree, products with their variants, slug history, the shop's face, import progress.

create schema catalog;

create table catalog.brands (
  id uuid primary key,
  slug text not null constraint brands_slug_unique unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 120),
  title text not null check (length(title) between 1 and 200),
  title_key text collate "C" not null,
  version integer not null default 1 check (version > 0)
);
create index brands_by_title on catalog.brands (title_key, id);

-- The tree as materialised paths ('kitchen/mugs'); ancestor_ids runs from the root to the category itself.
create table catalog.categories (
  id uuid primary key,
  path text collate "C" not null constraint categories_path_unique unique
    check (path ~ '^[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)*$' and length(path) <= 500),
  ancestor_ids uuid[] not null check (cardinality(ancestor_ids) between 1 and 8 and ancestor_ids[cardinality(ancestor_ids)] = id),
  title text not null check (length(title) between 1 and 200),
  description text not null default '' check (length(description) <= 5000),
  position integer not null default 0,
  version integer not null default 1 check (version > 0)
);

create table catalog.products (
  id uuid primary key,
  slug text not null constraint products_slug_unique unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 120),
  title text not null check (length(title) between 1 and 300),
  title_key text collate "C" not null,
  description text not null default '' check (length(description) <= 20000),
  brand_id uuid constraint products_brand_known references catalog.brands (id),
  category_id uuid constraint products_category_known references catalog.categories (id),
  tax_category text not null default 'standard' check (tax_category ~ '^[a-z0-9_-]{1,40}$'),
  attributes jsonb not null default '[]' check (jsonb_typeof(attributes) = 'array'),
  option_names text[] not null default '{}' check (cardinality(option_names) <= 6),
  pictures jsonb not null default '[]' check (jsonb_typeof(pictures) = 'array'),
  rating_average numeric(3, 2) check (rating_average between 0 and 5),
  rating_count integer check (rating_count >= 0),
  state text not null default 'draft' check (state in ('draft', 'published', 'archived')),
  published_at timestamptz,
  -- The version that published it or took it back (0: none did), so that an event says which of these it is.
  shown_since integer not null default 0 check (shown_since >= 0),
  version integer not null default 1 check (version > 0),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint products_rating_whole check ((rating_average is null) = (rating_count is null)),
  constraint products_published_when check (state <> 'published' or published_at is not null)
);
create index products_newest on catalog.products (published_at desc, id desc) where state = 'published';
create index products_title on catalog.products (title_key, id);
create index products_category_newest on catalog.products (category_id, published_at desc, id desc) where state = 'published';
create index products_category_title on catalog.products (category_id, title_key, id) where state = 'published';
create index products_brand_newest on catalog.products (brand_id, published_at desc, id desc) where state = 'published';
create index products_brand_title on catalog.products (brand_id, title_key, id) where state = 'published';

create table catalog.variants (
  id uuid primary key,
  product_id uuid not null references catalog.products (id),
  position integer not null default 0,
  sku text not null constraint variants_sku_unique unique check (sku ~ '^[!-~]([ -~]{0,62}[!-~])?$'),
  barcode text check (barcode ~ '^[0-9A-Za-z-]{1,32}$'),
  title text not null default '' check (length(title) <= 400),
  options jsonb not null default '{}' check (jsonb_typeof(options) = 'object'),
  picture text,
  weight_grams integer check (weight_grams between 0 and 100000000),
  hold_on text check (hold_on in ('add', 'checkout')),
  retired_at timestamptz,
  live boolean generated always as (case when retired_at is null then true end) stored,
  -- Deferrable, so that one change may swap the options of two variants. A retired variant (live is null) collides with none.
  constraint variants_options_unique unique (product_id, options, live) deferrable initially immediate
);
create index variants_of_product on catalog.variants (product_id, position, id);
create index variants_by_barcode on catalog.variants (barcode) where barcode is not null;

-- The lowest base price of each published product and currency: the key that a listing by price is sorted by.
create table catalog.listed_prices (
  product_id uuid not null references catalog.products (id),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  from_minor bigint not null check (from_minor >= 0),
  category_id uuid,
  brand_id uuid,
  primary key (product_id, currency)
);
create index listed_prices_all on catalog.listed_prices (currency, from_minor, product_id);
create index listed_prices_category on catalog.listed_prices (category_id, currency, from_minor, product_id);
create index listed_prices_brand on catalog.listed_prices (brand_id, currency, from_minor, product_id);

-- Addresses that a product had before; they lead to where it is now.
create table catalog.slug_history (
  slug text primary key,
  product_id uuid not null references catalog.products (id),
  left_at timestamptz not null default clock_timestamp()
);
create index slug_history_of_product on catalog.slug_history (product_id);

create table catalog.shop_profile (
  sole boolean primary key default true check (sole),
  name text not null check (length(name) between 1 and 120),
  tagline text not null default '' check (length(tagline) <= 300),
  country text not null check (country ~ '^[A-Z]{2}$'),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  currencies text[] not null check (cardinality(currencies) between 1 and 20 and currency = any (currencies)),
  sections jsonb not null default '[]' check (jsonb_typeof(sections) = 'array'),
  version integer not null default 1 check (version > 0)
);
insert into catalog.shop_profile (name, country, currency, currencies) values ('Surehold', 'US', 'USD', '{USD}');

-- How far each file came, so that an import that was interrupted goes on where it stopped.
create table catalog.imports (
  id uuid primary key,
  file_hash bytea not null constraint imports_file_unique unique check (length(file_hash) = 32),
  file_name text not null,
  lines_done integer not null default 0 check (lines_done >= 0),
  products integer not null default 0,
  variants integer not null default 0,
  rejected integer not null default 0,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz
);
