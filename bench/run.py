"""The order of things: boot, load, measure, grow, measure again."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench import catalogue, machine, orders
from bench.driver import Driver
from bench.limits import Hello, Pgbench, durability
from bench.load.endpoints import ENDPOINTS
from bench.pairs import Figure, Plan, Stand
from bench.shop import Shop

READERS, ADDERS, BUYERS, CALLERS = 32, 32, 16, 8
RUSH_BUYERS, RUSH_MAX_S = 200, 60.0
STREAMS, CHANGED_VARIANTS, CHANGES_PER_S, STREAMS_FOR_SLICES = 200, 20, 100.0, 2
PRICE_CHANGES_PER_S = 10
READ_PAGES = 200
LISTING_SHARE = 0.1
LISTING_PAGES_MAX = 400
PAGE = 24
IDLE_S = 5.0
COUNTERS_S = 2.0  # the shop hands its counters over once a second
FIGURES = (
    "product_read",
    "catalog_mix",
    "cart_read",
    "add_to_cart",
    "purchase",
    "hot_sku",
    "realtime",
    "endpoints",
    "growth",
    "doctor",
)


@dataclass(frozen=True, slots=True)
class Size:
    """How long and how much."""

    plan: Plan
    growth_plan: Plan
    endpoint_s: tuple[float, float]
    products: int
    few_products: int
    many_products: int
    many_orders: int
    cart_lines: tuple[int, int] = (1, 50)


LONG = Size(Plan(5.0, 3), Plan(2.0, 2), (0.5, 1.5), 4_000, 1_000, 100_000, 1_000_000)
QUICK = Size(Plan(1.0, 1), Plan(1.0, 1), (0.2, 0.4), 2_000, 1_000, 4_000, 10_000)


class Bench:
    """One run over one shop."""

    def __init__(self, shop: Shop, driver: Driver, size: Size, only: set[str]) -> None:
        self._shop, self._driver, self._size, self._only = shop, driver, size, only
        self._products = 0
        self._growth: list[dict[str, Any]] = []
        self._results: dict[str, Any] = {}
        self._stand = Stand(driver, shop, size.plan)
        self._grow = Stand(driver, shop, size.growth_plan)
        self._variants = shop.folder / "variants.txt"
        self._pages = shop.folder / "pages.txt"
        self._listings = shop.folder / "listings.txt"

    def run(self) -> dict[str, Any]:
        """All figures that are wanted, as results.json has them."""
        size, results = self._size, self._results
        began = time.monotonic()
        self._say("booting the shop")
        self._shop.start()
        results["machine"] = machine.about() | durability(self._shop)
        self._stock(size.few_products if "growth" in self._only else size.products)
        time.sleep(IDLE_S)
        results["memory_mb"] = machine.memory_mb(self._shop.pid)
        self._pgbench = Pgbench(self._shop)
        self._hello = Hello(self._driver, READERS, self._page_bytes(), self._shop.folder / "hello.log")
        try:
            self._measure()
        finally:
            self._hello.stop()
        results["took_s"] = round(time.monotonic() - began)
        results["unexpected_answers"] = sum(_count_unexpected(value) for value in results.values())
        return results

    def _measure(self) -> None:
        size = self._size
        if "growth" in self._only:
            few = self._core(self._grow, "few products")
            self._stock(size.products)
        self._figures()
        if "growth" in self._only:
            self._grow_lines()
            self._stock(size.many_products)
            many = self._core(self._grow, "many products")
            self._compare("products", size.few_products, size.many_products, few, many)
            self._grow_orders(many)
            self._results["growth"] = self._growth
        if "doctor" in self._only:
            self._say("doctor")
            self._results["doctor"] = self._shop.doctor() or ["clean"]
        self._results["memory_after_mb"] = machine.memory_mb(self._shop.pid)

    def _figures(self) -> None:
        stand, results = self._stand, self._results
        limits: dict[str, list[float]] = {"asgi_rps": [], "pgbench_tps": []}
        takers: dict[str, tuple[str, Callable[[], Figure], str, str]] = {
            "product_read": ("asgi_rps", lambda: self._product_read(stand), "read", "rps"),
            "cart_read": ("asgi_rps", lambda: self._cart_read(stand, 3), "cart_read", "rps"),
            "add_to_cart": ("pgbench_tps", lambda: self._add(stand), "add_to_cart", "rps"),
            "purchase": ("pgbench_tps", lambda: self._purchase(stand), "purchase", "orders_per_s"),
        }
        for name, (limit, take, label, rate) in takers.items():
            if name in self._only:
                self._say(name)
                figure = take()
                limits[limit] += figure.limits
                results[name] = figure.document(label, rate)
                if name == "purchase":
                    results[name]["steps"] = figure.times
        if "catalog_mix" in self._only:
            self._say("catalog_mix")
            results["catalog_mix"] = self._catalog_mix(limits["asgi_rps"])
        results["limits"] = {name: round(sorted(of)[len(of) // 2], 1) if of else None for name, of in limits.items()}
        if "hot_sku" in self._only:
            self._say("hot_sku")
            results["hot_sku"] = self._hot_sku()
        if "realtime" in self._only:
            self._say("realtime")
            results["realtime"] = self._realtime()
        if "endpoints" in self._only:
            results["endpoints"] = {name: self._endpoint(name) for name in ENDPOINTS}
        shares = [
            value["driver_cpu_share"]
            for value in results.values()
            if isinstance(value, dict) and "driver_cpu_share" in value
        ]
        results["driver_cpu_share"] = max(shares, default=None)

    def _core(self, stand: Stand, what: str) -> dict[str, Figure]:
        """The figures that growth is judged by."""
        self._say(f"growth: {what}")
        return {
            "product_read": self._product_read(stand),
            "cart_read": self._cart_read(stand, 3),
            "add_to_cart": self._add(stand),
            "purchase": self._purchase(stand),
        }

    def _product_read(self, stand: Stand) -> Figure:
        rng = random.Random("pages")
        paths = rng.sample(self._pages.read_text().split(), READ_PAGES)
        return stand.take("reads", READERS, {"paths": paths}, self._hello)

    def _cart_read(self, stand: Stand, lines: int) -> Figure:
        return stand.take("cart_reads", READERS, {"variants": str(self._variants), "lines": lines}, self._hello)

    def _add(self, stand: Stand) -> Figure:
        return stand.take("adds", ADDERS, {"variants": str(self._variants)}, self._pgbench)

    def _purchase(self, stand: Stand) -> Figure:
        options = {"variants": str(self._variants)}
        return stand.take("purchases", BUYERS, options, self._pgbench, counts="orders_per_s")

    def _catalog_mix(self, limits: list[float]) -> dict[str, Any]:
        self._list_pages()
        stop = threading.Event()
        changes = threading.Thread(target=self._change_prices, args=(stop,))
        options = {"products": str(self._pages), "listings": str(self._listings), "listing_share": LISTING_SHARE}
        self._warm(options)
        before, changed, began = self._shop.counters("surehold_cache_"), self._changed(), time.monotonic()
        changes.start()
        try:
            figure = self._stand.take("zipf", READERS, options, self._hello)
        finally:
            stop.set()
            changes.join()
        took_s = time.monotonic() - began
        time.sleep(COUNTERS_S)
        after = self._shop.counters("surehold_cache_")
        grown = {name: after.get(name, 0) - before.get(name, 0) for name in after}
        answered = sum(grown.get(f"surehold_cache_{kind}_total", 0) for kind in ("hits", "level2_hits"))
        read = sum(grown.get(f"surehold_cache_{kind}_total", 0) for kind in ("fills", "raced", "passed"))
        limits += figure.limits
        busy_s = self._size.plan.slice_s * self._size.plan.pairs + 1
        return figure.document("read") | {
            "hit_ratio": round(answered / max(answered + read, 1), 4),
            "hit_ratio_in_process": round(grown.get("surehold_cache_hits_total", 0) / max(answered + read, 1), 4),
            "db_reads_per_s": round(read / busy_s, 1),
            "price_changes_per_s": round((self._changed() - changed) / took_s, 1),
            "products": self._products,
        }

    def _warm(self, options: dict[str, Any]) -> None:
        """The mix is one of a shop that has been open for a while: what is asked for often was asked for before."""
        self._driver.do("open", name="warm", port=self._shop.port, connections=READERS, script="zipf", options=options)
        self._driver.do("run", name="warm", seconds=self._size.plan.slice_s)
        self._driver.do("close", name="warm")
        time.sleep(COUNTERS_S)

    def _change_prices(self, stop: threading.Event) -> None:
        """Ten a second through the staff API, on a beat of their own."""
        rng = random.Random("prices")
        variants = self._variants.read_text().split()
        due = time.monotonic()
        while not stop.wait(max(due - time.monotonic(), 0)):
            due += 1 / PRICE_CHANGES_PER_S
            body = {"prices": [{"currency": "USD", "amount": rng.randint(300, 12_000)}]}
            path = f"/v1/admin/variants/{rng.choice(variants)}/prices"
            self._shop.call("PUT", path, body, staff=True, if_match="*")

    def _changed(self) -> int:
        with self._shop.owner() as connection:
            row = connection.execute(
                "select count(*) from pricing.price_changes where old_minor is not null"
            ).fetchone()
        return int(row[0]) if row else 0

    def _hot_sku(self) -> dict[str, Any]:
        file = self._shop.folder / "hot.jsonl"
        sku = catalogue.write_hot(file, 900_000)
        self._shop.import_products(file)
        with self._shop.owner() as connection:
            row = connection.execute("select variant_id::text from catalog.sellable where sku = %s", (sku,)).fetchone()
        assert row is not None
        name = "rush"
        self._driver.do(
            "open", name=name, port=self._shop.port, connections=RUSH_BUYERS, script="rush", options={"variant": row[0]}
        )
        said = self._driver.do("run", name=name, seconds=RUSH_MAX_S)
        seen = self._driver.do("figures", name=name)
        self._driver.do("close", name=name)
        with self._shop.owner() as connection:
            sold = connection.execute(
                "select coalesce(sum(l.quantity), 0) from orders.lines l join orders.orders o on o.id = l.order_id"
                " where l.variant_id = %s and o.status = 'CONFIRMED'",
                (row[0],),
            ).fetchone()
        return {
            "buyers": RUSH_BUYERS,
            "units": catalogue.HOT_STOCK,
            "sold": int(sold[0]) if sold else 0,
            "orders": seen["notes"].get("sold", 0),
            "clear_refusals": seen["notes"].get("refused", 0),
            "seconds": round(said["took_s"], 3),
            "unexpected": seen["unexpected"],
        }

    def _realtime(self) -> dict[str, Any]:
        variants = random.Random("streams").sample(self._variants.read_text().split(), CHANGED_VARIANTS)
        seconds = STREAMS_FOR_SLICES * self._size.plan.slice_s
        options = {"port": self._shop.port, "variants": variants, "streams": STREAMS, "per_s": CHANGES_PER_S}
        return self._driver.do("realtime", seconds=seconds, **options)

    def _endpoint(self, name: str) -> dict[str, Any]:
        self._say(name)
        options = {"name": name, "variants": str(self._variants), "staff": self._shop.staff_cookie}
        return self._stand.paced("endpoint", CALLERS, options, self._size.endpoint_s)

    def _grow_lines(self) -> None:
        few, many = self._size.cart_lines
        self._say("growth: lines in the cart")
        options = {"variants": str(self._variants)}
        for name, script, limit in (
            ("cart_read", "cart_reads", self._hello),
            ("add_to_cart", "adds_to", self._pgbench),
        ):
            small, large = (
                self._grow.take(script, READERS, {**options, "lines": lines}, limit) for lines in (few, many)
            )
            self._compare("lines in the cart", few, many, {name: small}, {name: large})

    def _grow_orders(self, before: dict[str, Figure]) -> None:
        none = before | self._order_reads()
        self._say(f"storing {self._size.many_orders:,} orders")
        took_s = orders.store(self._shop, self._size.many_orders)
        self._results["orders_stored"] = {"orders": self._size.many_orders, "seconds": round(took_s, 1)}
        many = self._core(self._grow, "many orders") | self._order_reads()
        self._compare("orders stored", 0, self._size.many_orders, none, many)

    def _order_reads(self) -> dict[str, Figure]:
        base = {"variants": str(self._variants), "staff": self._shop.staff_cookie}
        return {
            name: self._grow.take("endpoint", CALLERS, {**base, "name": name}, self._hello)
            for name in ("GET /v1/orders/{order_id}", "GET /v1/admin/orders")
        }

    def _compare(self, what: str, few: int, many: int, small: dict[str, Figure], large: dict[str, Figure]) -> None:
        """Change of the ratio to the limit (which takes the machine's mood out), and of the CPU per operation."""
        for name, before in small.items():
            after = large[name]
            cpu = [sum(figure.cpu_ms.values()) for figure in (before, after)]
            self._growth.append(
                {
                    "what": what,
                    "from": few,
                    "to": many,
                    "figure": name,
                    "rps": [round(before.per_s, 1), round(after.per_s, 1)],
                    "ratio": [round(before.ratio, 4), round(after.ratio, 4)],
                    "change": round(after.ratio / before.ratio - 1, 3) if before.ratio else None,
                    "cpu_ms": [round(value, 3) for value in cpu],
                    "cpu_change": round(cpu[1] / cpu[0] - 1, 3) if cpu[0] else None,
                    "unexpected": {**before.unexpected, **after.unexpected},
                }
            )

    def _stock(self, products: int) -> None:
        """Bring the catalogue to this many products, and know what is in it."""
        with self._shop.owner() as connection:
            there = self._count(connection)
            if there < products:
                self._say(f"importing up to {products:,} products")
                file = self._shop.folder / "products.jsonl"
                catalogue.write_products(file, there, products)
                self._results.setdefault("imports", []).append(
                    {
                        "products": products - there,
                        "seconds": round(self._shop.import_products(file), 1),
                    }
                )
            rows = connection.execute(
                "select variant_id::text, slug from catalog.sellable where sku like 'BEN-%'"
            ).fetchall()
            self._products = self._count(connection)
        self._shop.settle()
        self._variants.write_text("\n".join(row[0] for row in rows))
        self._pages.write_text("\n".join(f"/v1/products/{row[1]}" for row in rows))

    @staticmethod
    def _count(connection: Any) -> int:
        return int(connection.execute("select count(distinct product_id) from catalog.sellable").fetchone()[0])

    def _page_bytes(self) -> int:
        return len(self._shop.page(self._pages.read_text().split()[0]))

    def _list_pages(self) -> None:
        """The addresses of listing pages, following their cursors as a visitor would."""
        _, _, tree = self._shop.call("GET", "/v1/categories")
        pages: list[str] = []
        for category in tree["items"]:
            cursor = ""
            while len(pages) < LISTING_PAGES_MAX:
                path = f"/v1/products?category={category['path']}&limit={PAGE}{cursor}"
                pages.append(path)
                _, _, listing = self._shop.call("GET", path)
                if not listing["next_cursor"]:
                    break
                cursor = f"&cursor={listing['next_cursor']}"
        self._listings.write_text("\n".join(pages))

    @staticmethod
    def _say(what: str) -> None:
        print(f"{time.strftime('%H:%M:%S')}  {what}", flush=True)


def _count_unexpected(value: Any) -> int:
    """How many answers no script expected, anywhere in the results."""
    if isinstance(value, dict):
        own = sum(value["unexpected"].values()) if isinstance(value.get("unexpected"), dict) else 0
        return own + sum(_count_unexpected(inner) for key, inner in value.items() if key != "unexpected")
    if isinstance(value, list):
        return sum(_count_unexpected(inner) for inner in value)
    return 0
