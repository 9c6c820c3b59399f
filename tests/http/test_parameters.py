from typing import Annotated, Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import Meta

from surehold.platform.http import PUBLIC, IfMatch, In, get, put


class ThingIn(In):
    size: Annotated[int, Meta(ge=1)]


@get("/things", policy=PUBLIC, summary="things", tag="t")
async def list_things(
    limit: Annotated[int, Meta(ge=1, le=5)] = 3,
    word: Annotated[str, Meta(max_length=3)] | None = None,
    tags: Annotated[list[Annotated[str, Meta(max_length=2)]], Meta(max_length=2)] | None = None,
) -> list[Any]:
    return [limit, word, tags]


@put("/things/{number:int}", policy=PUBLIC, summary="one", tag="t")
async def set_thing(number: Annotated[int, Meta(le=9)], data: ThingIn, if_match: IfMatch = None) -> list[Any]:
    return [number, data.size, if_match]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("", [3, None, None]),
        ("limit=5&word=abc&tags=a&tags=b", [5, "abc", ["a", "b"]]),
        ("limit=6", None),
        ("limit=0", None),
        ("word=abcd", None),
        ("tags=abc", None),
        ("tags=a&tags=b&tags=c", None),
    ],
)
def test_the_bounds_of_queries_hold(query: str, answer: list[Any] | None) -> None:
    with TestClient(Litestar([list_things])) as client:
        response = client.get(f"/things?{query}")
    assert (response.json() if response.status_code == 200 else None) == answer


def test_path_body_and_headers_are_told_apart() -> None:
    with TestClient(Litestar([set_thing])) as client:
        assert client.put("/things/9", json={"size": 2}, headers={"If-Match": '"v1"'}).json() == [9, 2, '"v1"']
        assert client.put("/things/10", json={"size": 2}).status_code == 400
        assert client.put("/things/9", json={"size": 0}).status_code == 400
