-- A token to pay with lies sealed in the checkout until the order is placed, then with the payment until its authorization is
-- settled. `ref_index` is the blind index of the provider's name of the payment, by which the provider's messages find it.

alter table checkout.checkouts add column payment_source bytea;
alter table payments.payments
  add column source bytea,
  add column ref_index bytea;
-- squawk-ignore require-concurrent-index-creation
create unique index payments_by_ref on payments.payments (ref_index) where ref_index is not null;
