from bench.pairs import Figure
from bench.report import render
from bench.run import _count_unexpected


def test_the_ratio_is_the_median_of_the_pairs() -> None:
    figure = Figure(rates=[10.0, 30.0, 25.0], limits=[100.0, 100.0, 50.0])
    assert (figure.per_s, figure.ratio) == (25.0, 0.3)
    assert figure.document("read")["pairs"] == [[100.0, 10.0], [100.0, 30.0], [50.0, 25.0]]


def test_unexpected_answers_are_found_wherever_they_are() -> None:
    assert _count_unexpected({"a": {"unexpected": {"x 500": 2}}, "b": [{"unexpected": {"y 404": 1}}, {}]}) == 3


def test_a_goal_that_is_missed_is_told() -> None:
    figure = Figure(rates=[10.0], limits=[100.0], times={"add_to_cart": {"p50": 1.0, "p99": 51.0, "max": 60.0}})
    results = {
        "machine": {"cpus": 2, "cpu": "x", "system": "Linux", "python": "3.11", "server_version": "18", "fsync": "on",
                    "synchronous_commit": "on"},
        "limits": {"asgi_rps": None, "pgbench_tps": 100.0},
        "took_s": 1,
        "memory_mb": 300.0,
        "add_to_cart": figure.document("add_to_cart"),
    }  # fmt: skip
    page = render(results)
    assert "| add to cart, of pgbench | 0.1 | >= 0.15 | **no** |" in page
    assert "| add to cart, p99 in ms at 32 connections | 51.0 | <= 50 | **no** |" in page
    assert "| memory of the whole idle shop before any load, MB (PSS) | 300.0 | < 600 | yes |" in page
