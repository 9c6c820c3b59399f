-- Say that these files are about to be stored. Answers how many of them are just leaving: they must be gone first.
create or replace function catalog.expect_files(files text[]) returns integer
language plpgsql as $$
declare
  expected integer;
begin
  insert into catalog.picture_files as f (file, state, touched_at)
  select g.file, 'arriving', clock_timestamp() from (select distinct u as file from unnest(files) u) g order by g.file
  on conflict (file) do update set touched_at = clock_timestamp() where f.state <> 'leaving';
  get diagnostics expected = row_count;
  return (select count(distinct u) from unnest(files) u) - expected;
end $$;

-- Write down a picture whose files are all stored. False, and nothing written, when one of them was given up meanwhile.
create or replace function catalog.keep_picture(
  in_file text, in_width integer, in_height integer, in_variants jsonb, in_digest text, in_files text[]
) returns boolean
language plpgsql as $$
declare
  there integer;
begin
  select count(*) into there from (
    select 1 from catalog.picture_files f where f.file = any (in_files) and f.state <> 'leaving' order by f.file for update
  ) locked;
  if there <> (select count(distinct u) from unnest(in_files) u) then
    return false;
  end if;
  update catalog.picture_files f set state = 'kept', touched_at = clock_timestamp()
  where f.file = any (in_files) and f.state = 'arriving';
  insert into catalog.pictures (file, width, height, variants) values (in_file, in_width, in_height, in_variants)
  on conflict (file) do nothing;
  insert into catalog.picture_sources (digest, file) values (in_digest, in_file) on conflict (digest) do nothing;
  return true;
end $$;

-- Files that were announced long ago and belong to no picture, and those whose removal was begun and never ended.
create or replace function catalog.take_leaving_files(idle interval, lease interval, at_most integer) returns text[]
language sql as $$
  with never_kept as (
    select f.file from catalog.picture_files f
    where f.state = 'arriving' and f.touched_at < clock_timestamp() - idle
    order by f.touched_at limit at_most for update skip locked
  ), never_ended as (
    select f.file from catalog.picture_files f
    where f.state = 'leaving' and f.touched_at < clock_timestamp() - lease
    order by f.touched_at limit at_most for update skip locked
  ), taken as (
    update catalog.picture_files f set state = 'leaving', touched_at = clock_timestamp()
    where f.file in (select n.file from never_kept n union all select e.file from never_ended e)
    returning f.file
  )
  select coalesce(array_agg(t.file order by t.file), '{}') from taken t;
$$;

-- A picture as staff and imports are told of it.
create or replace function catalog.picture_record(of_file text) returns json
language sql stable as $$
  select json_build_object('file', i.file, 'width', i.width, 'height', i.height, 'variants', catalog.picture_variants(i.variants, null))
  from catalog.pictures i where i.file = of_file;
$$;
