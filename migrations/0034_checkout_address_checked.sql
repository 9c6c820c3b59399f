-- Every checkout there is keeps the constraints that the file before this one added.

alter table checkout.checkouts validate constraint checkouts_address_check_known;
alter table checkout.checkouts validate constraint checkouts_placing_know_their_address;
