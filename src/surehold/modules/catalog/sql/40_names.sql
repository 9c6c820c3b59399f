-- Brands that an import names; those that are there stay as they are.
create or replace function catalog.ensure_brands(brands jsonb) returns void
language sql as $$
  insert into catalog.brands (id, slug, title, title_key)
  select r.id, r.slug, r.title, r.title_key
  from jsonb_to_recordset(brands) as r (id uuid, slug text, title text, title_key text)
  order by r.slug
  on conflict (slug) do nothing;
$$;

-- Categories by path; a parent comes before its children. With `overwrite`, title, description and position are brought
-- to what is given; otherwise what is there stays.
create or replace function catalog.ensure_categories(categories jsonb, overwrite boolean) returns integer
language plpgsql as $$
declare
  wanted record;
  above uuid[];
  changes integer := 0;
begin
  for wanted in
    select r.* from jsonb_to_recordset(categories)
      as r (id uuid, path text, title text, description text, position integer)
    order by r.path collate "C"
  loop
    select c.ancestor_ids into above from catalog.categories c
    where c.path = regexp_replace(wanted.path, '/[^/]+$', '') and wanted.path like '%/%';
    if above is null and wanted.path like '%/%' then
      perform platform.refuse('CATEGORY_NOT_FOUND', jsonb_build_object('category', wanted.path));
    end if;
    insert into catalog.categories as c (id, path, ancestor_ids, title, description, position)
    values (wanted.id, wanted.path, coalesce(above, '{}') || wanted.id, wanted.title, wanted.description, wanted.position)
    on conflict (path) do update
      set title = excluded.title, description = excluded.description, position = excluded.position, version = c.version + 1
      where overwrite and (c.title, c.description, c.position)
        is distinct from (excluded.title, excluded.description, excluded.position);
    changes := changes + (case when found then 1 else 0 end);
  end loop;
  return changes;
end $$;


-- Give a category another parent (null: none) and last part of its path; all below it moves along.
create or replace function catalog.place_category(of_category uuid, in_parent uuid, in_segment text) returns void
language plpgsql as $$
declare
  moved catalog.categories;
  above uuid[] := '{}';
  new_path text := in_segment;
begin
  lock table catalog.categories in share row exclusive mode;
  select * into strict moved from catalog.categories where id = of_category;
  if in_parent is not null then
    select c.ancestor_ids, c.path || '/' || in_segment into above, new_path
    from catalog.categories c where c.id = in_parent;
    if not found then
      perform platform.refuse('CATEGORY_NOT_FOUND', jsonb_build_object('category', in_parent));
    elsif of_category = any (above) then
      perform platform.refuse('CATEGORY_MISPLACED', jsonb_build_object('detail', 'A category cannot be below itself.'));
    end if;
  end if;
  update catalog.categories c set
    path = new_path || substr(c.path, length(moved.path) + 1),
    ancestor_ids = above || c.ancestor_ids[array_position(c.ancestor_ids, of_category):]
  where of_category = any (c.ancestor_ids);
exception
  when check_violation then
    perform platform.refuse('CATEGORY_MISPLACED', jsonb_build_object('detail', 'The tree would be too deep there.'));
end $$;
