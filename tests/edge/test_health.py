import asyncio

from prometheus_client.parser import text_string_to_metric_families

from surehold.platform.http.edge.asgi import Message, Receive, Scope, Send
from tests.edge.conftest import MakeSite, Site


async def test_alive_and_ready_are_told_apart(make_site: MakeSite) -> None:
    site = make_site()
    assert (await site.get("/healthz")).json() == {"status": "alive"}
    assert (await site.get("/readyz")).json() == {"status": "ready", "checks": {"database": "ok", "valkey": "ok"}}
    site.ready["valkey"] = False
    degraded = await site.get("/readyz")
    assert (degraded.status_code, degraded.json()["status"]) == (200, "degraded")
    assert degraded.json()["checks"] == {"database": "ok", "valkey": "away"}
    site.ready["database"] = False
    away = await site.get("/readyz")
    assert (away.status_code, away.json()["status"]) == (503, "not_ready")
    assert (await site.get("/healthz")).status_code == 200


async def test_a_draining_process_is_alive_and_not_ready(make_site: MakeSite) -> None:
    site = make_site()
    site.drain.begin()
    answer = await site.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "draining")
    assert (await site.get("/healthz")).status_code == 200
    assert (await site.get("/v1/products/mug")).status_code == 200


async def test_a_database_that_hangs_is_not_ready(make_site: MakeSite) -> None:
    site = make_site(ready_timeout_s=0.01)

    async def hangs() -> dict[str, bool]:
        return await asyncio.get_running_loop().create_future()

    site.edge._long_way._health._readiness = hangs
    assert (await site.get("/readyz")).status_code == 503


def figure(site: Site, name: str, **labels: str) -> float:
    page = site.metrics.page().decode()
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    return sum(s.value for s in samples if s.name == name and labels.items() <= s.labels.items())


async def test_figures_are_for_our_own_networks_and_add_up(make_site: MakeSite) -> None:
    site = make_site()
    assert (await site.get("/metrics")).status_code == 404
    through_a_proxy = {"x-forwarded-for": "198.51.100.1"}
    assert (await site.get("/metrics", peer="127.0.0.1", headers=through_a_proxy)).status_code == 404
    for _ in range(3):
        await site.get("/v1/products/mug")
        await site.get("/v1/me")
    page = await site.get("/metrics", peer="127.0.0.1")
    assert page.status_code == 200
    product = "/v1/products/{id_or_slug}"
    assert figure(site, "surehold_cache_hits_total", route=product) == 2
    assert figure(site, "surehold_cache_fills_total", route=product) == 1
    assert figure(site, "surehold_http_requests_total", route=product) == 1
    assert figure(site, "surehold_http_requests_total", route="/template", status="200") == 3
    assert figure(site, "surehold_http_request_seconds_count", route="/template") == 3
    assert figure(site, "surehold_http_in_flight") == 0


async def test_lifespan_goes_through_and_its_end_begins_the_drain(make_site: MakeSite) -> None:
    site = make_site()
    asked: asyncio.Queue[Message] = asyncio.Queue()
    told: asyncio.Queue[Message] = asyncio.Queue()
    life = asyncio.create_task(site.edge({"type": "lifespan"}, asked.get, told.put))
    await asked.put({"type": "lifespan.startup"})
    assert (await told.get())["type"] == "lifespan.startup.complete"
    assert not site.drain.begun
    await asked.put({"type": "lifespan.shutdown"})
    assert (await told.get())["type"] == "lifespan.shutdown.complete"
    await life
    assert site.drain.begun


async def test_streams_get_their_paths_and_are_told_who_asks(make_site: MakeSite) -> None:
    seen: list[Scope] = []

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        await send({"type": "http.response.body", "body": b"data: 1\n\n"})

    site = make_site(streams={"/v1/events": stream, "/v1/ws": stream})
    answer = await site.get("/v1/events?topics=cart:me")
    assert (answer.text, answer.headers["x-request-id"]) == ("data: 1\n\n", seen[0]["state"]["request_id"])
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/v1/ws", "query_string": b"", "headers": [], "client": ("203.0.113.9", 1)}
    await site.edge(scope, receive, send)
    assert sent[0]["type"] == "websocket.accept"
    assert seen[1]["state"]["client_ip"] == "203.0.113.9"
    site.drain.begin()
    sent.clear()
    await site.edge(scope, receive, send)
    assert (sent[0]["type"], sent[0]["code"]) == ("websocket.close", 1012)
