-- Rights of the application's role, given anew after every migration: data of all modules, but the audit log only through
-- `audit.record`. On a server with a single role (no `surehold_app`) there is nothing to give; `audit.excess_rights` then says so.
-- Other role names: `surehold.app_role` and `surehold.audit_role`, set in the options of the owner's connection.
do $grants$
declare
  app text := coalesce(nullif(current_setting('surehold.app_role', true), ''), 'surehold_app');
  auditor text := coalesce(nullif(current_setting('surehold.audit_role', true), ''), 'surehold_audit');
  module name;
begin
  revoke all on function audit.record(text, text, text, uuid, jsonb, text) from public;
  if to_regrole(app) is not null and to_regrole(app) <> current_user::regrole then
    for module in
      select n.nspname from pg_namespace n
      where pg_has_role(current_user, n.nspowner, 'USAGE') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'audit', 'public')
    loop
      execute format('grant usage on schema %I to %I', module, app);
      execute format('grant select, insert, update, delete on all tables in schema %I to %I', module, app);
      execute format('grant usage, select on all sequences in schema %I to %I', module, app);
      execute format('grant execute on all functions in schema %I to %I', module, app);
    end loop;
    execute format('revoke insert, update, delete on platform.migrations, platform.applied_sql from %I', app);
    execute format('grant usage on schema audit to %I', app);
    execute format('revoke all on all tables in schema audit from %I', app);
    execute format('grant select on audit.entries, audit.seals, audit.sealing, audit.gaps to %I', app);
    execute format('grant execute on all functions in schema audit to %I', app);
  end if;
  if to_regrole(auditor) is not null and to_regrole(auditor) <> current_user::regrole then
    execute format('grant usage on schema audit to %I', auditor);
    execute format('revoke all on audit.entries from %I', auditor);
    execute format('grant insert on audit.entries to %I', auditor);
    -- Giving a function away asks for the right to become the new owner, and for that owner's right to create in the schema.
    if pg_has_role(current_user, to_regrole(auditor)::oid, 'USAGE') and pg_has_role(current_user, to_regrole(auditor)::oid, 'SET') then
      execute format('grant create on schema audit to %I', auditor);
      execute format('alter function audit.record(text, text, text, uuid, jsonb, text) owner to %I', auditor);
      execute format('revoke create on schema audit from %I', auditor);
    end if;
  end if;
end $grants$;
