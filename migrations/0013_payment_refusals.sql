-- A void or refund that its provider refuses stays open until it succeeds: it rests, is looked up, and is asked for again. What
-- is refused too often is dead (`dead_at`) until staff replays or discards it. The constraints are checked by the next file.

alter table payments.attempts
  add column round_no integer not null default 1,
  add column dead_at timestamptz;

alter table payments.attempts
  -- squawk-ignore ban-drop-constraint
  drop constraint attempts_state_check, -- wider ones follow
  -- squawk-ignore ban-drop-constraint
  drop constraint attempts_settled_have_a_time,
  add constraint attempts_state_check
    check (state in ('sending', 'requires_action', 'unknown', 'refused', 'succeeded', 'declined')) not valid,
  add constraint attempts_settled_have_a_time
    check ((settled_at is null) = (state in ('sending', 'requires_action', 'unknown', 'refused'))) not valid,
  add constraint attempts_only_returns_are_refused check (state <> 'refused' or phase in ('void', 'refund')) not valid,
  add constraint attempts_dead_were_refused check (dead_at is null or state in ('refused', 'declined')) not valid,
  add constraint attempts_rounds_are_counted check (round_no >= 0) not valid;
