"""Every figure that the documents speak of is one that Prometheus can read."""

import re
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from surehold.platform.embedded import PostgresUrls
from surehold.platform.events import DeliveryMetrics
from surehold.platform.jobs import JobMetrics
from tests.support.api import client_of, running_api, settings_of

ROOT = Path(__file__).resolve().parents[2]
NO_FIGURES = {"surehold_app", "surehold_audit", "surehold_owner", "surehold_terms"}
"""Roles and a cookie."""


def documented() -> set[str]:
    texts = (path.read_text() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")))
    return {name for text in texts for name in re.findall(r"\bsurehold_[a-z_]+\b", text)} - NO_FIGURES


def of_the_worker() -> Iterator[str]:
    registry = CollectorRegistry()
    DeliveryMetrics(registry)
    JobMetrics(registry)
    for family in registry.collect():
        yield f"{family.name}_total" if family.type == "counter" else family.name


async def test_what_is_documented_can_be_read(database_urls: PostgresUrls, valkey_url: str, tmp_path: Path) -> None:
    async with running_api(settings_of(database_urls.app, valkey_url, tmp_path)) as app, client_of(app) as client:
        assert (await client.get("/v1/cart")).status_code == 404
        page = (await client.get("/metrics")).text
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    families = {f"{f.name}_total" if f.type == "counter" else f.name for f in text_string_to_metric_families(page)}
    assert documented() - families - set(of_the_worker()) == set()
    values = {(one.name, one.labels.get("what", "")): one.value for one in samples}
    assert values["surehold_realtime_streams", ""] == 0
    assert values["surehold_realtime_total", "resyncs"] == 0
    assert values["surehold_db_connections", ""] >= 1
    assert values["surehold_db_waiting", ""] == 0
    assert values["surehold_db_pool_total", "requests_num"] >= 1
