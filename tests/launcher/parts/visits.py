"""A table that grows by one with every question."""

import os

import psycopg


def count_visits() -> int:
    """Adds a row, and counts them."""
    with psycopg.connect(os.environ["SUREHOLD_DATABASE_OWNER_URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS public.visits (n int)")
        connection.execute("INSERT INTO public.visits VALUES (1)")
        row = connection.execute("SELECT count(*) FROM public.visits").fetchone()
    assert row is not None
    return int(row[0])
