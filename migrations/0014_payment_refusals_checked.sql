-- Every attempt there is keeps the constraints that the file before this one added.

alter table payments.attempts validate constraint attempts_state_check;
alter table payments.attempts validate constraint attempts_settled_have_a_time;
alter table payments.attempts validate constraint attempts_only_returns_are_refused;
alter table payments.attempts validate constraint attempts_dead_were_refused;
alter table payments.attempts validate constraint attempts_rounds_are_counted;
