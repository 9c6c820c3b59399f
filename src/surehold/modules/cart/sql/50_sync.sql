-- One operation of an offline client. `own_versions` are cart versions that this client's operations made. An outcome carries
-- a version only if the operation made one.
create or replace function cart.apply_operation(
  in_cart uuid, in_account uuid, in_network bytea, operation jsonb, base_version bigint, own_versions bigint[], settings jsonb
) returns jsonb
language plpgsql as $$
declare
  variant uuid := (operation ->> 'variant_id')::uuid;
  wanted integer := (operation ->> 'quantity')::integer;
  kind text := operation ->> 'kind';
  removes boolean := kind = 'remove' or (kind = 'set' and wanted = 0);
  line cart.lines;
  changed_version bigint;
  answer jsonb;
begin
  select * into line from cart.lines l where l.cart_id = in_cart and l.variant_id = variant;
  if removes and line.variant_id is null then
    return jsonb_build_object('status', 'applied', 'variant_id', variant, 'quantity', 0);
  end if;
  changed_version := greatest(line.changed_version, (
    select r.version from cart.removed_lines r where r.cart_id = in_cart and r.variant_id = variant));
  if kind <> 'add' and changed_version > base_version and changed_version <> all (own_versions) then
    return jsonb_build_object('status', 'conflict', 'variant_id', variant, 'quantity', coalesce(line.quantity, 0));
  end if;
  if removes then
    perform cart.drop_lines(in_cart, array[variant], 'cart.lines_changed.v1');
    select jsonb_build_object('version', c.version) into answer from cart.carts c where c.id = in_cart;
    return answer || jsonb_build_object('status', 'applied', 'variant_id', variant, 'quantity', 0);
  end if;
  if kind = 'add' then
    wanted := least(wanted::bigint + coalesce(line.quantity, 0), 2000000)::integer;
  end if;
  answer := cart.set_lines(in_cart, in_account, in_network, array[variant], array[wanted], settings);
  return jsonb_build_object('status', 'applied', 'variant_id', variant, 'quantity', wanted, 'version', answer -> 'version');
exception when sqlstate 'SH001' then
  declare
    reason text;
    facts text;
  begin
    get stacked diagnostics reason = message_text, facts = pg_exception_detail;
    return jsonb_build_object('status', 'refused', 'variant_id', variant, 'quantity', coalesce(line.quantity, 0),
      'code', reason, 'facts', facts::jsonb);
  end;
end $$;

-- What an offline client did, in its order. Each operation takes effect once; a replay gets the first answer again. `set` and
-- `remove` of a line that somebody else changed or removed after `base_version` are told as conflicts and change nothing; if
-- `base_cart` is another cart (the client's from before it signed in), nothing of this one was known.
-- Answers {cart_id, created, version, outcomes, stock}.
drop function if exists cart.sync(uuid, bytea, uuid, bytea, text, bytea, bigint, jsonb, jsonb);
create or replace function cart.sync(
  in_account uuid, in_guest bytea, new_id uuid, new_guest bytea, in_currency text, in_network bytea,
  base_cart uuid, base_version bigint, operations jsonb, settings jsonb
) returns jsonb
language plpgsql as $$
declare
  target record;
  operation jsonb;
  known jsonb;
  outcomes jsonb := '[]';
  own_versions bigint[] := '{}';
  changed uuid[] := '{}';
begin
  target := cart.lock_or_make(in_account, in_guest, new_id, new_guest, in_currency);
  if base_cart <> target.cart_id then
    base_version := 0;
  end if;
  perform inventory.lock_in_order(array[target.cart_id], array(
    select (x ->> 'variant_id')::uuid from jsonb_array_elements(operations) x));
  for operation in select * from jsonb_array_elements(operations) loop
    select o.outcome into known from cart.operations o
    where o.cart_id = target.cart_id and o.operation_id = (operation ->> 'id')::uuid;
    if found then
      outcomes := outcomes || (known || '{"replayed": true}');
    else
      known := cart.apply_operation(
        target.cart_id, in_account, in_network, operation, base_version, own_versions, settings)
        || jsonb_build_object('id', operation -> 'id');
      insert into cart.operations (cart_id, operation_id, outcome)
      values (target.cart_id, (operation ->> 'id')::uuid, known);
      outcomes := outcomes || known;
      changed := changed || (known ->> 'variant_id')::uuid;
    end if;
    if known ? 'version' then
      own_versions := own_versions || (known ->> 'version')::bigint;
    end if;
  end loop;
  return (select jsonb_build_object('cart_id', c.id, 'created', target.created, 'version', c.version, 'outcomes', outcomes,
      'stock', cart.stock_now(changed))
    from cart.carts c where c.id = target.cart_id);
end $$;

-- Guest carts that nobody touched for that long end; answers how many. Ids are in the order of creation.
create or replace function cart.expire_guests(older_than interval, batch integer) returns integer
language plpgsql as $$
declare
  ripe uuid[];
  item uuid;
begin
  ripe := array(
    select c.id from cart.carts c
    where c.state = 'active' and c.account_id is null and c.updated_at < clock_timestamp() - older_than
    order by c.id limit batch for update skip locked);
  perform inventory.lock_in_order(array_agg(k.cart_id), array_agg(k.variant_id)) from (
    select h.cart_id, h.variant_id from inventory.hold_ends h where h.cart_id = any (ripe)
    union select b.cart_id, b.variant_id from inventory.cart_backorders b where b.cart_id = any (ripe)) k;
  foreach item in array ripe loop
    perform inventory.release_holds(item, null);
    delete from cart.lines l where l.cart_id = item;
    delete from cart.saved_lines s where s.cart_id = item;
    delete from cart.operations o where o.cart_id = item;
    delete from cart.removed_lines r where r.cart_id = item;
    perform cart.bump(item, 'cart.cart_expired.v1', '{}');
    update cart.carts c set state = 'expired', guest_hash = null, share_hash = null where c.id = item;
  end loop;
  return cardinality(ripe);
end $$;

-- Answers to replays, and which lines are gone, are kept for a month. Answers how many of either went.
create or replace function cart.purge_operations(batch integer) returns integer
language plpgsql as $$
declare
  month constant interval := '30 days';
  answers integer;
  removals integer;
begin
  delete from cart.operations o where (o.cart_id, o.operation_id) in (
    select x.cart_id, x.operation_id from cart.operations x where x.at < clock_timestamp() - month limit batch);
  get diagnostics answers = row_count;
  delete from cart.removed_lines r where (r.cart_id, r.variant_id) in (
    select x.cart_id, x.variant_id from cart.removed_lines x where x.at < clock_timestamp() - month limit batch);
  get diagnostics removals = row_count;
  return answers + removals;
end $$;
