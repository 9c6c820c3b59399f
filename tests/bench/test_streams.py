from pathlib import Path

from bench.load.streams import measure

from surehold.platform.embedded import PostgresUrls
from tests.support.booted_api import booted_api
from tests.support.goods import put_on_sale


def test_every_change_is_told_to_every_stream(database_urls: PostgresUrls, valkey_url: str, tmp_path: Path) -> None:
    variants = [str(variant) for variant in put_on_sale(database_urls.owner, [1_000] * 2)]
    environment = {
        "SUREHOLD_DATABASE_URL": database_urls.app,
        "SUREHOLD_VALKEY_URL": valkey_url,
        "SUREHOLD_SECRET_KEY": "ab" * 32,
        "SUREHOLD_DATA_DIR": str(tmp_path),
    }
    with booted_api(environment, tmp_path / "api.log") as port:
        seen = measure(port, variants, streams=5, per_s=20, seconds=1)
    assert (seen["streams"], seen["lost"]) == (5, 0)
    assert seen["changes"] >= 2
    assert 2 * seen["changes"] <= seen["told"] <= 3 * seen["changes"]
    assert 0 < seen["p50_ms"] <= seen["p99_ms"] <= seen["max_ms"]
