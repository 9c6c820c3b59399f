-- Events reach this module only while an endpoint is enabled. Whoever changes endpoints holds the subscriptions first and looks then,
-- so that of two who come at once the later one sees what the other did.
create or replace function webhooks.listen() returns void
language plpgsql as $$
begin
  perform platform.hold_subscriptions('webhooks.messages');
  perform platform.listen('webhooks.messages', exists (select 1 from webhooks.endpoints e where e.enabled));
end $$;

create or replace function webhooks.listen_again() returns trigger
language plpgsql as $$
begin
  perform webhooks.listen();
  return null;
end $$;

create or replace trigger endpoints_listen after insert or delete or update of enabled on webhooks.endpoints
for each statement execute function webhooks.listen_again();
