-- Guests who signed in while an order of their cart was being placed: the cart is merged as soon as that is over.

create table cart.waiting_merges (
  guest_cart_id uuid primary key references cart.carts (id),
  account_id uuid not null,
  since timestamptz not null default clock_timestamp()
);
