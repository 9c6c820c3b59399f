-- The sealer: one chain of SHA-256 over all entries, written behind those who write them, and never a lock in their way.
--
-- Entries commit in another order than that of their numbers, so "greater than the last" would lose those that come late. Who may
-- still commit a lower number holds the lock that every INSERT takes on audit.entries, from before it draws the number to after it
-- commits. So a hole is remembered with the holders of that lock, and looked into until all of them have ended.

-- One field of what is hashed: its bytes in UTF-8 as a netstring (`5:order,`), NULL as `-,`. No two lists of fields look alike.
create or replace function audit.netstring(field text) returns text
language sql stable as $$
  select coalesce(octet_length(convert_to(field, 'UTF8')) || ':' || field || ',', '-,')
$$;

-- A moment, alike under every setting of the session.
create or replace function audit.moment(given timestamptz) returns text
language sql stable as $$
  select (to_jsonb(timezone('UTC', given)) #>> '{}') || 'Z'
$$;

-- The hash of a seal. Described in docs/audit.md and computed again, by itself, in modules/audit/model/chain.py: the three say the same.
create or replace function audit.seal_hash(
  prev bytea, seal_seq bigint, sealed_at timestamptz, seq bigint, at timestamptz, actor text, action text, subject_type text,
  subject_id uuid, facts jsonb, request_id text
) returns bytea
language sql stable as $$
  select sha256(prev || convert_to(
    audit.netstring('surehold.audit.1') || audit.netstring(seal_seq::text) || audit.netstring(audit.moment(sealed_at))
    || audit.netstring(seq::text) || audit.netstring(audit.moment(at)) || audit.netstring(actor) || audit.netstring(action)
    || audit.netstring(subject_type) || audit.netstring(subject_id::text) || audit.netstring(facts::text)
    || audit.netstring(request_id), 'UTF8'))
$$;

-- The transactions that may have drawn a number and not committed yet.
create or replace function audit.writers() returns text[]
language sql volatile as $$
  select array(
    select l.virtualtransaction from pg_catalog.pg_locks l
    where l.locktype = 'relation' and l.relation = 'audit.entries'::regclass and l.mode = 'RowExclusiveLock' and l.granted
      and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database()))
$$;

-- The stretches between `low` and `high`, both excluded, in which none of the numbers lies.
create or replace function audit.holes(low bigint, seqs bigint[], high bigint) returns table (from_seq bigint, to_seq bigint)
language sql immutable as $$
  select b.before + 1, b.seq - 1
  from (select p.seq, lag(p.seq) over (order by p.seq) as before from unnest(array[low] || seqs || array[high]) as p (seq)) b
  where b.seq - b.before > 1
$$;

-- Append a seal for each of these entries, in the order of their numbers. The moment never goes back, so that it can be searched.
create or replace function audit.append_seals(seqs bigint[]) returns void
language plpgsql as $$
declare
  last_seq bigint;
  last_hash bytea;
  stamp timestamptz;
  entry audit.entries;
  this_hash bytea;
begin
  select s.seq, s.hash, s.sealed_at into last_seq, last_hash, stamp from audit.seals s order by s.seq desc limit 1;
  if not found then
    last_seq := 0;
    last_hash := decode(repeat('00', 32), 'hex');
  end if;
  stamp := greatest(clock_timestamp(), stamp);
  for entry in select e.* from audit.entries e where e.seq = any (seqs) order by e.seq loop
    last_seq := last_seq + 1;
    this_hash := audit.seal_hash(last_hash, last_seq, stamp, entry.seq, entry.at, entry.actor, entry.action, entry.subject_type,
      entry.subject_id, entry.facts, entry.request_id);
    insert into audit.seals (seq, entry_seq, sealed_at, prev, hash) values (last_seq, entry.seq, stamp, last_hash, this_hash);
    last_hash := this_hash;
  end loop;
end $$;

-- Seal what came late, at most `batch` entries, and forget the gaps that nobody can fill any more. `writers` must be older than
-- everything that is read here: who is not among them ended before, so what he wrote is seen now. A prepared transaction (`-1/…`)
-- has another name than it had when the gap was seen, so while there is one no gap is forgotten.
create or replace function audit.fill_gaps(batch integer, writers text[]) returns integer
language plpgsql as $$
declare
  late bigint[];
  gap audit.gaps;
begin
  late := array(
    select e.seq from audit.gaps g cross join lateral (
      select x.seq from audit.entries x where x.seq between g.from_seq and g.to_seq order by x.seq limit batch) e
    order by e.seq limit batch);
  if late <> '{}' then
    perform audit.append_seals(late);
    for gap in delete from audit.gaps g where exists (select from unnest(late) l (seq) where l.seq between g.from_seq and g.to_seq)
      returning g.* loop
      insert into audit.gaps (from_seq, to_seq, writers)
      select h.from_seq, h.to_seq, gap.writers
      from audit.holes(gap.from_seq - 1,
        array(select l.seq from unnest(late) l (seq) where l.seq between gap.from_seq and gap.to_seq), gap.to_seq + 1) h;
    end loop;
  end if;
  delete from audit.gaps g
  where not g.writers && fill_gaps.writers and not exists (select from unnest(fill_gaps.writers) w (name) where w.name like '-1/%')
    and not exists (select from audit.entries x where x.seq between g.from_seq and g.to_seq);
  return cardinality(late);
end $$;

-- Seal the next entries, at most `batch`, and remember what lies between them. Numbers beyond what the sequence gave out are
-- somebody's forgery: they stay unsealed, and are told by the doctor.
create or replace function audit.seal_next(batch integer) returns integer
language plpgsql as $$
declare
  done_to bigint;
  given_out bigint;
  next_seqs bigint[];
  writers text[];
begin
  select s.scanned_to into strict done_to from audit.sealing s;
  select q.last_value into strict given_out from audit.entries_seq_seq q;
  next_seqs := array(select e.seq from audit.entries e where e.seq > done_to and e.seq <= given_out order by e.seq limit batch);
  if next_seqs = '{}' then
    return 0;
  end if;
  writers := audit.writers();  -- after the look at the entries: who ended in between is seen by the next run, before it forgets
  perform audit.append_seals(next_seqs);
  insert into audit.gaps (from_seq, to_seq, writers)
  select h.from_seq, h.to_seq, writers from audit.holes(done_to, next_seqs, next_seqs[cardinality(next_seqs)] + 1) h;
  update audit.sealing set scanned_to = next_seqs[cardinality(next_seqs)];
  return cardinality(next_seqs);
end $$;

-- Seal what is committed and not sealed yet, at most `batch` entries; out goes how many that were. Whoever calls it, as often and
-- as many at once as they like: one works, the others wait for it, and all of it happens or nothing. Only this function writes seals.
create or replace function audit.seal_entries(batch integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  writers text[];
  late integer;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception using errcode = 'feature_not_supported', message = 'audit entries are sealed in READ COMMITTED only',
      hint = 'A snapshot that is older than the locks misses what was committed in between.';
  end if;
  if batch is null or batch < 1 then
    raise exception using errcode = 'invalid_parameter_value', message = 'a batch has at least one entry';
  end if;
  -- Without a lock first: a shop in which nothing happens writes nothing.
  if not exists (select from audit.gaps) and not exists (
    select from audit.entries e where e.seq > (select s.scanned_to from audit.sealing s)) then
    return 0;
  end if;
  perform from audit.sealing for update;
  writers := audit.writers();
  late := audit.fill_gaps(batch, writers);
  return late + case when late < batch then audit.seal_next(batch - late) else 0 end;
end $$;
revoke all on function audit.seal_entries(integer) from public;

create or replace trigger seals_are_final before update or delete or truncate on audit.seals
for each statement execute function audit.refuse_change();
