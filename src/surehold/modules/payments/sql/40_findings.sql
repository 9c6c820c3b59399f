-- A difference between a provider's book and ours, told once. Answers whether it is new. Published.
create or replace function payments.note_finding(
  new_id uuid, in_kind text, in_subject text, in_payment uuid, in_ref bytea, in_detail text
) returns boolean
language plpgsql as $$
begin
  insert into payments.findings (id, kind, subject, payment_id, ref, detail)
  values (new_id, in_kind, in_subject, (select p.id from payments.payments p where p.id = in_payment), in_ref, in_detail)
  on conflict (kind, subject) do nothing;
  return found;
end $$;

-- From when on a provider's book is to be read: an hour before it was read last, or a day back.
create or replace function payments.compare_since(in_provider text) returns timestamptz
language sql stable as $$
  select coalesce(max(c.until) - interval '1 hour', clock_timestamp() - interval '1 day')
  from payments.compared c where c.provider = in_provider;
$$;

create or replace function payments.compared_until(in_provider text, in_until timestamptz) returns void
language sql as $$
  insert into payments.compared (provider, until) values (in_provider, in_until)
  on conflict (provider) do update set until = greatest(compared.until, excluded.until);
$$;

-- Compare a provider's book, read at `read_at` for everything since `since`, with the payments of its methods, both ways. A payment
-- with an open call is left out: its recovery finds out. `charges`: [{subject, ref (hex), ref_index (hex), currency, amount_minor,
-- held_minor, captured_minor, payment_id, order_id}]. Answers [{kind, subject, payment_id, ref, detail}].
create or replace function payments.differences(charges jsonb, methods text[], since timestamptz, read_at timestamptz)
returns table (kind text, subject text, payment_id uuid, ref bytea, detail text)
language sql stable as $$
  with there as materialized (
    select c.* from jsonb_to_recordset(charges) as c (subject text, ref text, ref_index text, currency text, amount_minor bigint,
      held_minor bigint, captured_minor bigint, payment_id uuid, order_id uuid)
  ), both_sides as materialized (
    select t.*, p.id as ours, p.order_id as our_order, p.status, p.currency as our_currency, p.amount_minor as our_amount,
      p.captured_minor as our_captured, p.ref_index as our_index,
      exists (select 1 from payments.attempts a where a.payment_id = p.id and a.settled_at is null) as is_open
    from there t left join payments.payments p on p.id = t.payment_id
  )
  select case when b.ours is null then 'only_there' else 'differs' end, b.subject, b.ours, decode(b.ref, 'hex'),
    case
      when b.ours is null then format('%s %s held, %s taken, and no payment here', b.held_minor, b.currency, b.captured_minor)
      else format('there %s %s held, %s taken; here %s, %s %s taken', b.held_minor, b.currency, b.captured_minor, b.status,
        b.our_captured, b.our_currency)
    end
  from both_sides b
  where (b.held_minor > 0 or b.captured_minor > 0 or coalesce(b.our_captured, 0) > 0)
    and not coalesce(b.is_open, false)
    and (b.ours is null or b.currency <> b.our_currency or b.amount_minor <> b.our_amount or b.order_id is distinct from b.our_order
      or b.captured_minor <> b.our_captured or (b.held_minor > 0) <> (b.status = 'AUTHORIZED')
      or b.our_index is distinct from decode(b.ref_index, 'hex'))
  union all
  select 'only_here', p.id::text, p.id, p.provider_ref,
    format('%s of %s %s, %s taken, and nothing there', p.status, p.amount_minor, p.currency, p.captured_minor)
  from payments.payments p
  where p.created_at >= since + interval '15 minutes' and p.created_at < read_at and p.method = any (methods)
    and (p.captured_minor > 0 or p.status = 'AUTHORIZED')
    and not exists (select 1 from there t where t.payment_id = p.id)
    and not exists (select 1 from payments.attempts a where a.payment_id = p.id and a.settled_at is null);
$$;

-- Authorizations that end before long: `older_than_s` without a step, nobody on them. Orders, the longest waiting first. Published.
create or replace function payments.ending_authorizations(methods text[], older_than_s integer, batch integer)
returns table (order_id uuid)
language sql stable as $$
  select p.order_id from payments.payments p
  where p.status = 'AUTHORIZED' and p.updated_at <= clock_timestamp() - make_interval(secs => ending_authorizations.older_than_s)
    and p.method = any (methods)
    and not exists (select 1 from payments.attempts a where a.payment_id = p.id and a.settled_at is null)
  order by p.updated_at limit batch;
$$;

-- Staff has a finding looked at again (it comes back if it is still so), or settles it.
create or replace function payments.replay_finding(in_id uuid) returns void
language sql as $$
  delete from payments.findings f where f.id = in_id and f.discarded_at is null;
$$;
create or replace function payments.discard_finding(in_id uuid) returns void
language sql as $$
  update payments.findings f set discarded_at = clock_timestamp() where f.id = in_id and f.discarded_at is null;
$$;
