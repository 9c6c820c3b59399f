-- Pictures as they are served: one row each, with all files that were made of what was sent.

create table catalog.pictures (
  file text collate "C" primary key check (file ~ '^[0-9a-f]{40}\.(jpg|png|svg)$'),
  width integer not null check (width between 1 and 16000),
  height integer not null check (height between 1 and 16000),
  variants jsonb not null check (jsonb_typeof(variants) = 'array' and jsonb_array_length(variants) between 1 and 20),
  added_at timestamptz not null default clock_timestamp()
);

-- What was sent, by SHA-256: the same bytes again are the same picture, and cost nothing.
create table catalog.picture_sources (
  digest text collate "C" primary key check (digest ~ '^[0-9a-f]{64}$'),
  file text not null references catalog.pictures (file)
);

-- Every file in the store that is ours to remove: written down before it is stored (arriving), part of a picture (kept), or about
-- to be removed (leaving). A file that is leaving is stored by nobody until it has left, so that nothing removes what was just kept.
create table catalog.picture_files (
  file text collate "C" primary key check (file ~ '^[0-9a-f]{40}\.(webp|jpg|png|svg)$'),
  state text not null check (state in ('arriving', 'kept', 'leaving')),
  touched_at timestamptz not null default clock_timestamp()
);
create index picture_files_to_tidy on catalog.picture_files (state, touched_at);
