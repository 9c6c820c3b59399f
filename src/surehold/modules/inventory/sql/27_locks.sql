-- Lock what is about to change in the one order: the carts' holder rows (made if missing), then the variants' stock rows.
-- For whoever touches several variants or carts one after the other. The caller locked the carts. Renews nothing. Published.
create or replace function inventory.lock_in_order(carts uuid[], variants uuid[]) returns void
language plpgsql as $$
begin
  -- A conflict locks the row that is there, even though nothing is done to it.
  insert into inventory.holders as known (cart_id, held_until, sweep_at)
  select distinct c, clock_timestamp(), clock_timestamp() from unnest(carts) c order by 1
  on conflict (cart_id) do update set held_until = known.held_until where false;
  perform 1 from inventory.stock s where s.variant_id = any (variants) order by s.variant_id for update;
end $$;
