-- The number of the last change to anything that rates are made of, so that what was read of them can be kept and known to be current.

create table pricing.rates_state (
  is_the_only_one boolean primary key default true check (is_the_only_one),
  version bigint not null default 1
);
insert into pricing.rates_state default values;

create function pricing.count_rates_change() returns trigger language plpgsql as $$
begin
  update pricing.rates_state set version = version + 1;
  return null;
end $$;
create trigger tax_rates_changed after insert or update or delete or truncate on pricing.tax_rates
  for each statement execute function pricing.count_rates_change();
create trigger shipping_methods_changed after insert or update or delete or truncate on pricing.shipping_methods
  for each statement execute function pricing.count_rates_change();
create trigger shipping_rates_changed after insert or update or delete or truncate on pricing.shipping_rates
  for each statement execute function pricing.count_rates_change();
create trigger delivery_zones_changed after insert or update or delete or truncate on pricing.delivery_zones
  for each statement execute function pricing.count_rates_change();
