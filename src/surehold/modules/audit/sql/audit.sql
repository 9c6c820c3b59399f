-- Called by every module inside the change it records. `actor` is an Actor's key, `action` is `module.what_happened`, `facts` are
-- ids and numbers, never personal data. Runs with the rights of its owner, because the caller has none on the table.
create or replace function audit.record(
  actor text, action text, subject_type text, subject_id uuid, facts jsonb, request_id text default null
) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into audit.entries (actor, action, subject_type, subject_id, facts, request_id)
  values (actor, action, subject_type, subject_id, coalesce(facts, '{}'), nullif(request_id, ''));
$$;

-- Stops accidents by whoever has rights on the table (the owner, or the only role of a foreign server).
create or replace function audit.refuse_change() returns trigger
language plpgsql as $$
begin
  raise exception using errcode = 'insufficient_privilege', message = format('audit %s are never changed or removed', tg_table_name);
end $$;

create or replace trigger entries_are_final before update or delete or truncate on audit.entries
for each statement execute function audit.refuse_change();

-- What the current role could do to the log and its seals behind our back; empty when both are safe from it.
create or replace function audit.excess_rights() returns setof text
language sql stable as $$
  select p.privilege || ' on ' || t.name
  from (values ('audit.entries'), ('audit.seals'), ('audit.sealing'), ('audit.gaps')) as t (name)
  cross join (values ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE')) as p (privilege)
  where has_table_privilege(current_user, t.name, p.privilege);
$$;
