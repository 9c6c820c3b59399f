"""Lists, the newest first, and the search by metadata."""

import re

from surehold.app.card_stand_in.call import Call
from surehold.app.card_stand_in.errors import ApiError, Json, missing, refuse_parameter

LIMIT_DEFAULT, LIMIT_MAX = 10, 100
TIME_MAX = 99_999_999_999
TERMS_MAX = 10
_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_TERM = re.compile(
    r"""\s*(?:metadata\[(?P<q>["'])(?P<key>[^"'\\]{1,40})(?P=q)\]|(?P<field>status|customer))\s*:\s*(?P<v>["'])(?P<value>[^"'\\]{0,500})(?P=v)\s*"""
)


def listed(call: Call, kind: str, url: str, parent: str | None = None, **equal: str | None) -> Json:
    """One page of objects of a kind.

    `parent`: the parameter that names the object they belong to. `equal`: tags or fields that must have a value.
    """
    params = call.params
    limit = params.integer("limit", 1, LIMIT_MAX) or LIMIT_DEFAULT
    after, before = params.text("starting_after"), params.text("ending_before")
    terms, values = _times(call)
    owner = params.text(parent) if parent else None
    params.done()
    if owner is not None:
        terms.append("parent = ?")
        values.append(owner)
    for name, value in equal.items():
        if value is not None:
            terms.append(f"json_extract(body, '$.{name}') = ?")
            values.append(value)
    if after and before:
        refuse_parameter("Give one of starting_after and ending_before.", "ending_before")
    direction = "asc" if before else "desc"
    if cursor := after or before:
        terms.append("seq > ?" if before else "seq < ?")
        values.append(_seq_of(call, cursor, kind, "ending_before" if before else "starting_after"))
    where = " and ".join(["kind = ?", *terms])
    sql = f"select body from objects where {where} order by seq {direction} limit ?"  # noqa: S608  made of constants
    found = call.books.bodies(sql, kind, *values, limit + 1)
    page = found[:limit]
    return {
        "object": "list",
        "url": url,
        "has_more": len(found) > limit,
        "data": page[::-1] if before else page,
    }


def searched(call: Call, kind: str, url: str) -> Json:
    """Objects whose tags have the values of a query such as `metadata['order_id']:'…' AND status:'…'`.

    As with the real service, what was made within the last moments may be missing (`search_lag_s`).
    """
    params = call.params
    query = params.required("query")
    limit = params.integer("limit", 1, LIMIT_MAX) or LIMIT_DEFAULT
    page = params.integer("page", 0, TIME_MAX)
    params.done()
    terms, values = ["kind = ?", "created <= ?"], [kind, call.now - call.search_lag_s]
    for name, value in _tags(query):
        terms.append("id in (select id from tags where kind = ? and name = ? and value = ?)")
        values += [kind, name, value]
    where = " and ".join(terms)
    sql = f"select seq, body from objects where {where} and seq < ? order by seq desc limit ?"  # noqa: S608  made of constants
    rows = call.books.rows(sql, *values, page or TIME_MAX, limit + 1)
    found = call.books.bodies(sql, *values, page or TIME_MAX, limit)
    return {
        "object": "search_result",
        "url": url,
        "has_more": len(rows) > limit,
        "next_page": str(rows[limit - 1]["seq"]) if len(rows) > limit else None,
        "data": found,
    }


def _times(call: Call) -> tuple[list[str], list[object]]:
    created = call.params.nested("created")
    if created is None:
        return [], []
    terms: list[str] = []
    values: list[object] = []
    for name, sign in _COMPARISONS.items():
        moment = created.integer(name, 0, TIME_MAX)
        if moment is not None:
            terms.append(f"created {sign} ?")
            values.append(moment)
    return terms, values


def _seq_of(call: Call, id_: str, kind: str, param: str) -> int:
    rows = call.books.rows("select seq from objects where id = ? and kind = ?", id_, kind)
    if not rows:
        raise missing(kind, id_, param, 400)
    return int(rows[0]["seq"])


def _tags(query: str) -> list[tuple[str, str]]:
    parts = re.split(r"\s+AND\s+", query)
    matches = [_TERM.fullmatch(part) for part in parts]
    if len(parts) > TERMS_MAX or None in matches:
        raise ApiError(
            "We were unable to parse your search query. Here it may be metadata['key']:'value', status:'…' and "
            "customer:'…', joined by AND.",
            param="query",
        )
    return [(f"metadata.{m['key']}" if m["key"] else m["field"], m["value"]) for m in matches if m is not None]
