"""Runs the bench and writes results.json and RESULTS.md."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import report
from bench.driver import Driver, DriverError
from bench.run import FIGURES, LONG, QUICK, Bench
from bench.shop import BenchError, Shop

FOLDER = Path(__file__).resolve().parent
FAILED, MISUSED = 1, 2


def main(words: Sequence[str] | None = None) -> int:
    """The command; out goes its exit code."""
    options = _parse(words)
    unknown = [name for name in options.only if name not in FIGURES]
    if unknown:
        print(f"bench: there is no figure {unknown[0]!r}; there are {', '.join(FIGURES)}", file=sys.stderr)
        return MISUSED
    shop, driver = Shop(), Driver()
    try:
        results = Bench(shop, driver, QUICK if options.quick else LONG, set(options.only or FIGURES)).run()
    except (BenchError, DriverError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return FAILED
    finally:
        driver.stop()
        shop.stop()
    folder = Path(options.out or (FOLDER if _is_whole(options) else tempfile.mkdtemp(prefix="surehold-bench-results-")))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    text = report.render(results)
    (folder / "RESULTS.md").write_text(text, encoding="utf-8")
    print(f"\n{text}\nWritten to {folder}.")
    return FAILED if results["unexpected_answers"] else 0


def _is_whole(options: argparse.Namespace) -> bool:
    """Only a whole run replaces the figures that are kept in the repository."""
    return not options.quick and not options.only


def _parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./surehold bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short slices and small sizes: two minutes")
    parser.add_argument("--only", action="append", default=[], help="a figure; may be given again")
    parser.add_argument("--out", help="folder for the results")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
