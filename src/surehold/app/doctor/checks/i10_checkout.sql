-- id: I10.checkout
-- means: A checkout moves only as it may, without a gap, and is where its history ends.
-- says: Checkout {checkout_id} is {state}; step {seq} of its history goes from {from_state} to {to_state}, which does not fit.
select c.id as checkout_id, c.state, h.seq, h.from_state, h.to_state
from checkout.checkouts c
left join (
  select x.checkout_id, x.seq, x.from_state, x.to_state,
    lag(x.to_state) over w as before, lead(x.to_state) over w as after, row_number() over w as step
  from checkout.history x window w as (partition by x.checkout_id order by x.seq)
) h on h.checkout_id = c.id
left join checkout.legal_moves m
  on m.from_state is not distinct from h.from_state and m.to_state = h.to_state
where m.to_state is null
  or h.before is distinct from h.from_state
  or h.step <> h.seq
  or (h.after is null and h.to_state <> c.state)
