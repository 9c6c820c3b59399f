-- What is to be done about a payment: itself and its open attempt, as JSON. `busy`: somebody is on it right now, or it rests.
-- A dead attempt waits for staff, so nothing is to be done about it.
create or replace function payments.work_of(in_payment uuid) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'payment_id', p.id, 'order_id', p.order_id, 'method', p.method, 'captures_on', p.captures_on, 'status', p.status,
    'currency', p.currency, 'amount_minor', p.amount_minor, 'captured_minor', p.captured_minor,
    'refunded_minor', p.refunded_minor, 'provider_ref', encode(p.provider_ref, 'hex'), 'source', encode(p.source, 'hex'),
    'failure', p.failure,
    'attempt', (
      select jsonb_build_object('id', a.id, 'phase', a.phase, 'idempotency_key', a.idempotency_key, 'state', a.state,
        'amount_minor', a.amount_minor, 'tries', a.tries, 'round_no', a.round_no, 'action', a.action, 'reason', a.reason,
        'busy', a.leased_until > clock_timestamp(), 'age_s', extract(epoch from clock_timestamp() - a.started_at)::integer)
      from payments.attempts a where a.payment_id = p.id and a.settled_at is null and a.dead_at is null))
  from payments.payments p where p.id = in_payment;
$$;

-- The newest payment of an order, for whoever shows or continues the order. Published.
create or replace function payments.work_for_order(for_order uuid) returns jsonb
language sql stable as $$
  select payments.work_of(p.id) from payments.payments p
  where p.order_id = for_order order by p.created_at desc, p.id desc limit 1;
$$;

-- Statuses of many orders' newest payments. Published.
create or replace function payments.statuses_of(for_orders uuid[])
returns table (order_id uuid, method text, status text, captured_minor bigint, refunded_minor bigint)
language sql stable as $$
  select distinct on (p.order_id) p.order_id, p.method, p.status, p.captured_minor, p.refunded_minor
  from payments.payments p where p.order_id = any (for_orders)
  order by p.order_id, p.created_at desc, p.id desc;
$$;

drop function if exists payments.open(jsonb, text); -- knows by now whether anybody is called

-- The audit row of what became of a call.
create or replace function payments.audit_outcome(
  payment payments.payments, attempt payments.attempts, outcome text, actor text
) returns void
language plpgsql as $$
begin
  perform audit.record(actor, 'payments.' || attempt.phase || '_' || outcome, 'payment', payment.id,
    jsonb_build_object('attempt_id', attempt.id, 'order_id', payment.order_id, 'amount_minor', attempt.amount_minor));
end $$;

-- Record the intent to have an order paid: payment and authorize attempt, with its key, before anybody calls anybody.
-- `intent`: {payment_id, attempt_id, order_id, method, captures_on, currency, amount_minor, lease_s, source (hex, or null)}. `is_direct`:
-- nobody is called, the promise is the authorization, and each row is written once as it will be. Published.
create or replace function payments.open(intent jsonb, actor text, is_direct boolean) returns uuid
language plpgsql as $$
declare
  new_id uuid := (intent ->> 'payment_id')::uuid;
  amount bigint := (intent ->> 'amount_minor')::bigint;
  payment payments.payments;
  attempt payments.attempts;
begin
  insert into payments.payments (id, order_id, method, captures_on, currency, amount_minor, status, authorized_minor,
    source)
  values (new_id, (intent ->> 'order_id')::uuid, intent ->> 'method', intent ->> 'captures_on', intent ->> 'currency', amount,
    case when is_direct then 'AUTHORIZED' else 'PENDING' end, case when is_direct then amount else 0 end,
    decode(intent ->> 'source', 'hex'))
  returning * into payment;
  insert into payments.attempts (id, payment_id, phase, idempotency_key, amount_minor, leased_until, state, settled_at)
  values ((intent ->> 'attempt_id')::uuid, new_id, 'authorize', 'authorize:' || new_id, amount,
    clock_timestamp() + make_interval(secs => case when is_direct then 0 else (intent ->> 'lease_s')::integer end),
    case when is_direct then 'succeeded' else 'sending' end, case when is_direct then clock_timestamp() end)
  returning * into attempt;
  perform audit.record(actor, 'payments.payment_opened', 'payment', new_id, jsonb_build_object(
    'order_id', intent ->> 'order_id', 'method', intent ->> 'method', 'amount_minor', amount));
  if is_direct then
    perform payments.book(payment, attempt);
    perform payments.audit_outcome(payment, attempt, 'succeeded', actor);
  end if;
  return new_id;
end $$;

-- Record the intent of a capture, void or refund. Its key names what it is for, so asking twice is one attempt.
-- Refuses PAYMENT_BUSY while another call is open, PAYMENT_STATE if the payment does not allow it. Published.
create or replace function payments.begin(
  in_payment uuid, attempt_id uuid, in_phase text, for_amount bigint, in_key text, lease_s integer, actor text
) returns uuid
language plpgsql as $$
declare
  payment payments.payments;
  known payments.attempts;
  allowed boolean;
begin
  select * into strict payment from payments.payments p where p.id = in_payment for update;
  select * into known from payments.attempts a where a.idempotency_key = in_key;
  if found then
    return known.id;
  end if;
  if exists (select 1 from payments.attempts a where a.payment_id = in_payment and a.settled_at is null) then
    perform platform.refuse('PAYMENT_BUSY', jsonb_build_object('payment_id', in_payment));
  end if;
  allowed := case in_phase
    when 'capture' then payment.status = 'AUTHORIZED' and for_amount <= payment.authorized_minor - payment.captured_minor
    when 'void' then payment.status = 'AUTHORIZED' or (payment.status = 'FAILED' and in_key like 'void:late:%')
    when 'refund' then payment.status in ('SUCCESS', 'PARTIALLY_REFUNDED')
      and for_amount <= payment.captured_minor - payment.refunded_minor
    else false
  end;
  if not allowed then
    perform platform.refuse('PAYMENT_STATE', jsonb_build_object(
      'payment_id', in_payment, 'status', payment.status, 'phase', in_phase));
  end if;
  insert into payments.attempts (id, payment_id, phase, idempotency_key, amount_minor, leased_until)
  values (attempt_id, in_payment, in_phase, in_key, for_amount, clock_timestamp() + make_interval(secs => lease_s));
  perform audit.record(actor, 'payments.' || in_phase || '_begun', 'payment', in_payment,
    jsonb_build_object('attempt_id', attempt_id, 'amount_minor', for_amount));
  return attempt_id;
end $$;

-- Take up an open attempt that nobody is on; answers the work, or null when somebody is on it or it is settled. Published.
create or replace function payments.lease(in_attempt uuid, lease_s integer) returns jsonb
language plpgsql as $$
declare
  of_payment uuid;
begin
  update payments.attempts a set
    leased_until = clock_timestamp() + make_interval(secs => lease_s), tries = a.tries + 1
  where a.id = in_attempt and a.settled_at is null and a.leased_until <= clock_timestamp()
  returning a.payment_id into of_payment;
  return payments.work_of(of_payment);
end $$;

-- The status that an outcome leads to, and what it adds to the running totals.
create or replace function payments.status_after(payment payments.payments, attempt payments.attempts, outcome text)
returns text
language sql immutable as $$
  select case
    when outcome = 'requires_action' then payment.status
    when attempt.phase = 'authorize' then
      case outcome when 'succeeded' then 'AUTHORIZED' when 'declined' then 'FAILED' else 'UNKNOWN' end
    when attempt.phase = 'capture' then
      case outcome when 'succeeded' then 'SUCCESS' when 'declined' then 'AUTHORIZED' else 'UNKNOWN' end
    when outcome <> 'succeeded' then payment.status
    when attempt.phase = 'void' then case payment.status when 'FAILED' then 'FAILED' else 'VOIDED' end
    when payment.refunded_minor + attempt.amount_minor < payment.captured_minor then 'PARTIALLY_REFUNDED'
    else 'REFUNDED'
  end;
$$;

-- The provider's name of a payment comes as `payments.PaymentService.sealed_ref` makes it: its blind index (32 bytes), then itself
-- sealed. What is there already stays.
create or replace function payments.keep_ref(in_payment uuid, ref bytea) returns void
language sql as $$
  update payments.payments p set
    provider_ref = substring(ref from 33), ref_index = substring(ref from 1 for 32), updated_at = clock_timestamp()
  where p.id = in_payment and p.provider_ref is null and ref is not null;
$$;

-- Record what a provider answered (`succeeded`, `declined`, `unknown`, `requires_action`). An attempt settles once: whoever
-- comes later with the same or another answer changes nothing. Answers true if this call settled or moved it. Published.
create or replace function payments.settle(
  in_attempt uuid, outcome text, ref bytea, in_reason text, in_action text, actor text
) returns boolean
language plpgsql as $$
declare
  payment payments.payments;
  attempt payments.attempts;
  settled boolean := outcome in ('succeeded', 'declined');
begin
  select * into strict attempt from payments.attempts a where a.id = in_attempt;
  select * into strict payment from payments.payments p where p.id = attempt.payment_id for update;
  select * into strict attempt from payments.attempts a where a.id = in_attempt for update;
  if attempt.settled_at is not null then
    return false;
  end if;
  update payments.attempts a set
    state = outcome, reason = in_reason, action = in_action,
    settled_at = case when settled then clock_timestamp() end,
    leased_until = least(a.leased_until, clock_timestamp())
  where a.id = in_attempt;
  update payments.payments p set
    status = payments.status_after(payment, attempt, outcome),
    authorized_minor = p.authorized_minor
      + case when outcome = 'succeeded' and attempt.phase = 'authorize' then attempt.amount_minor else 0 end,
    captured_minor = p.captured_minor
      + case when outcome = 'succeeded' and attempt.phase = 'capture' then attempt.amount_minor else 0 end,
    refunded_minor = p.refunded_minor
      + case when outcome = 'succeeded' and attempt.phase = 'refund' then attempt.amount_minor else 0 end,
    provider_ref = coalesce(p.provider_ref, substring(ref from 33)),
    ref_index = coalesce(p.ref_index, substring(ref from 1 for 32)),
    source = case when settled and attempt.phase = 'authorize' then null else p.source end, -- nobody needs it any more
    failure = case when outcome = 'declined' then in_reason else p.failure end,
    updated_at = clock_timestamp()
  where p.id = payment.id;
  if outcome = 'succeeded' then
    perform payments.book(payment, attempt);
  end if;
  perform payments.audit_outcome(payment, attempt, outcome, actor);
  return true;
end $$;

-- A provider said yes to an authorization that was given up meanwhile, or would not void one that is: intend to void it. Published.
create or replace function payments.void_late(
  of_attempt uuid, ref bytea, void_id uuid, lease_s integer, actor text
) returns void
language plpgsql as $$
declare
  attempt payments.attempts;
begin
  select * into strict attempt from payments.attempts a where a.id = of_attempt;
  if attempt.phase <> 'authorize' or attempt.state <> 'declined' then
    return;
  end if;
  perform payments.keep_ref(attempt.payment_id, ref);
  perform payments.begin(attempt.payment_id, void_id, 'void', attempt.amount_minor, 'void:late:' || attempt.payment_id,
    lease_s, actor);
end $$;

-- The money's event, and its journal rows where money changed hands.
create or replace function payments.book(payment payments.payments, attempt payments.attempts) returns void
language plpgsql as $$
declare
  event bigint;
  signed bigint := attempt.amount_minor * case attempt.phase when 'refund' then -1 else 1 end;
begin
  insert into payments.events (payment_id, attempt_id, kind, amount_minor)
  values (payment.id, attempt.id, attempt.phase, attempt.amount_minor) returning id into event;
  if attempt.phase in ('capture', 'refund') then
    insert into payments.journal (event_id, account, currency, amount_minor) values
      (event, 'provider_receivable', payment.currency, signed), (event, 'orders_paid', payment.currency, -signed);
  end if;
end $$;

-- Orders with a call that nobody is on and whose outcome nobody knows, the longest waiting first. Published.
create or replace function payments.stale_orders(older_than_s integer, batch integer) returns table (order_id uuid)
language sql stable as $$
  select p.order_id from payments.attempts a join payments.payments p on p.id = a.payment_id
  where a.settled_at is null
    and a.leased_until <= clock_timestamp() - make_interval(secs => stale_orders.older_than_s)
  order by a.leased_until limit batch;
$$;
