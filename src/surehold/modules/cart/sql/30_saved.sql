-- Keep something for later, outside of the cart's promises; quantities of the same thing add up to the ceiling.
create or replace function cart.keep(in_cart uuid, in_variant uuid, in_quantity integer, in_reason text) returns void
language sql as $$
  insert into cart.saved_lines as s (cart_id, variant_id, quantity, reason)
  values (in_cart, in_variant, in_quantity, in_reason)
  on conflict (cart_id, variant_id) do update set
    quantity = least(s.quantity + excluded.quantity, 1000000), reason = excluded.reason, saved_at = clock_timestamp();
$$;

-- Move a line to saved-for-later; refuses LINE_NOT_FOUND. Answers {cart_id, version, stock}.
create or replace function cart.save_line(in_account uuid, in_guest bytea, in_variant uuid) returns jsonb
language plpgsql as $$
declare
  target uuid := cart.lock_owned(in_account, in_guest);
  line_quantity integer;
begin
  select l.quantity into line_quantity from cart.lines l where l.cart_id = target and l.variant_id = in_variant;
  if line_quantity is null then
    perform platform.refuse('LINE_NOT_FOUND', '{}');
  end if;
  perform cart.keep(target, in_variant, line_quantity, 'by_choice');
  perform cart.drop_lines(target, array[in_variant], 'cart.line_saved.v1');
  return (select jsonb_build_object('cart_id', c.id, 'version', c.version, 'stock', cart.stock_now(array[in_variant]))
    from cart.carts c where c.id = target);
end $$;

-- Put a saved line back into the cart, checked like a fresh add; refuses LINE_NOT_FOUND and what adding refuses.
create or replace function cart.restore_line(
  in_account uuid, in_guest bytea, in_network bytea, in_variant uuid, settings jsonb
) returns jsonb
language plpgsql as $$
declare
  target uuid := cart.lock_owned(in_account, in_guest);
  saved_quantity integer;
begin
  delete from cart.saved_lines s where s.cart_id = target and s.variant_id = in_variant
  returning s.quantity into saved_quantity;
  if saved_quantity is null then
    perform platform.refuse('LINE_NOT_FOUND', '{}');
  end if;
  return cart.set_lines(target, in_account, in_network, array[in_variant], array[saved_quantity + coalesce(
    (select l.quantity from cart.lines l where l.cart_id = target and l.variant_id = in_variant), 0)], settings)
    || jsonb_build_object('cart_id', target, 'created', false);
end $$;

-- Forget a saved line; nothing to forget is no error. Answers {cart_id, version} if there was something.
drop function if exists cart.forget_saved(uuid, bytea, uuid);
create function cart.forget_saved(in_account uuid, in_guest bytea, in_variant uuid) returns jsonb
language plpgsql as $$
declare
  target uuid := cart.lock_owned(in_account, in_guest);
begin
  delete from cart.saved_lines s where s.cart_id = target and s.variant_id = in_variant;
  if not found then
    return null;
  end if;
  return jsonb_build_object('cart_id', target, 'version', cart.bump(target, 'cart.saved_changed.v1', '{}'));
end $$;

-- Share a cart under a token's hash, or stop sharing it with null; refuses CART_NOT_FOUND.
create or replace function cart.set_share(in_account uuid, in_guest bytea, in_share bytea) returns void
language plpgsql as $$
declare
  target uuid := cart.lock_owned(in_account, in_guest);
begin
  if target is null then
    perform platform.refuse('CART_NOT_FOUND', '{}');
  end if;
  update cart.carts c set share_hash = in_share where c.id = target;
end $$;
