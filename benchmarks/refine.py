"""What refining costs, beside trafilatura with metadata and a bare parse on the same pages in the same run.

python -m benchmarks.refine [--json] [--rounds N] [--family NAME] [--demo]
"""

import argparse
import json
import logging
import resource
import sys
from collections import Counter
from collections.abc import Callable
from time import process_time

import trafilatura
from lxml import html

from benchmarks.pages import GOLD, differing, gold, replicas
from pipelines.page import RawPage
from pipelines.refinery import refine

Pages = list[tuple[RawPage, ...]]


def pages(demo: bool = False) -> tuple[str, Pages]:
    """The captured pages where there are any, else those of the demo's replicas; and which of them it is."""
    sets = [] if demo or not GOLD.is_dir() else [f for f in sorted(GOLD.iterdir()) if (f / "truth.json").is_file()]
    if sets:
        return "gold", [case.pages for folder in sets for case in gold(folder)]
    return "demo", [(page,) for page in replicas()]


def measure(articles: Pages, rounds: int, family: str | None = None) -> dict[str, float]:
    """CPU seconds and counts; the readers take turns on every page, so that a busy machine troubles them alike."""
    readers: dict[str, Callable[[tuple[RawPage, ...]], object]] = {
        "refine": lambda captured: refine(captured, None, None, family=family),
        "trafilatura": lambda captured: [trafilatura.bare_extraction(p.body, with_metadata=True) for p in captured],
        "parse": lambda captured: [html.document_fromstring(p.body) for p in captured],
    }
    spent: Counter[str] = Counter()
    for read in readers.values():  # what is compiled on first use is not the pages' cost
        read(articles[0])
    for number in range(rounds):
        for captured in articles:
            fresh = tuple(differing(page, number) for page in captured)
            for name, read in readers.items():
                start = process_time()
                read(fresh)
                spent[name] += process_time() - start  # type: ignore[assignment]
    return dict(spent)


def memory(articles: Pages) -> float:
    """MB by which refining every page once raises the peak of this process; to be called before anything else."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for captured in articles:
        refine(captured, None, None)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / (
        2**20 if sys.platform == "darwin" else 2**10
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--family", help="read every page as this family")
    parser.add_argument("--demo", action="store_true", help="the demo's pages even where captured ones are at hand")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    name, articles = pages(asked.demo)
    grown = memory(articles)
    spent = measure(articles, asked.rounds, asked.family)
    read = asked.rounds * sum(map(len, articles))
    result = {
        "pages": name,
        "pages_read": read,
        "pages_per_second": round(read / spent["refine"], 1),
        "ms_per_page": round(1000 * spent["refine"] / read, 2),
        "ratio_to_bare_extraction": round(spent["refine"] / spent["trafilatura"], 3),
        "share_of_bare_parse": round(spent["parse"] / spent["refine"], 3),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "memory_grown_by_refining_mb": round(grown, 1),
    }
    if asked.json:
        print(json.dumps(result))
        return
    for key, value in result.items():
        print(f"{key:30} {value}")


if __name__ == "__main__":
    main()
