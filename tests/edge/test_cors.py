"""What another origin's pages may send is what the API's description says can be sent."""

from collections.abc import Iterator
from typing import Any

from surehold.app.docs import build_document
from surehold.app.routing import CACHED_ROUTES, handlers_of
from surehold.platform.http.edge.origins import Origins

OF_THE_BROWSER = {"user-agent", "last-event-id"}
"""No page sets these itself; `last-event-id` is allowed all the same, for a page that reads the stream with `fetch`."""
BESIDE_THE_PARAMETERS = {"authorization", "content-type", "x-request-id"}
"""OpenAPI forbids to describe the first two as parameters; the third is the edge's, on every request."""
SHOP = b"https://app.example"


def declared() -> Iterator[str]:
    document: dict[str, Any] = build_document(
        handlers_of(()), cached=[route.pattern for route in CACHED_ROUTES], cookie_prefix=""
    )
    for item in document["paths"].values():
        for operation in item.values():
            yield from (one["name"].lower() for one in operation.get("parameters", ()) if one["in"] == "header")


def test_every_declared_header_may_be_sent_from_another_origin() -> None:
    answer = dict(Origins(frozenset({SHOP.decode()}), cors_max_age_s=600).preflight_headers(SHOP))
    allowed = {name.strip() for name in answer[b"access-control-allow-headers"].decode().split(",")}
    assert "order-token" in allowed
    assert allowed - OF_THE_BROWSER == (set(declared()) - OF_THE_BROWSER) | BESIDE_THE_PARAMETERS
