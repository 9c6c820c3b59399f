import asyncio
from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.testing import TestClient

from surehold.platform.http import PUBLIC, Dep, get, resolve_in_turn


@get("/parts", policy=PUBLIC, summary="Three parts", tag="test")
async def three_parts(one: Dep[Any], two: Dep[Any], three: Dep[Any]) -> dict[str, Any]:
    return {"answer": one + two + three}


def giver(seen: list[Any], value: int) -> Provide:
    def give() -> int:
        seen.append(asyncio.current_task())
        return value

    return Provide(give, sync_to_thread=False)


def test_dependencies_are_looked_up_by_the_request_itself_without_a_task_for_each() -> None:
    seen: list[Any] = []
    givers = {name: giver(seen, value) for name, value in (("one", 1), ("two", 2), ("three", 3))}
    with TestClient(resolve_in_turn(Litestar([three_parts], dependencies=givers, openapi_config=None))) as client:
        assert client.get("/parts").json() == {"answer": 6}
    assert len(seen) == 3
    assert len(set(seen)) == 1
