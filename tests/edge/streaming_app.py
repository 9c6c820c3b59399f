"""An application with one stream, for a real server: the stream ends itself when the process is on its way out."""

import asyncio
from collections.abc import Mapping

from surehold.platform.http.edge import Drain, Edge, EdgeSettings
from surehold.platform.http.edge.asgi import Receive, Scope, Send
from surehold.platform.telemetry import Metrics

drain = Drain()


async def inner(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"inner"})


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    over = asyncio.Event()
    drain.on_begin(over.set)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    await send({"type": "http.response.body", "body": b": hello\n\n", "more_body": True})
    await over.wait()
    await send({"type": "http.response.body", "body": b": goodbye\n\n", "more_body": False})


async def readiness() -> Mapping[str, bool]:
    return {"database": True}


app = Edge(
    inner,
    EdgeSettings(secure=False, log_every=0),
    drain=drain,
    metrics=Metrics(),
    readiness=readiness,
    streams={"/v1/events": stream},
)
