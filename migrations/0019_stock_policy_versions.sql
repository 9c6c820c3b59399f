-- Backorder limit and threshold of a variant are edited by people: they have a version of their own, since that of the stock row
-- changes with every hold.

alter table inventory.stock add column policy_version bigint not null default 1;
