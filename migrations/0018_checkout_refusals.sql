-- A placing that is refused before an order comes of it is on record as well, and leads back to review: what to pay with still stands.
-- Steps that come in one request are one move, and so is a placing that asks nobody outside: each move writes the row anew.

insert into checkout.legal_moves (from_state, to_state) values
  ('review', 'failed'), ('failed', 'review'), ('shipping', 'review'), ('review', 'confirmed');

-- Nothing looks a checkout or an order up by these, and every move had to write them. Dropping them takes no time, and the runner
-- limits how long it waits for the lock.
-- squawk-ignore require-concurrent-index-deletion
drop index checkout.checkouts_of_account;
-- squawk-ignore require-concurrent-index-deletion
drop index checkout.checkouts_of_guest;
-- squawk-ignore require-concurrent-index-deletion
drop index checkout.checkouts_placing;
-- squawk-ignore require-concurrent-index-deletion
drop index orders.orders_of_guest;
