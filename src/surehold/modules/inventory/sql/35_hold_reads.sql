-- Whether an order of this cart is being placed: its holds are spoken for. Published.
create or replace function inventory.is_placing(in_cart uuid) returns boolean
language sql stable as $$
  select exists (select 1 from inventory.holders o where o.cart_id = in_cart and o.placing_until > clock_timestamp());
$$;

-- Units of each variant that a cart could still have: what is free, what expired holds keep, and what it holds itself; and how many
-- it could be promised beyond that. Published.
drop function if exists inventory.left_for(uuid, uuid[]);
create or replace function inventory.left_for(in_cart uuid, variants uuid[])
returns table (variant_id uuid, available integer, backorder_left integer)
language sql stable as $$
  select s.variant_id, (s.on_hand - s.reserved + coalesce(h.units, 0))::integer,
    (s.backorder_limit - s.backordered + coalesce(b.units, 0))::integer
  from inventory.stock s
  left join lateral (
    select sum(x.quantity) as units from inventory.hold_ends x
    where x.variant_id = s.variant_id and x.quantity > 0 and (x.cart_id = in_cart or x.expires_at <= clock_timestamp())) h on true
  left join lateral (
    select sum(x.quantity) as units from inventory.backorders x
    where x.cart_id = in_cart and x.variant_id = s.variant_id) b on true
  where s.variant_id = any (variants);
$$;

-- Units of a variant that a cart holds or was promised. Published.
create or replace function inventory.held_by(in_cart uuid, in_variant uuid) returns integer
language sql stable as $$
  select (coalesce((select h.quantity from inventory.holds h where h.cart_id = in_cart and h.variant_id = in_variant), 0)
    + coalesce((select b.quantity from inventory.backorders b where b.cart_id = in_cart and b.variant_id = in_variant), 0))::integer;
$$;

-- How many carts hold a variant right now.
create or replace function inventory.carts_holding(in_variant uuid) returns bigint
language sql stable as $$
  select count(*) from inventory.holds h
  -- LIMIT keeps this a look-up per hold: without statistics a join would read every holder there is.
  cross join lateral (
    select e.expires_at from inventory.hold_ends e
    where e.cart_id = h.cart_id and e.variant_id = h.variant_id limit 1
  ) ends
  where h.variant_id = in_variant and h.quantity > 0 and ends.expires_at > clock_timestamp();
$$;
