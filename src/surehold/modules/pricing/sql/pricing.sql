-- The base list's prices: what a guest pays.
create or replace view pricing.base_prices as
select p.variant_id, p.currency, p.amount_minor, p.changed_at
from pricing.prices p
where p.price_list_id = '00000000-0000-7000-8000-000000000001';

-- The history of every list, in the words of whoever checks a charged price against it.
create or replace view pricing.price_history as
select c.id, c.price_list_id, c.variant_id, c.currency, c.old_minor, c.new_minor, c.changed_at
from pricing.price_changes c;

-- The version of a variant's prices: every change of it in any list counts one. Unpriced ones are at 1. Published.
create or replace view pricing.price_versions as select v.variant_id, v.version from pricing.variant_versions v;

-- Keep a variant's prices as they are until the transaction ends. Published.
create or replace function pricing.lock_prices(of_variant uuid) returns void
language sql as $$
  insert into pricing.variant_versions (variant_id, version) values (of_variant, 1) on conflict (variant_id) do nothing;
  select 1 from pricing.variant_versions v where v.variant_id = of_variant for update;
$$;

-- What an account buys on: its group's terms, those of `retail` for guests (null) and everybody without a group.
create or replace function pricing.terms_of(account uuid)
returns table (price_list_id uuid, group_code text, max_lines integer, max_line_quantity integer, max_held_units integer)
language sql stable rows 1 as $$
  select g.price_list_id, g.code, g.max_lines, g.max_line_quantity, g.max_held_units
  from pricing.account_groups g
  where g.id = coalesce(
    (select m.group_id from pricing.group_members m where m.account_id = terms_of.account),
    '00000000-0000-7000-8000-000000000011');
$$;

-- Unit prices of a list, the base list's where it has none; a variant without a price has no row. A null list is the base.
-- Written as look-ups by key, so that no plan ever reads the whole table, statistics or not.
create or replace function pricing.unit_prices(price_list uuid, in_currency text, variants uuid[])
returns table (variant_id uuid, unit_minor bigint)
language sql stable as $$
  select v.id, found.unit_minor
  from unnest(unit_prices.variants) as v (id)
  cross join lateral (
    select coalesce(
      (select p.amount_minor from pricing.prices p
        where p.variant_id = v.id and p.currency = in_currency and p.price_list_id = unit_prices.price_list),
      (select p.amount_minor from pricing.prices p
        where p.variant_id = v.id and p.currency = in_currency
          and p.price_list_id = '00000000-0000-7000-8000-000000000001')) as unit_minor
    offset 0
  ) found
  where found.unit_minor is not null;
$$;

-- Bring prices of one list to the given amounts (null removes one). Writes only where something differs; answers the
-- variants that changed, with their new version. Every change is an event, but for the first prices of a variant, which come with
-- its product: those only with `tell_first`.
drop function if exists pricing.apply_prices(uuid, uuid[], text[], bigint[]);
create or replace function pricing.apply_prices(
  in_list uuid, variants uuid[], currencies text[], amounts bigint[], tell_first boolean default false
) returns table (variant_id uuid, version bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  first_version constant bigint := 2;  -- rows start at 1, before anything is priced
  made uuid[];
begin
  -- Every writer takes these rows in one order before it reads a price: no deadlock, no lost change. (A conflict locks the row
  -- that is there even though nothing is done to it.)
  with added as (
    insert into pricing.variant_versions as known (variant_id, version)
    select distinct w.variant_id, 1 from unnest(variants) as w (variant_id) order by 1
    on conflict (variant_id) do update set version = known.version where false
    returning known.variant_id
  )
  select array_agg(a.variant_id) into made from added a;

  return query
  with different as (
    select w.variant_id, w.currency, found.old_minor, w.amount_minor as new_minor
    from unnest(variants, currencies, amounts) as w (variant_id, currency, amount_minor)
    left join unnest(made) as m (variant_id) on m.variant_id = w.variant_id
    cross join lateral (  -- a look-up by key, never a plan that reads the whole list; a row made here says that there is no price
      select case when m.variant_id is null then (select p.amount_minor from pricing.prices p
        where p.variant_id = w.variant_id and p.currency = w.currency and p.price_list_id = in_list) end as old_minor
      offset 0
    ) found
    where found.old_minor is distinct from w.amount_minor
    order by 1, 2
  ), written as (
    insert into pricing.prices (price_list_id, variant_id, currency, amount_minor)
    select in_list, d.variant_id, d.currency, d.new_minor from different d where d.old_minor is null
  ), rewritten as (
    update pricing.prices p set amount_minor = d.new_minor, changed_at = clock_timestamp() from different d
    where d.old_minor is not null and d.new_minor is not null
      and p.variant_id = d.variant_id and p.currency = d.currency and p.price_list_id = in_list
  ), removed as (
    delete from pricing.prices p using different d
    where d.new_minor is null and p.variant_id = d.variant_id and p.currency = d.currency and p.price_list_id = in_list
  ), told as (
    insert into pricing.price_changes (price_list_id, variant_id, currency, old_minor, new_minor)
    select in_list, d.variant_id, d.currency, d.old_minor, d.new_minor from different d
  ), facts as materialized (
    select d.variant_id, array_agg(d.currency order by d.currency) as currencies,
      array_agg(d.old_minor order by d.currency) as olds, array_agg(d.new_minor order by d.currency) as news
    from different d group by d.variant_id
  ), counted as (
    update pricing.variant_versions vv set version = vv.version + 1 from facts f
    where vv.variant_id = f.variant_id
    returning vv.variant_id, vv.version, f.currencies, f.olds, f.news
  ), announced as materialized (
    select pricing.announce(c.variant_id, c.version, in_list, (
      select jsonb_agg(jsonb_build_object('currency', x.currency, 'old_minor', x.old, 'new_minor', x.new) order by x.currency)
      from unnest(c.currencies, c.olds, c.news) as x (currency, old, new))) as event_id
    from counted c where tell_first or c.version > first_version
  )
  select c.variant_id, c.version from counted c cross join (select count(event_id) from announced) as done;
end $$;

-- The event of one variant's change. Its aggregate is the price of the variant, not the variant: other modules count that.
create or replace function pricing.announce(of_variant uuid, at_version bigint, in_list uuid, changes jsonb)
returns bigint language sql as $$
  select platform.emit(
    'pricing.price_changed.v1', 'variant_price', md5('pricing:' || of_variant)::uuid, at_version,
    jsonb_build_object('variant_id', of_variant, 'version', at_version, 'price_list_id', in_list, 'changes', changes));
$$;

drop function if exists pricing.set_price(uuid, text, bigint, uuid, text);
drop function if exists pricing.list_id(text);

-- Bring base prices to the given amounts, many at once; answers how many variants changed. One audit row tells of all.
create or replace function pricing.import_prices(variants uuid[], currencies text[], amounts bigint[])
returns bigint
language plpgsql as $$
declare
  changed bigint;
begin
  select count(*) into changed
  from pricing.apply_prices('00000000-0000-7000-8000-000000000001', variants, currencies, amounts);
  if changed > 0 then
    perform audit.record('system', 'pricing.prices_imported', 'price_list',
      '00000000-0000-7000-8000-000000000001', jsonb_build_object('variants', changed));
  end if;
  return changed;
end $$;

-- Put accounts into a group, many at once (moving those who were in another); answers how many moved.
create or replace function pricing.set_members(in_group text, accounts uuid[], by_actor text default 'system')
returns bigint
language plpgsql as $$
declare
  to_group uuid;
  moved uuid[];
begin
  select g.id into to_group from pricing.account_groups g where g.code = in_group;
  if to_group is null then
    perform platform.refuse('ACCOUNT_GROUP_NOT_FOUND', jsonb_build_object('group', in_group));
  end if;
  with changed as (
    insert into pricing.group_members as m (account_id, group_id)
    select distinct a.id, to_group from unnest(accounts) as a (id) order by 1
    on conflict (account_id) do update set group_id = excluded.group_id, since = excluded.since
      where m.group_id <> excluded.group_id
    returning m.account_id
  )
  select coalesce(array_agg(c.account_id order by c.account_id), '{}') into moved from changed c;
  perform audit.record(by_actor, 'pricing.member_set', 'account', a.id, jsonb_build_object('group', in_group))
  from unnest(moved) as a (id);
  return cardinality(moved);
end $$;

-- Everything a quote needs of the tables, in one answer: the tax rates in force and the ways to ship there.
drop function if exists pricing.rates_for(text, text, text, text, date); -- answers for all postcodes, by now
create or replace function pricing.rates_for(
  in_country text, in_region text, in_currency text, on_day date
) returns json
language sql stable as $$
  select json_build_object(
    'tax_rates', coalesce((
      select json_agg(json_build_object('country', t.country, 'region', t.region, 'tax_category', t.tax_category,
        'rate_bp', t.rate_bp, 'title', t.title))
      from (
        select distinct on (r.region, r.tax_category) r.country, r.region, r.tax_category, r.rate_bp, r.title
        from pricing.tax_rates r
        where r.country = in_country and r.region in ('', in_region) and r.valid_from <= on_day
        order by r.region, r.tax_category, r.valid_from desc
      ) t), '[]'),
    'methods', coalesce((
      select json_agg(json_build_object('code', m.code, 'title', m.title, 'currency', r.currency,
        'amount_minor', r.amount_minor, 'free_above_minor', r.free_above_minor,
        'min_days', m.min_days, 'max_days', m.max_days) order by m.position, m.code)
      from pricing.shipping_methods m
      join pricing.shipping_rates r on r.method_id = m.id and r.currency = in_currency
      where m.enabled and (m.countries = '{}' or in_country = any (m.countries))), '[]'),
    'zones', coalesce((
      select json_object_agg(z.postcode_prefix, z.extra_days) from pricing.delivery_zones z where z.country = in_country), '{}'));
$$;

-- The number of the last change to what rates_for reads: as long as it is the same, so is what that answers. Published.
create or replace function pricing.rates_version() returns bigint
language sql stable as $$
  select version from pricing.rates_state;
$$;

-- Bring prices of one list to the given amounts on somebody's behalf; answers the variants that changed.
drop function if exists pricing.set_prices(uuid, uuid[], text[], bigint[], text);
create or replace function pricing.set_prices(
  in_list uuid, variants uuid[], currencies text[], amounts bigint[], by_actor text, tell_first boolean default false
) returns uuid[]
language plpgsql as $$
declare
  changed uuid[];
begin
  select coalesce(array_agg(a.variant_id order by a.variant_id), '{}') into changed
  from pricing.apply_prices(in_list, variants, currencies, amounts, tell_first) a;
  perform audit.record(by_actor, 'pricing.price_set', 'variant', w.variant_id,
    jsonb_build_object('price_list_id', in_list, 'currency', w.currency, 'amount_minor', w.amount_minor))
  from unnest(variants, currencies, amounts) as w (variant_id, currency, amount_minor)
  where w.variant_id = any (changed);
  return changed;
end $$;
