-- id: I16.chain
-- means: Nobody changed the audit log (the last 10,000 seals; `./surehold audit verify` computes all of them again).
-- says: Audit seal {seal}, entry {entry_seq}: {wrong}.
with recent as materialized (
  select s.seq, s.entry_seq, s.sealed_at, s.prev, s.hash from audit.seals s order by s.seq desc limit 10000
), linked as (
  select r.*, lag(r.seq) over (order by r.seq) as before_seq, lag(r.hash) over (order by r.seq) as before_hash from recent r
), found as (
  select l.seq as seal, l.entry_seq,
    case
      when l.before_seq is distinct from l.seq - 1 and (l.before_seq is not null or l.seq > 1 and not exists (
        select from audit.seals p where p.seq = l.seq - 1)) then 'the seal before it is missing'
      when l.before_hash is distinct from l.prev and (l.before_hash is not null or l.seq = 1 and l.prev <> decode(repeat('00', 32), 'hex'))
        then 'it does not follow from the seal before it'
      when e.seq is null then 'the entry was removed'
      when l.hash <> audit.seal_hash(l.prev, l.seq, l.sealed_at, e.seq, e.at, e.actor, e.action, e.subject_type, e.subject_id,
        e.facts, e.request_id) then 'the entry was changed, or the seal was forged'
    end as wrong
  from linked l
  left join audit.entries e on e.seq = l.entry_seq
  union all
  select null, e.seq, 'the entry was inserted later, or its seal was removed'
  from audit.entries e
  where e.seq >= coalesce((select min(r.entry_seq) from recent r having min(r.seq) > 1), -9223372036854775808) and e.seq <= (select w.scanned_to from audit.sealing w)
    and not exists (select from audit.seals s where s.entry_seq = e.seq)
    and not exists (select from audit.gaps g where e.seq between g.from_seq and g.to_seq)
)
select f.seal, f.entry_seq, f.wrong from found f where f.wrong is not null order by f.seal nulls last, f.entry_seq
