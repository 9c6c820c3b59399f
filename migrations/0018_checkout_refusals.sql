-- A placing that is refused before an order comes of it is on record as well, and leads back to review: what to pay with still stands.

insert into checkout.legal_moves (from_state, to_state) values ('review', 'failed'), ('failed', 'review');
