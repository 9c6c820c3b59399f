-- One operation of an offline client. `own_versions` are cart versions that this client's operations made.
create or replace function cart.apply_operation(
  in_cart uuid, in_account uuid, in_network bytea, operation jsonb, base_version bigint, own_versions bigint[], settings jsonb
) returns jsonb
language plpgsql as $$
declare
  variant uuid := (operation ->> 'variant_id')::uuid;
  wanted integer := (operation ->> 'quantity')::integer;
  kind text := operation ->> 'kind';
  line cart.lines;
  answer jsonb;
begin
  select * into line from cart.lines l where l.cart_id = in_cart and l.variant_id = variant;
  if kind <> 'add' and line.changed_version > base_version and line.changed_version <> all (own_versions) then
    return jsonb_build_object('status', 'conflict', 'variant_id', variant, 'quantity', line.quantity);
  end if;
  if kind = 'remove' or (kind = 'set' and wanted = 0) then
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
-- `remove` of a line that somebody else changed after `base_version` are told as conflicts and change nothing.
create or replace function cart.sync(
  in_account uuid, in_guest bytea, new_id uuid, new_guest bytea, in_currency text, in_network bytea,
  base_version bigint, operations jsonb, settings jsonb
) returns jsonb
language plpgsql as $$
declare
  target record;
  operation jsonb;
  known jsonb;
  outcomes jsonb := '[]';
  own_versions bigint[] := '{}';
begin
  target := cart.lock_or_make(in_account, in_guest, new_id, new_guest, in_currency);
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
    end if;
    if known ? 'version' then
      own_versions := own_versions || (known ->> 'version')::bigint;
    end if;
  end loop;
  return (select jsonb_build_object('cart_id', c.id, 'created', target.created, 'version', c.version, 'outcomes', outcomes)
    from cart.carts c where c.id = target.cart_id);
end $$;

-- Guest carts that nobody touched for that long end; answers how many. Ids are in the order of creation.
create or replace function cart.expire_guests(older_than interval, batch integer) returns integer
language plpgsql as $$
declare
  item record;
  ended integer := 0;
begin
  for item in
    select c.id from cart.carts c
    where c.state = 'active' and c.account_id is null and c.updated_at < clock_timestamp() - older_than
    order by c.id limit batch for update skip locked
  loop
    perform inventory.release_holds(item.id, null);
    delete from cart.lines l where l.cart_id = item.id;
    delete from cart.saved_lines s where s.cart_id = item.id;
    delete from cart.operations o where o.cart_id = item.id;
    perform cart.bump(item.id, 'cart.cart_expired.v1', '{}');
    update cart.carts c set state = 'expired', guest_hash = null, share_hash = null where c.id = item.id;
    ended := ended + 1;
  end loop;
  return ended;
end $$;

-- Answers to replays are kept for a month.
create or replace function cart.purge_operations(batch integer) returns integer
language plpgsql as $$
declare
  purged integer;
begin
  delete from cart.operations o where (o.cart_id, o.operation_id) in (
    select x.cart_id, x.operation_id from cart.operations x where x.at < clock_timestamp() - interval '30 days' limit batch);
  get diagnostics purged = row_count;
  return purged;
end $$;
