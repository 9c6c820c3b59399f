-- The hash chain over the audit log, appended to by one background sealer (`audit.seal_entries`), and what that sealer remembers.
-- Nothing here is touched by those who write entries.

-- One row per sealed entry, in the order of sealing; an entry that committed late comes late. `hash` is that of
-- `audit.seal_hash`, over `prev`, which is the hash of the seal before (32 zero bytes before the first), and the entry.
create table audit.seals (
  seq bigint primary key check (seq > 0),
  entry_seq bigint not null unique,
  sealed_at timestamptz not null,
  prev bytea not null check (octet_length(prev) = 32),
  hash bytea not null check (octet_length(hash) = 32)
);

-- Entries up to `scanned_to` were looked for: each is sealed, or lies in a gap, or its transaction was rolled back.
create table audit.sealing (
  is_the_only_one boolean primary key default true check (is_the_only_one),
  scanned_to bigint not null default 0
);
insert into audit.sealing default values;

-- Numbers that were given out but not seen yet. `writers` are the transactions that were writing entries then: once all of them
-- have ended, what is not there will never be.
create table audit.gaps (
  from_seq bigint primary key,
  to_seq bigint not null,
  writers text[] not null,
  check (from_seq <= to_seq)
);
