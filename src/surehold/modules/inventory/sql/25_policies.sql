-- Set policies of many variants; a null keeps what is there. Writes only where something differs. Published (imports).
create or replace function inventory.set_policies(
  variants uuid[], limits integer[], promised date[], thresholds integer[]
) returns void
language plpgsql as $$
begin
  perform inventory.ensure_stock(variants);
  perform 1 from inventory.stock s where s.variant_id = any (variants) order by s.variant_id for update;
  update inventory.stock s set
    backorder_limit = w.new_limit, backorder_promised_on = w.new_date, low_stock_threshold = w.new_threshold,
    version = s.version + 1, policy_version = s.policy_version + 1
  from (
    select i.v, coalesce(i.l, t.backorder_limit) as new_limit,
      case when coalesce(i.l, t.backorder_limit) > 0 then coalesce(i.p, t.backorder_promised_on) end as new_date,
      coalesce(i.t, t.low_stock_threshold) as new_threshold
    from unnest(variants, limits, promised, thresholds) as i (v, l, p, t)
    join inventory.stock t on t.variant_id = i.v
  ) w
  where s.variant_id = w.v
    and (s.backorder_limit, s.backorder_promised_on, s.low_stock_threshold)
      is distinct from (w.new_limit, w.new_date, w.new_threshold);
exception
  when check_violation then
    perform platform.refuse('BACKORDERS_PROMISED', jsonb_build_object(
      'detail', 'More is promised already than the new limit allows, or the promised date is missing.'));
end $$;
