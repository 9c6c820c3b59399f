-- Lines that are gone, and since which version of their cart: what an offline client did to one before that is told as a
-- conflict instead of making the line anew. One row per cart and variant, forgotten after a month or with the cart.

create table cart.removed_lines (
  cart_id uuid not null references cart.carts (id),
  variant_id uuid not null,
  version bigint not null,
  at timestamptz not null default clock_timestamp(),
  primary key (cart_id, variant_id)
);
create index removed_lines_by_age on cart.removed_lines (at);
