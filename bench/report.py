"""RESULTS.md from results.json."""

from typing import Any

GOALS = (
    ("product_read", "ratio", ">=", 0.5, "product read, of hello-world"),
    ("catalog_mix", "hit_ratio", ">=", 0.95, "catalogue mix, hit ratio"),
    ("add_to_cart", "ratio", ">=", 0.15, "add to cart, of pgbench"),
    ("add_to_cart", "p99_ms", "<=", 50, "add to cart, p99 in ms at 32 connections"),
    ("purchase", "ratio", ">=", 0.02, "purchase, of pgbench"),
    ("purchase", "p99_ms", "<=", 200, "purchase, p99 in ms at 16 connections"),
    ("hot_sku", "sold", "==", 20, "hot SKU, units sold of 20 to 200 buyers"),
    ("hot_sku", "clear_refusals", "==", 180, "hot SKU, clear refusals"),
    ("realtime", "p99_ms", "<=", 1000, "change to client, p99 in ms at 200 streams"),
    ("realtime", "lost", "==", 0, "changes that a stream was not told of"),
)
ENDPOINT_P99_MS, MEMORY_MB, DRIVER_SHARE, GROWTH = 100, 600, 0.25, 0.2
_TRIES = {">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b, "==": lambda a, b: a == b}


def render(results: dict[str, Any]) -> str:
    """The page."""
    parts = [_head(results), _goals(results), _figures(results), _hot(results), _realtime(results)]
    parts += [_doctor(results), _growth(results), _endpoints(results)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(results: dict[str, Any]) -> str:
    about, limits = results["machine"], results["limits"]
    return (
        "# Benchmark\n\n"
        f"`./surehold bench` on {about['cpus']} CPUs ({about['cpu']}), {about['system']}, Python {about['python']}, PostgreSQL "
        f"{about['server_version']} with fsync={about['fsync']}, synchronous_commit={about['synchronous_commit']}; "
        f"{results['took_s']} s. The load driver runs on the same machine. How figures are taken, and what was found: "
        "docs/performance.md.\n\n"
        "| limit of this machine, measured in between | per second |\n| --- | ---: |\n"
        f"| hello-world, raw ASGI on the same server settings | {_number(limits['asgi_rps'])} |\n"
        f"| `pgbench -N`, 16 clients, same PostgreSQL | {_number(limits['pgbench_tps'])} |"
    )


def _goals(results: dict[str, Any]) -> str:
    rows = [
        (text, results[name][member], f"{sign} {goal}", _TRIES[sign](results[name][member], goal))
        for name, member, sign, goal, text in GOALS
        if name in results
    ]
    if "endpoints" in results:
        slowest = max(results["endpoints"].items(), key=lambda item: item[1]["p99_ms"] or 0)
        text = f"slowest other endpoint at half of its top rate, p99 in ms ({slowest[0]})"
        rows.append((text, slowest[1]["p99_ms"], f"< {ENDPOINT_P99_MS}", slowest[1]["p99_ms"] < ENDPOINT_P99_MS))
    memory = results["memory_mb"]
    rows.append(
        ("memory of the whole idle shop before any load, MB (PSS)", memory, f"< {MEMORY_MB}", memory < MEMORY_MB)
    )
    if results.get("driver_cpu_share") is not None:
        share = results["driver_cpu_share"]
        rows.append(("CPU share of the load driver, at most", share, f"< {DRIVER_SHARE}", share < DRIVER_SHARE))
    if results.get("growth"):
        worst = min(results["growth"], key=lambda row: row["change"] or 0)
        text = f"worst change with growth ({worst['figure']}, {worst['what']})"
        rows.append((text, _percent(worst["change"]), "> -20 %", (worst["change"] or 0) > -GROWTH))
    lines = [f"| {text} | {value} | {goal} | {'yes' if met else '**no**'} |" for text, value, goal, met in rows]
    return "\n".join(["| goal | measured | wanted | met |", "| --- | ---: | ---: | --- |", *lines])


def _figures(results: dict[str, Any]) -> str:
    lines = ["| figure | per second | p50 ms | p99 ms | of its limit | CPU ms (API / PostgreSQL / worker) |",
             "| --- | ---: | ---: | ---: | ---: | --- |"]  # fmt: skip
    for name in ("product_read", "catalog_mix", "cart_read", "add_to_cart", "purchase"):
        if name in results:
            row = results[name]
            cpu = " / ".join(
                f"{row['cpu_ms_per_operation'].get(part, 0):.3g}" for part in ("api", "postgres", "worker")
            )
            rate = row.get("rps", row.get("orders_per_s"))
            lines.append(
                f"| {name} | {_number(rate)} | {row['p50_ms']} | {row['p99_ms']} | {row.get('ratio', '')} | {cpu} |"
            )
    mix = results.get("catalog_mix")
    if mix:
        lines.append(
            f"\nThe mix read {mix['products']:,} products and their listings by Zipf's law while {mix['price_changes_per_s']} prices "
            f"a second changed: hit ratio {mix['hit_ratio']} ({mix['hit_ratio_in_process']} without leaving the process), "
            f"{mix['db_reads_per_s']} reads of the database a second."
        )
    return "\n".join(lines) if len(lines) > 2 else ""


def _hot(results: dict[str, Any]) -> str:
    hot = results.get("hot_sku")
    return (
        f"Hot SKU: {hot['buyers']} buyers at once on {hot['units']} units: {hot['sold']} sold in {hot['orders']} orders, "
        f"{hot['clear_refusals']} clear refusals, {hot['seconds']} s."
        if hot
        else ""
    )


def _realtime(results: dict[str, Any]) -> str:
    seen = results.get("realtime")
    if not seen:
        return ""
    return (
        f"Realtime: {seen['changes']} changes of stock told to the {seen['streams']} streams that looked ({seen['told']} hints). "
        f"From the request that made a change to the client: p50 {seen['p50_ms']} ms, p99 {seen['p99_ms']} ms, "
        f"at most {seen['max_ms']} ms."
    )


def _doctor(results: dict[str, Any]) -> str:
    found = results.get("doctor")
    return "Afterwards `./surehold doctor` says:\n\n" + "\n".join(f"    {line}" for line in found) if found else ""


def _growth(results: dict[str, Any]) -> str:
    rows = results.get("growth")
    if not rows:
        return ""
    lines = [
        "| growth | from → to | figure | per second | of its limit | change | CPU ms | change |",
        "| --- | --- | --- | --- | --- | ---: | --- | ---: |",
    ]
    lines += [
        f"| {row['what']} | {row['from']:,} → {row['to']:,} | {row['figure']} | {_number(row['rps'][0])} → {_number(row['rps'][1])}"
        f" | {row['ratio'][0]} → {row['ratio'][1]} | {_percent(row['change'])}"
        f" | {row['cpu_ms'][0]} → {row['cpu_ms'][1]} | {_percent(row['cpu_change'])} |"
        for row in rows
    ]
    return "\n".join(lines)


def _endpoints(results: dict[str, Any]) -> str:
    rows = results.get("endpoints")
    if not rows:
        return ""
    lines = ["| endpoint | top, per second | p50 ms at half of it | p99 ms |", "| --- | ---: | ---: | ---: |"]
    lines += [
        f"| {name} | {_number(row['top_rps'])} | {row['p50_ms']} | {row['p99_ms']} |" for name, row in rows.items()
    ]
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value * 100:+.0f} %"
