-- Note the id of the index key, once; out goes the one that is noted.
create or replace function platform.note_index_key(in_id bytea) returns bytea
language plpgsql as $$
declare
  noted bytea;
begin
  select k.id into noted from platform.index_key k where k.is_only;
  if noted is null then
    insert into platform.index_key (id) values (in_id) on conflict (is_only) do nothing;
    select k.id into noted from platform.index_key k where k.is_only;
  end if;
  return noted;
end $$;
