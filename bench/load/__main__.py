"""The driver process: one JSON command a line on stdin, one JSON answer a line on stdout. It ends with its stdin."""

import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.load import endpoints, scripts
from bench.load.sample import zipf
from bench.load.streams import measure
from bench.load.wire import Load, LoadError, Log, Script

DRAWS = 50_000


class Driver:
    """Loads by name."""

    def __init__(self) -> None:
        self._loads: dict[str, Load] = {}

    def open(self, name: str, port: int, connections: int, script: str, options: dict[str, Any]) -> dict[str, Any]:
        """Open a load; its connections are there, nothing is sent yet."""
        log = Log()
        make = MAKERS[script]
        made = [make(log, random.Random(f"{name} {number}"), **options) for number in range(connections)]
        self._loads[name] = Load(port, made, log, spread=script not in {"reads", "zipf"})
        return {}

    def run(self, name: str, seconds: float, per_s: float | None = None) -> dict[str, Any]:
        """One slice."""
        load = self._loads[name]
        orders, answered = load.log.notes["orders"], load.answered
        began, cpu = time.perf_counter(), time.process_time()
        count = load.run(seconds) if per_s is None else load.run_paced(seconds, per_s)
        took_s = time.perf_counter() - began
        cpu_s = time.process_time() - cpu
        return {
            "per_s": count / (seconds if per_s is None else took_s),
            "orders_per_s": (load.log.notes["orders"] - orders) / took_s,
            "all_per_s": (load.answered - answered) / took_s,
            "count": count,
            "took_s": took_s,
            "cpu_s": cpu_s,
            "cpu_share": cpu_s / took_s / (os.cpu_count() or 1),
        }

    def forget(self, name: str) -> dict[str, Any]:
        """What was seen so far was the warm-up."""
        self._loads[name].log.seconds.clear()
        return {}

    def figures(self, name: str) -> dict[str, Any]:
        """Times in milliseconds by label, over all slices, and what the scripts noted."""
        log = self._loads[name].log
        return {
            "ms": {label: _percentiles(list(times)) for label, times in log.seconds.items()},
            "unexpected": dict(log.unexpected),
            "samples": log.samples,
            "notes": dict(log.notes),
        }

    def realtime(self, port: int, variants: list[str], streams: int, per_s: float, seconds: float) -> dict[str, Any]:
        """How soon changes are told to streams."""
        return measure(port, variants, streams, per_s, seconds)

    def close(self, name: str) -> dict[str, Any]:
        """End a load."""
        self._loads.pop(name).close()
        return {}


def _percentiles(seconds: list[float]) -> dict[str, float]:
    seconds.sort()
    last = len(seconds) - 1
    return {
        f"p{share:g}": round(seconds[min(round(len(seconds) * share / 100), last)] * 1000, 3) for share in (50, 90, 99)
    } | {"max": round(seconds[-1] * 1000, 3), "count": len(seconds)}


def _zipf(log: Log, rng: random.Random, products: str, listings: str, listing_share: float) -> Script:
    """Products and listings, both by Zipf's law over all there are. Popularity is the same for every connection."""
    common = random.Random("popularity")
    listed = int(DRAWS * listing_share)
    paths = zipf(_lines(products), DRAWS - listed, common) + zipf(_lines(listings), listed, common)
    rng.shuffle(paths)
    return scripts.reads(log, paths[: DRAWS // 4])


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").split()


MAKERS: dict[str, Callable[..., Script]] = {
    "reads": lambda log, _, paths: scripts.reads(log, paths),
    "zipf": _zipf,
    "cart_reads": lambda log, rng, variants, lines: scripts.cart_reads(log, rng, _lines(variants), lines),
    "adds": lambda log, rng, variants: scripts.adds(log, rng, _lines(variants)),
    "adds_to": lambda log, rng, variants, lines: scripts.adds_to_cart_of(log, rng, _lines(variants), lines),
    "purchases": lambda log, rng, variants: scripts.purchases(log, rng, _lines(variants)),
    "rush": lambda log, _, variant: scripts.rush(log, variant),
    "endpoint": lambda log, rng, name, variants, staff: endpoints.make(name, log, rng, _lines(variants), staff),
}


def main() -> None:
    """Serve the harness until it hangs up."""
    driver = Driver()
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = getattr(driver, command.pop("do"))(**command)
        except (LoadError, OSError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
