-- Lock a cart and tell how many of what it wants, by variant; nulls if there is nothing in it or it is over. Published.
create or replace function cart.lock_units(in_cart uuid, out variants uuid[], out quantities integer[])
language plpgsql as $$
begin
  perform 1 from cart.carts c where c.id = in_cart and c.state = 'active' for update;
  if found then
    select array_agg(l.variant_id order by l.variant_id), array_agg(l.quantity order by l.variant_id)
    into lock_units.variants, lock_units.quantities from cart.lines l where l.cart_id = in_cart;
  end if;
end $$;
