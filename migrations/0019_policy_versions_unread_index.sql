-- Backorder limit and threshold of a variant are edited by people: they have a version of their own, since that of the stock row
-- changes with every hold.

alter table inventory.stock add column policy_version bigint not null default 1;

-- Listings by price are sorted by catalog.listed_prices; nobody reads prices by amount, and every change of a price paid for it.
-- squawk-ignore require-concurrent-index-deletion
drop index pricing.prices_by_amount; -- a moment's lock; within a transaction there is no other way
