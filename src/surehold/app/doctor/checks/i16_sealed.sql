-- id: I16.sealed
-- means: Entries of the audit log are sealed within seconds.
-- says: Audit entry {entry_seq} ({action}) of {at} is not sealed yet: does the worker run?
-- needs: worker
select e.seq as entry_seq, e.action, e.at
from audit.sealing w
join audit.entries e on e.seq > w.scanned_to
where e.at < clock_timestamp() - interval '60 seconds'
union all
select e.seq, e.action, e.at
from audit.gaps g
join audit.entries e on e.seq between g.from_seq and g.to_seq
where e.at < clock_timestamp() - interval '60 seconds'
