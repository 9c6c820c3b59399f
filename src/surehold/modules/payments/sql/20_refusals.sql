-- A provider said no to a void or refund: the attempt stays open and rests for `wait_s`. Whoever takes it up then looks up
-- what became of it before anything else. Answers true if this call made it rest. Published.
create or replace function payments.refuse(in_attempt uuid, in_reason text, wait_s double precision, actor text) returns boolean
language plpgsql as $$
declare
  attempt payments.attempts;
begin
  select * into strict attempt from payments.attempts a where a.id = in_attempt;
  update payments.payments p set failure = in_reason, updated_at = clock_timestamp() where p.id = attempt.payment_id;
  update payments.attempts a set
    state = 'refused', reason = in_reason, leased_until = clock_timestamp() + make_interval(secs => wait_s)
  where a.id = in_attempt and a.settled_at is null and a.state <> 'refused';
  if not found then
    return false;
  end if;
  perform audit.record(actor, 'payments.' || attempt.phase || '_refused', 'payment', attempt.payment_id,
    jsonb_build_object('attempt_id', in_attempt, 'round_no', attempt.round_no, 'amount_minor', attempt.amount_minor));
  return true;
end $$;

-- A look-up said that nothing came of a refused attempt: it is over, and another takes its place, with a key of its own. After
-- `most_rounds` it is dead instead. Answers `again` or `dead`, or null if somebody else was faster. Published.
create or replace function payments.begin_again(
  in_attempt uuid, new_id uuid, most_rounds integer, lease_s integer, actor text
) returns text
language plpgsql as $$
declare
  attempt payments.attempts;
  verdict text;
begin
  select * into strict attempt from payments.attempts a where a.id = in_attempt;
  perform 1 from payments.payments p where p.id = attempt.payment_id for update;
  select * into strict attempt from payments.attempts a where a.id = in_attempt for update;
  if attempt.state <> 'refused' or attempt.dead_at is not null then
    return null;
  end if;
  if attempt.round_no >= most_rounds then
    verdict := 'dead';
    update payments.attempts a set dead_at = clock_timestamp(), leased_until = 'infinity' where a.id = in_attempt;
  else
    verdict := 'again';
    update payments.attempts a set state = 'declined', settled_at = clock_timestamp() where a.id = in_attempt;
    insert into payments.attempts (id, payment_id, phase, idempotency_key, amount_minor, leased_until, round_no)
    select new_id, attempt.payment_id, attempt.phase,
      regexp_replace(attempt.idempotency_key, '\.\d+$', '') || '.' || (1 + count(*)), attempt.amount_minor,
      clock_timestamp() + make_interval(secs => lease_s), attempt.round_no + 1
    from payments.attempts a where a.payment_id = attempt.payment_id and a.phase = attempt.phase;
  end if;
  perform audit.record(actor, 'payments.' || attempt.phase || '_' || verdict, 'payment', attempt.payment_id,
    jsonb_build_object('attempt_id', in_attempt, 'round_no', attempt.round_no, 'amount_minor', attempt.amount_minor));
  return verdict;
end $$;

-- Staff lets a dead attempt run again, with all its rounds: the recovery takes it up, looking it up first.
create or replace function payments.replay_dead(in_attempt uuid) returns void
language sql as $$
  update payments.attempts a set dead_at = null, round_no = 0, leased_until = '-infinity'
  where a.id = in_attempt and a.settled_at is null and a.dead_at is not null;
$$;

-- Staff gives the money back in another way, or not at all: nobody asks the provider again. The mark stays with the row.
create or replace function payments.discard_dead(in_attempt uuid) returns void
language sql as $$
  update payments.attempts a set state = 'declined', settled_at = clock_timestamp()
  where a.id = in_attempt and a.settled_at is null and a.dead_at is not null;
$$;
