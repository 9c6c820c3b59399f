"""A figure beside its limit: slices of both take turns, and the ratio is the median of the pairs."""

import time
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench import machine
from bench.driver import Driver
from bench.limits import Limit
from bench.shop import Shop

WARM_UP_S = 1.0
REAPED_AFTER_S = 0.3  # until what the limit's connections used is no longer counted as the shop's


@dataclass(frozen=True, slots=True)
class Plan:
    """How long slices are and how many pairs are taken."""

    slice_s: float
    pairs: int


@dataclass(slots=True)
class Figure:
    """What came out: rates of the pairs, times over all slices, CPU per operation by part of the shop."""

    rates: list[float] = field(default_factory=list[float])
    limits: list[float] = field(default_factory=list[float])
    times: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    cpu_ms: dict[str, float] = field(default_factory=dict[str, float])
    driver_share: float = 0.0
    unexpected: dict[str, int] = field(default_factory=dict[str, int])
    samples: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def per_s(self) -> float:
        """The median rate."""
        return median(self.rates)

    @property
    def ratio(self) -> float:
        """The median of the pairs' ratios."""
        return median(rate / limit for rate, limit in zip(self.rates, self.limits, strict=True))

    def document(self, label: str, rate_name: str = "rps") -> dict[str, Any]:
        """The figure as results.json has it, with the times of one label."""
        times = self.times.get(label, {})
        return {
            rate_name: round(self.per_s, 1),
            "p50_ms": times.get("p50"),
            "p99_ms": times.get("p99"),
            "max_ms": times.get("max"),
            **({"ratio": round(self.ratio, 4)} if self.limits else {}),
            "pairs": [[round(limit, 1), round(rate, 1)] for limit, rate in zip(self.limits, self.rates, strict=False)],
            "cpu_ms_per_operation": self.cpu_ms,
            "driver_cpu_share": round(self.driver_share, 3),
            "unexpected": self.unexpected,
        }


class Stand:
    """Where figures are taken: one driver, one shop."""

    def __init__(self, driver: Driver, shop: Shop, plan: Plan) -> None:
        self.driver, self.shop, self.plan = driver, shop, plan

    def take(
        self, script: str, connections: int, options: dict[str, Any], limit: Limit | None, *, counts: str = "per_s"
    ) -> Figure:
        """A figure under a closed loop. `counts` is the member of a slice's answer that is the rate."""
        name = f"{script} {connections}"
        self.driver.do("open", name=name, port=self.shop.port, connections=connections, script=script, options=options)
        self.driver.do("run", name=name, seconds=WARM_UP_S)
        self.driver.do("forget", name=name)
        figure, cpu, done, shares = Figure(), dict[str, float](), 0.0, list[float]()
        for _ in range(self.plan.pairs):
            if limit is not None:
                figure.limits.append(limit.slice(self.plan.slice_s))
                time.sleep(REAPED_AFTER_S)
            before = machine.cpu_s(self.shop.pid)
            said = self.driver.do("run", name=name, seconds=self.plan.slice_s)
            for part, used in machine.cpu_s(self.shop.pid).items():
                cpu[part] = cpu.get(part, 0.0) + used - before.get(part, 0.0)
            figure.rates.append(said[counts])
            done += said[counts] * said["took_s"] if counts == "orders_per_s" else said["count"]
            shares.append(said["cpu_share"])
        figure.driver_share = median(shares)
        figure.cpu_ms = {part: round(used * 1000 / max(done, 1.0), 4) for part, used in sorted(cpu.items())}
        self._finish(name, figure)
        return figure

    def paced(
        self, script: str, connections: int, options: dict[str, Any], seconds: tuple[float, float]
    ) -> dict[str, Any]:
        """The top rate of a short closed loop, then times under an open loop at half of it.

        What prepares a request (filling a cart, placing the order that is to be cancelled) is part of the pace, not of the times.
        """
        name = f"{script} {options.get('name', '')}"
        self.driver.do("open", name=name, port=self.shop.port, connections=connections, script=script, options=options)
        self.driver.do("run", name=name, seconds=min(WARM_UP_S, seconds[0]))
        top = self.driver.do("run", name=name, seconds=seconds[0])
        self.driver.do("forget", name=name)
        self.driver.do("run", name=name, seconds=seconds[1], per_s=max(top["all_per_s"] / 2, 1.0))
        figure = Figure()
        self._finish(name, figure)
        times = figure.times.get(options["name"], {})
        return {
            "top_rps": round(top["per_s"], 1),
            "p50_ms": times.get("p50"),
            "p99_ms": times.get("p99"),
            "unexpected": figure.unexpected,
            "samples": figure.samples,
        }

    def _finish(self, name: str, figure: Figure) -> None:
        seen = self.driver.do("figures", name=name)
        figure.times, figure.unexpected, figure.samples = seen["ms"], seen["unexpected"], seen["samples"]
        self.driver.do("close", name=name)
