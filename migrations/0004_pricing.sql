-- Prices with their history, account groups with their terms, taxes, shipping, and the values a new shop starts with.

create schema pricing;

-- The base list has a fixed id, so that views and indexes name it without a join.
create table pricing.price_lists (
  id uuid primary key,
  code text not null unique check (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  title text not null check (length(title) between 1 and 120),
  version bigint not null default 1 check (version > 0),
  created_at timestamptz not null default clock_timestamp(),
  constraint price_lists_one_base
    check ((code = 'base') = (id = '00000000-0000-7000-8000-000000000001'))
);

create table pricing.prices (
  price_list_id uuid not null references pricing.price_lists (id),
  variant_id uuid not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor between 0 and 1000000000000),
  changed_at timestamptz not null default clock_timestamp(),
  primary key (variant_id, currency, price_list_id)
);
create index prices_by_amount on pricing.prices (currency, amount_minor, variant_id)
  where price_list_id = '00000000-0000-7000-8000-000000000001';
create index prices_of_list on pricing.prices (price_list_id, variant_id, currency);

-- One row per variant that ever had a price; its lock puts the changes of a variant in one order.
create table pricing.variant_versions (
  variant_id uuid primary key,
  version bigint not null check (version > 0)
);

-- The history: a null is "no price". Never changed, never removed.
create table pricing.price_changes (
  id bigint generated always as identity primary key,
  price_list_id uuid not null references pricing.price_lists (id),
  variant_id uuid not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  old_minor bigint check (old_minor >= 0),
  new_minor bigint check (new_minor >= 0),
  changed_at timestamptz not null default clock_timestamp(),
  constraint price_changes_change check (old_minor is distinct from new_minor)
);
create index price_changes_of_variant on pricing.price_changes (variant_id, currency, changed_at, id);
create index price_changes_recent on pricing.price_changes (changed_at, id)
  where price_list_id = '00000000-0000-7000-8000-000000000001' and old_minor is not null and new_minor is not null;

-- What members of a group buy on. The checks are hard ceilings above every group's limits.
create table pricing.account_groups (
  id uuid primary key,
  code text not null unique check (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  title text not null check (length(title) between 1 and 120),
  price_list_id uuid not null references pricing.price_lists (id)
    default '00000000-0000-7000-8000-000000000001',
  max_lines integer not null check (max_lines between 1 and 10000),
  max_line_quantity integer not null check (max_line_quantity between 1 and 1000000),
  max_held_units integer not null check (max_held_units between 1 and 10000000),
  version bigint not null default 1 check (version > 0)
);
create index account_groups_of_list on pricing.account_groups (price_list_id);

-- An account is in one group; without a row it is in `retail`.
create table pricing.group_members (
  account_id uuid primary key,
  group_id uuid not null references pricing.account_groups (id),
  since timestamptz not null default clock_timestamp()
);
create index group_members_of_group on pricing.group_members (group_id, account_id);

-- No row, no tax. An empty region stands for the whole country; a region's row goes before it.
create table pricing.tax_rates (
  id uuid primary key,
  country text not null check (country ~ '^[A-Z]{2}$'),
  region text not null default '' check (length(region) <= 40),
  tax_category text not null check (tax_category ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
  title text not null check (length(title) between 1 and 120),
  rate_bp integer not null check (rate_bp between 0 and 10000),
  valid_from date not null,
  version bigint not null default 1 check (version > 0),
  constraint tax_rates_one_a_day unique (country, region, tax_category, valid_from)
);

-- Ways to ship, with their time in business days. No countries means everywhere.
create table pricing.shipping_methods (
  id uuid primary key,
  code text not null unique check (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  title text not null check (length(title) between 1 and 120),
  countries text[] not null default '{}' check (cardinality(countries) <= 250),
  min_days integer not null check (min_days between 0 and 120),
  max_days integer not null check (max_days between min_days and 120),
  position integer not null default 0,
  enabled boolean not null default true,
  version bigint not null default 1 check (version > 0)
);

-- A method is offered in the currencies it has a rate in. It is free for merchandise above `free_above_minor`, not at it.
create table pricing.shipping_rates (
  method_id uuid not null references pricing.shipping_methods (id) on delete cascade,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor between 0 and 1000000000),
  free_above_minor bigint check (free_above_minor between 0 and 1000000000000),
  primary key (method_id, currency)
);

-- Places that take longer; the longest prefix wins.
create table pricing.delivery_zones (
  country text not null check (country ~ '^[A-Z]{2}$'),
  postcode_prefix text not null check (postcode_prefix ~ '^[A-Z0-9]{1,10}$'),
  extra_days integer not null check (extra_days between 1 and 60),
  primary key (country, postcode_prefix)
);

-- What a new shop starts with; staff changes all of it.
insert into pricing.price_lists (id, code, title) values
  ('00000000-0000-7000-8000-000000000001', 'base', 'Base prices'),
  ('00000000-0000-7000-8000-000000000002', 'wholesale', 'Wholesale prices');

insert into pricing.account_groups (id, code, title, price_list_id, max_lines, max_line_quantity, max_held_units) values
  ('00000000-0000-7000-8000-000000000011', 'retail', 'Retail', '00000000-0000-7000-8000-000000000001', 100, 999, 5000),
  ('00000000-0000-7000-8000-000000000012', 'wholesale', 'Wholesale', '00000000-0000-7000-8000-000000000002',
   5000, 100000, 1000000);

insert into pricing.tax_rates (id, country, tax_category, title, rate_bp, valid_from) values
  ('00000000-0000-7000-8000-000000000021', 'US', 'standard', 'Sales tax', 800, '2000-01-01');

insert into pricing.shipping_methods (id, code, title, countries, min_days, max_days, position) values
  ('00000000-0000-7000-8000-000000000031', 'standard', 'Standard', '{}', 3, 5, 1),
  ('00000000-0000-7000-8000-000000000032', 'express', 'Express', '{US,CA,GB}', 1, 2, 2);

insert into pricing.shipping_rates (method_id, currency, amount_minor, free_above_minor)
select '00000000-0000-7000-8000-000000000031'::uuid, c.code, 599, 5000 from unnest('{USD,EUR,GBP}'::text[]) as c(code)
union all
select '00000000-0000-7000-8000-000000000032'::uuid, c.code, 1499, null from unnest('{USD,EUR,GBP}'::text[]) as c(code);

-- Alaska, Hawaii, Puerto Rico and the Virgin Islands by their ZIP code areas.
insert into pricing.delivery_zones (country, postcode_prefix, extra_days)
select 'US', prefix, 3 from unnest('{995,996,997,998,999,967,968,006,007,008,009}'::text[]) as p(prefix);
