"""No sealed column is forgotten: every bytea column of the database says whether it is one."""

from surehold.app.sealed_columns import NOT_SEALED, SEALED_COLUMNS
from surehold.platform.db import Database


async def test_every_column_of_bytes_is_declared(db: Database) -> None:
    rows = await db.fetch_all(
        "select table_schema || '.' || table_name || '.' || column_name from information_schema.columns"
        " where data_type = 'bytea' and table_schema not in ('pg_catalog', 'information_schema')"
        " and table_schema || '.' || table_name in"
        " (select schemaname || '.' || tablename from pg_catalog.pg_tables)"
    )
    found = {str(row[0]) for row in rows}
    declared = {str(column) for column in SEALED_COLUMNS} | NOT_SEALED.keys()
    assert found - declared == set(), "declare it in its store's SEALED_COLUMNS, or with its reason in NOT_SEALED"
    assert declared - found == set(), "this column is gone"
    assert not {str(column) for column in SEALED_COLUMNS} & NOT_SEALED.keys()


async def test_rows_are_found_by_a_key(db: Database) -> None:
    for column in SEALED_COLUMNS:
        rows = await db.fetch_all(
            "select array_agg(a.attname::text order by k.place), array_agg(format_type(a.atttypid, null) order by k.place)"
            " from pg_catalog.pg_index i, unnest(i.indkey::int2[]) with ordinality k(attnum, place), pg_catalog.pg_attribute a"
            " where i.indrelid = %s::regclass and i.indisunique and i.indpred is null"
            " and a.attrelid = i.indrelid and a.attnum = k.attnum group by i.indexrelid having bool_and(a.attnotnull)",
            (column.table,),
        )
        assert list(column.key) in [list(zip(names, types, strict=True)) for names, types in rows], column
