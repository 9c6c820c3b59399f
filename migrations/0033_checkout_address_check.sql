-- What became of an address that a validator would write otherwise: nothing is placed before its buyer said which one is meant.
-- The addresses themselves, typed and suggested, are in the sealed contact. The next file says that all rows there are keep this.

alter table checkout.checkouts add column address_check text not null default 'none';
alter table checkout.checkouts add constraint checkouts_address_check_known
  check (address_check in ('none', 'unconfirmed', 'typed', 'suggested')) not valid;
alter table checkout.checkouts add constraint checkouts_placing_know_their_address
  check (state not in ('placing', 'confirmed') or address_check <> 'unconfirmed') not valid;
