-- What to offer instead of a variant that is short: other variants of the product first, then the newest of its category,
-- the nearest price first; only what is there. Looks at a bounded number of candidates. Published.
create or replace function catalog.alternatives(in_variant uuid, in_currency text, at_most integer) returns jsonb
language plpgsql stable as $$
declare
  origin record;
begin
  select v.product_id, p.category_id, b.amount_minor into origin
  from catalog.variants v
  join catalog.products p on p.id = v.product_id
  left join pricing.base_prices b on b.variant_id = v.id and b.currency = in_currency
  where v.id = in_variant;
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'variant_id', c.variant_id, 'product_id', c.product_id, 'slug', c.slug, 'title', c.title,
      'variant_title', c.variant_title, 'picture', c.picture, 'available', c.available,
      'unit_price', jsonb_build_object('amount', c.amount_minor, 'currency', in_currency))), '[]')
    from (
      select distinct on (x.rank, x.distance, x.variant_id) x.* from (
        select s.*, a.available, b.amount_minor, (s.product_id <> origin.product_id)::integer as rank,
          abs(b.amount_minor - coalesce(origin.amount_minor, b.amount_minor)) as distance
        from (
          select origin.product_id as id
          union all
          (select p.id from catalog.products p
           where p.category_id = origin.category_id and p.state = 'published' and p.id <> origin.product_id
           order by p.published_at desc, p.id desc limit 60)
        ) near
        cross join lateral (
          select y.* from catalog.sellable y where y.product_id = near.id and y.variant_id <> in_variant limit 12) s
        join inventory.availability a on a.variant_id = s.variant_id and a.available > 0
        join pricing.base_prices b on b.variant_id = s.variant_id and b.currency = in_currency
      ) x
      order by x.rank, x.distance, x.variant_id
      limit at_most) c);
end $$;
