-- Bring one guest line into an account's cart, checked like a fresh add. Answers what became of it. The guest's hold was
-- given back in this transaction and the stock row is still locked, so nobody can come between.
create or replace function cart.merge_line(
  into_cart uuid, in_account uuid, in_network bytea, in_variant uuid, guest_quantity integer, strategy text,
  terms jsonb, settings jsonb, next_version bigint
) returns jsonb
language plpgsql as $$
declare
  before integer;
  wanted integer;
  result integer := 0;
  reason text;
  price bigint;
  policy text;
  left_over integer;
begin
  select coalesce(max(l.quantity), 0) into before from cart.lines l where l.cart_id = into_cart and l.variant_id = in_variant;
  wanted := case strategy when 'sum' then before + guest_quantity else greatest(before, guest_quantity) end;
  result := greatest(before, least(wanted, (terms ->> 'max_line_quantity')::integer));
  if before = 0 and (select count(*) from cart.lines l where l.cart_id = into_cart) >= (terms ->> 'max_lines')::integer then
    result := 0;
  end if;
  reason := case when result < wanted then 'limit' end;
  select p.unit_minor, coalesce(s.hold_on, settings ->> 'hold_on') into price, policy
  from catalog.sellable s
  join pricing.unit_prices((terms ->> 'price_list_id')::uuid, settings ->> 'currency', array[in_variant]) p
    on p.variant_id = s.variant_id
  where s.variant_id = in_variant;
  if price is null then
    result := 0;
    reason := 'stock';
  elsif result > 0 and policy = 'add' then
    begin
      select h.held + h.backordered into result from inventory.take_holds(
        into_cart, in_account, in_network, array[in_variant], array[result], (settings ->> 'hold_s')::integer,
        settings -> 'caps' || jsonb_build_object('partial', true, 'max_held_units', terms -> 'max_held_units')) h;
    exception when sqlstate 'SH001' then
      result := 0;
      reason := 'limit';
    end;
    reason := case when result < wanted then coalesce(reason, 'stock') end;
  elsif result > 0 then
    select o.available + o.backorder_left into left_over from inventory.left_for(into_cart, array[in_variant]) o;
    if coalesce(left_over, 0) < result then
      result := coalesce(left_over, 0);
      reason := 'stock';
    end if;
  end if;
  result := greatest(result, before);
  if result > before then
    insert into cart.lines as l (cart_id, variant_id, quantity, unit_minor, changed_version)
    values (into_cart, in_variant, result, price, next_version)
    on conflict (cart_id, variant_id) do update set
      quantity = excluded.quantity, unit_minor = excluded.unit_minor, changed_version = excluded.changed_version;
  end if;
  if result < wanted then
    perform cart.keep(into_cart, in_variant, wanted - result, reason);
  end if;
  return jsonb_build_object('variant_id', in_variant, 'account_quantity', before, 'guest_quantity', guest_quantity,
    'quantity', result, 'saved', wanted - result, 'reason', case when result < wanted then reason end);
end $$;

-- What offline clients of a guest's cart are owed goes along with it: the answers to what they sent already, without versions
-- (those were the guest cart's), and which lines are gone, as of the merge.
create or replace function cart.move_history(guest_cart uuid, account_cart uuid, next_version bigint) returns void
language sql as $$
  insert into cart.operations (cart_id, operation_id, outcome, at)
  select account_cart, o.operation_id, o.outcome - 'version', o.at from cart.operations o where o.cart_id = guest_cart
  on conflict (cart_id, operation_id) do nothing;
  delete from cart.operations o where o.cart_id = guest_cart;
  insert into cart.removed_lines (cart_id, variant_id, version)
  select account_cart, r.variant_id, next_version from cart.removed_lines r
  where r.cart_id = guest_cart
    and not exists (select 1 from cart.lines l where l.cart_id = account_cart and l.variant_id = r.variant_id)
  on conflict (cart_id, variant_id) do update set version = excluded.version, at = excluded.at;
  delete from cart.removed_lines r where r.cart_id = guest_cart;
$$;

-- A guest cart goes into an account's cart, in one transaction: no line is lost, doing it twice changes nothing.
-- Lines are priced in the currency of the account's cart (of the guest's, if the account's has no lines); what has no price in
-- it is saved for later. While an order of the guest's cart is being placed, its holds are that order's: nothing is merged, and
-- the merge waits. Carts are locked in the order of their ids, then all that is held or will be.
-- Answers {merged, merge_id, cart_id, version, undo_until, changes, stock}.
create or replace function cart.merge(
  in_account uuid, in_guest bytea, in_network bytea, new_cart uuid, new_merge uuid, strategy text, undo_s integer, settings jsonb
) returns jsonb
language plpgsql as $$
declare
  guest_cart uuid;
  account_cart uuid;
  terms jsonb;
  before jsonb;
  changes jsonb := '[]';
  item record;
  next_version bigint;
begin
  select c.id into guest_cart from cart.carts c where c.guest_hash = in_guest and c.state = 'active';
  if guest_cart is null then
    return jsonb_build_object('merged', false);
  end if;
  insert into cart.carts (id, account_id, currency)
  select new_cart, in_account, c.currency from cart.carts c where c.id = guest_cart
  on conflict do nothing;
  select c.id into strict account_cart from cart.carts c where c.account_id = in_account and c.state = 'active';
  perform 1 from cart.carts c where c.id in (guest_cart, account_cart) order by c.id for update;
  perform 1 from cart.carts c where c.id = guest_cart and c.state = 'active';
  if not found then
    return jsonb_build_object('merged', false);
  end if;
  if inventory.is_placing(guest_cart) then
    insert into cart.waiting_merges as w (guest_cart_id, account_id) values (guest_cart, in_account)
    on conflict (guest_cart_id) do update set account_id = excluded.account_id;
    return jsonb_build_object('merged', false);
  end if;
  delete from cart.waiting_merges w where w.guest_cart_id = guest_cart;
  update cart.carts c set currency = g.currency from cart.carts g
  where c.id = account_cart and g.id = guest_cart and not exists (select 1 from cart.lines l where l.cart_id = account_cart);
  select to_jsonb(t) into strict terms from pricing.terms_of(in_account) t;
  select c.version + 1, settings || jsonb_build_object('currency', c.currency) into next_version, settings
  from cart.carts c where c.id = account_cart;
  select coalesce(jsonb_agg(jsonb_build_object('variant_id', l.variant_id, 'quantity', l.quantity)), '[]') into before
  from cart.lines l where l.cart_id = account_cart;
  perform inventory.lock_in_order(array[guest_cart, account_cart], array(
    select l.variant_id from cart.lines l where l.cart_id = guest_cart
    union select h.variant_id from inventory.hold_ends h where h.cart_id = guest_cart
    union select b.variant_id from inventory.cart_backorders b where b.cart_id = guest_cart));
  perform inventory.release_holds(guest_cart, null);
  for item in select l.variant_id, l.quantity from cart.lines l where l.cart_id = guest_cart order by l.variant_id loop
    changes := changes || cart.merge_line(
      account_cart, in_account, in_network, item.variant_id, item.quantity, strategy, terms, settings, next_version);
  end loop;
  perform cart.keep(account_cart, s.variant_id, s.quantity, s.reason) from cart.saved_lines s where s.cart_id = guest_cart;
  delete from cart.lines l where l.cart_id = guest_cart;
  delete from cart.saved_lines s where s.cart_id = guest_cart;
  perform cart.move_history(guest_cart, account_cart, next_version);
  update cart.carts c set state = 'merged', share_hash = null, updated_at = clock_timestamp() where c.id = guest_cart;
  insert into cart.merges (id, account_cart_id, guest_cart_id, lines_before, changes, undo_until)
  values (new_merge, account_cart, guest_cart, before, changes, clock_timestamp() + make_interval(secs => undo_s));
  return jsonb_build_object('merged', true, 'merge_id', new_merge, 'cart_id', account_cart, 'changes', changes,
    'undo_until', clock_timestamp() + make_interval(secs => undo_s),
    'stock', cart.stock_now(array(select (x ->> 'variant_id')::uuid from jsonb_array_elements(changes) x)),
    'version', cart.bump(account_cart, 'cart.cart_merged.v1', jsonb_build_object(
      'account_id', in_account, 'guest_cart_id', guest_cart, 'changes', changes)));
end $$;

-- Merges that waited for a placing which is over by now, the longest waiting first; those of carts that ended are forgotten.
create or replace function cart.ripe_merges(batch integer) returns table (account_id uuid, guest_hash bytea)
language sql as $$
  delete from cart.waiting_merges w using cart.carts c where c.id = w.guest_cart_id and c.state <> 'active';
  select w.account_id, c.guest_hash
  from cart.waiting_merges w join cart.carts c on c.id = w.guest_cart_id
  where not inventory.is_placing(w.guest_cart_id)
  order by w.since limit batch;
$$;

-- Take a merge back: lines that still are as the merge left them return to what they were, and the guest's part is kept for
-- later, so nothing is lost. Refuses MERGE_NOT_FOUND (none, too late, or undone already). Answers {cart_id, version, stock}.
create or replace function cart.undo_merge(in_account uuid, in_merge uuid) returns jsonb
language plpgsql as $$
declare
  target uuid := cart.lock_owned(in_account, null);
  merge cart.merges;
  change record;
  changed uuid[] := '{}';
begin
  update cart.merges m set undone_at = clock_timestamp()
  where m.id = in_merge and m.account_cart_id = target and m.undone_at is null and m.undo_until > clock_timestamp()
  returning * into merge;
  if merge.id is null then
    perform platform.refuse('MERGE_NOT_FOUND', '{}');
  end if;
  perform inventory.renew(target, 1);
  for change in
    select x.* from jsonb_to_recordset(merge.changes) as x (variant_id uuid, account_quantity integer, quantity integer)
    join cart.lines l on l.cart_id = target and l.variant_id = x.variant_id and l.quantity = x.quantity
    where x.quantity > x.account_quantity order by x.variant_id
  loop
    perform cart.keep(target, change.variant_id, change.quantity - change.account_quantity, 'undone');
    perform inventory.lower_hold(target, change.variant_id, change.account_quantity);
    changed := changed || change.variant_id;
    if change.account_quantity = 0 then
      perform cart.note_removed(target, array[change.variant_id]);
      delete from cart.lines l where l.cart_id = target and l.variant_id = change.variant_id;
    else
      update cart.lines l set quantity = change.account_quantity, changed_version = (
        select c.version + 1 from cart.carts c where c.id = target)
      where l.cart_id = target and l.variant_id = change.variant_id;
    end if;
  end loop;
  return jsonb_build_object('cart_id', target, 'stock', cart.stock_now(changed), 'version', cart.bump(
    target, 'cart.merge_undone.v1', jsonb_build_object('account_id', in_account, 'merge_id', in_merge)));
end $$;
