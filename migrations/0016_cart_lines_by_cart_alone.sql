-- Nobody looks lines up by their variant: every add paid for an index that was never read. The lock is over at once.
-- squawk-ignore require-concurrent-index-deletion
drop index cart.lines_by_variant;
