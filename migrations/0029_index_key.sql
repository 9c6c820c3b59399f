-- Which key this database's blind indexes were made with (its id, not the key): with another one nothing would be found.

create table platform.index_key (
  is_only boolean primary key default true check (is_only),
  id bytea not null check (length(id) = 8),
  noted_at timestamptz not null default clock_timestamp()
);
