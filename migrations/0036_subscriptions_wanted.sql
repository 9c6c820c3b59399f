-- A consumer that has nothing to do at the moment gets no deliveries: what nobody listens to costs no row.

alter table platform.subscriptions add column wanted boolean not null default true;
