-- When a sweep has to look at a cart: never later than when the first of its holds ends. Renewing moves that end and not this, so it
-- writes to no index any more; the sweep that looked too early moves it on.

alter table inventory.holders add column sweep_at timestamptz;
update inventory.holders set sweep_at = held_until;
-- squawk-ignore adding-not-nullable-field
alter table inventory.holders alter column sweep_at set not null;
-- squawk-ignore require-concurrent-index-creation
create index holders_by_sweep on inventory.holders (sweep_at);
-- squawk-ignore require-concurrent-index-deletion
drop index inventory.holders_by_expiry;
-- squawk-ignore require-concurrent-index-deletion
drop index inventory.holds_by_latest;
