-- id: I7.books
-- means: A payment provider's book and the shop's say the same.
-- says: Found {found_at}, {kind}: {detail} (payment {payment_id}); see the dead letters.
select f.kind, f.detail, f.found_at, coalesce(f.payment_id::text, 'none of ours') as payment_id
from payments.findings f where f.discarded_at is null
