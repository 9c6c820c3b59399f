-- Each of the two indexes of active carts held the other kind of cart as well, under null, so that the planner of a new shop could take
-- either for any look-up among active carts and read it whole.

-- squawk-ignore require-concurrent-index-deletion
drop index cart.carts_one_per_account;
-- squawk-ignore require-concurrent-index-deletion
drop index cart.carts_one_per_guest;
-- squawk-ignore require-concurrent-index-creation
create unique index carts_one_per_account on cart.carts (account_id) where state = 'active' and account_id is not null;
-- squawk-ignore require-concurrent-index-creation
create unique index carts_one_per_guest on cart.carts (guest_hash) where state = 'active' and guest_hash is not null;
