-- What may be bought: live variants of published products. Published to other modules.
create or replace view catalog.sellable as
select
  v.id as variant_id,
  p.id as product_id,
  v.sku,
  p.title,
  v.title as variant_title,
  p.slug,
  coalesce(v.picture, p.pictures -> 0 ->> 'file') as picture,
  p.tax_category,
  v.weight_grams,
  v.hold_on
from catalog.variants v
join catalog.products p on p.id = v.product_id
where v.retired_at is null and p.state = 'published';

-- Every variant that ever was, for whoever must name one that is no longer sold (old orders, stock lists).
create or replace view catalog.known_variants as
select v.id as variant_id, v.product_id, v.sku, v.barcode, p.title, v.title as variant_title, p.slug, p.state,
  v.retired_at is null as live
from catalog.variants v
join catalog.products p on p.id = v.product_id;
