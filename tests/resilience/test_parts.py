"""Processes that serve or work for some parts only, side by side on one database; and how a process ends."""

import asyncio
import http.client
import signal
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from uuid import UUID

import psycopg

from surehold.app.retail.wire import Target
from surehold.app.up.ports import free_port
from surehold.platform.db import PoolSettings
from tests.support.buyers import Buyer, History, order_of
from tests.support.goods import put_on_sale
from tests.support.running_shop import HOST, RunningShop, eventually

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
READY_TIMEOUT_S = 40.0
ENDED_TIMEOUT_S = 20.0
ADDS = 6
AT_THE_LOCK = min(ADDS, PoolSettings().max_size)  # the rest waits for a connection
_UPGRADE = (
    "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@asynccontextmanager
async def api(shop: RunningShop, only: Sequence[str] = ()) -> AsyncIterator[tuple[Target, subprocess.Popen[bytes]]]:
    """An API process of its own for the length of a block."""
    port = free_port()
    words = ["api", "--port", str(port), "--workers", "1", *(["--only", ",".join(only)] if only else [])]
    process = await shop.on_supervisor(lambda: shop.spawn(*words))

    async def is_ready() -> bool:
        assert process.poll() is None, "the process has ended"
        return await asyncio.to_thread(_status, port, "/readyz") == 200

    try:
        await eventually(is_ready, READY_TIMEOUT_S, "the process is not ready")
        yield Target(HOST, port, is_tls=False), process
    finally:
        if process.poll() is None:
            process.terminate()
            await asyncio.to_thread(process.wait, ENDED_TIMEOUT_S)


def _status(port: int, path: str) -> int:
    try:
        with closing(http.client.HTTPConnection(HOST, port, timeout=5)) as connection:
            connection.request("GET", path)
            return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0


async def test_each_process_serves_its_own_parts(shop: RunningShop) -> None:
    """One sells and one shows: a purchase that needs both goes through, each answers 404 for what is the other's."""
    [variant] = put_on_sale(shop.urls.owner, [10])
    [(product,)] = shop.rows("select product_id from catalog.variants where id = %s", variant)
    selling, showing = ("cart", "checkout", "orders"), ("catalog", "identity")
    async with api(shop, selling) as (till, _), api(shop, showing) as (window, _):
        buyer = Buyer(till)
        order = order_of(await buyer.buy(variant))
        buyer.close()
        statuses = {
            (target.port, path): await asyncio.to_thread(_status, target.port, path)
            for target in (till, window)
            for path in (f"/v1/products/{product}", "/v1/categories", "/v1/cart", f"/v1/orders/{order}", "/v1/session")
        }
    assert statuses[window.port, f"/v1/products/{product}"] == statuses[window.port, "/v1/categories"] == 200
    assert statuses[till.port, f"/v1/products/{product}"] == statuses[till.port, "/v1/categories"] == 404
    assert statuses[window.port, "/v1/cart"] == statuses[window.port, f"/v1/orders/{order}"] == 404
    assert statuses[window.port, "/v1/session"] == 405  # it is there, and is not read
    assert statuses[till.port, "/v1/session"] == 404


async def test_a_worker_does_only_what_it_is_told(shop: RunningShop) -> None:
    """With the shop's own worker away, one for letters sends letters and leaves a catalogue's events and other jobs alone."""
    await shop.settled()
    await shop.pause("worker")
    [variant] = put_on_sale(shop.urls.owner, [10])
    reprice(shop, variant)
    worker = await shop.on_supervisor(lambda: shop.spawn("worker", "--only", "notifications"))
    buyer = Buyer(shop.target)
    try:
        order_of(await buyer.buy(variant))
        await eventually(lambda: _has_letter(shop, buyer.email), READY_TIMEOUT_S, "no letter was sent")
        assert shop.rows("select distinct consumer from platform.deliveries") == [("catalog.price_order",)]
    finally:
        code = await _told_to_end(worker)
        await shop.resume("worker")
        buyer.close()
    assert code == 0
    await shop.settled()


async def _told_to_end(process: subprocess.Popen[bytes]) -> int | None:
    """The exit code after SIGTERM; None for one that had to be killed."""
    process.terminate()
    try:
        return await asyncio.to_thread(process.wait, ENDED_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        await asyncio.to_thread(process.wait)
        return None


def reprice(shop: RunningShop, variant: UUID) -> None:
    """An event that the catalogue has to do something about."""
    shop.rows("select pricing.import_prices(%s, %s, %s)", [variant], ["USD"], [777])


async def _has_letter(shop: RunningShop, email: str) -> bool:
    letters = await asyncio.to_thread(shop.letters)
    return any(email in letter["to"] for letter in letters)


async def test_told_to_stop_it_finishes_what_is_in_hand(shop: RunningShop) -> None:
    """What waits for a lock or a connection when SIGTERM comes is answered, and is true; streams are told why they end; then the
    process ends, with a clean code."""
    [variant] = put_on_sale(shop.urls.owner, [100])
    history = History()
    async with api(shop) as (target, process):
        events = f"/v1/events?topics=variant:{variant}"
        streams = [
            await _stream(target, events),
            await _stream(target, events),
            await _stream(target, "/v1/ws", _UPGRADE),
        ]
        buyers = [Buyer(target, history) for _ in range(ADDS)]
        with psycopg.connect(shop.urls.owner) as lock:
            lock.execute("select from inventory.stock where variant_id = %s for update", (variant,))
            adding = asyncio.gather(*(buyer.add(variant) for buyer in buyers))
            await eventually(lambda: _wait_for_a_lock(shop, AT_THE_LOCK), READY_TIMEOUT_S, "nobody waits for the lock")
            process.send_signal(signal.SIGTERM)
            await eventually(lambda: _is_draining(target.port), ENDED_TIMEOUT_S, "it does not drain")
        answers = await adding
        assert [answer.status for answer in answers if answer is not None] == [200] * ADDS
        for stream in streams:
            assert b"drain" in await asyncio.wait_for(_last_words(stream), ENDED_TIMEOUT_S)
        assert await asyncio.to_thread(process.wait, ENDED_TIMEOUT_S) == 0
    assert _held(shop, variant) == ADDS
    for buyer in buyers:
        buyer.close()


async def _stream(target: Target, path: str, more: str = "") -> Streams:
    """An open stream."""
    reader, writer = await asyncio.open_connection(target.host, target.port)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: {target.authority}\r\n{more}\r\n".encode())
    status = await reader.readline()
    assert status.split()[1] in {b"200", b"101"}, status
    return reader, writer


async def _last_words(stream: Streams) -> bytes:
    """What it said until it ended; who hears why hangs up."""
    reader, writer = stream
    said = b""
    while b"drain" not in said and (chunk := await reader.read(65_536)):
        said += chunk
    writer.close()
    return said


async def _wait_for_a_lock(shop: RunningShop, count: int) -> bool:
    return shop.rows("select count(*) from pg_locks where not granted")[0][0] >= count


async def _is_draining(port: int) -> bool:
    """It says so, or takes no new connection any more."""
    return await asyncio.to_thread(_status, port, "/readyz") in {0, 503}


def _held(shop: RunningShop, variant: UUID) -> int:
    [(units,)] = shop.rows("select sum(quantity)::int from inventory.holds where variant_id = %s", variant)
    return units
