"""How clean the refinery is on captured pages and saved texts, with other extractors beside it in the same run.

python -m benchmarks.quality [--gold DIR] [--seeds DIR] [--family NAME] [--alone] [--json] [--verbose]
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks import annotated
from benchmarks.pages import GOLD, SEEDS, Case, gold, seeds
from benchmarks.peers import Reader, ours, peers
from benchmarks.scoring import Score, compare

__all__ = ["main", "ours", "score"]


def score(folder: Path, read: Reader, verbose: bool = False) -> Score:
    """Every article of a set of captured pages, read and compared."""
    return _score(gold(folder), read, verbose)


def _score(cases: Iterable[Case], read: Reader, verbose: bool = False) -> Score:
    total = Score()
    for case in cases:
        total.pages += 1
        content = read(case)
        if content is not None:
            compare(total, case.truth, content, verbose)
            continue
        total.rejected += 1
        if verbose:
            print("rejected", case.truth["url"], file=sys.stderr)
    return total


def _sets(folder: Path, saved: Path) -> dict[str, list[Case]]:
    found = {f.name: list(gold(f)) for f in sorted(folder.iterdir()) if (f / "truth.json").is_file()}
    return found | ({"seeds": list(seeds(saved))} if saved.is_dir() else {})


def _print(result: dict[str, dict[str, dict[str, Any]]]) -> None:
    for name, by_reader in result.items():
        print(f"{name:24}", *(f"{reader:>16}" for reader in by_reader))
        for fact in by_reader["ours"]:
            print(f"  {fact:22}", *(f"{_short(told.get(fact)):>16}" for told in by_reader.values()))


def _short(value: object) -> str:
    if isinstance(value, dict):  # values that were given where the truth has none
        return ",".join(f"{name} {count}" for name, count in value.items() if count)[:16] or "-"
    return "-" if value is None else str(value)


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", type=Path, default=GOLD)
    parser.add_argument("--seeds", type=Path, default=SEEDS)
    parser.add_argument("--family", help="read every page as this family")
    parser.add_argument("--alone", action="store_true", help="without the other extractors")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="name what is wrong, on stderr")
    asked = parser.parse_args()
    if not asked.gold.is_dir():
        sys.exit(f"no gold pages at {asked.gold}; name their folder with --gold")
    others, absent = ({}, ()) if asked.alone else peers()
    readers = {"ours": ours(asked.family), **others}
    result = {
        name: {n: _score(cases, read, asked.verbose and n == "ours").tell() for n, read in readers.items()}
        for name, cases in _sets(asked.gold, asked.seeds).items()
    }
    result["references, annotated"] = {"ours": annotated.tell()}
    if asked.json:
        print(json.dumps({"absent": absent, "sets": result}, ensure_ascii=False))
        return
    _print(result)
    if absent:
        print("not installed:", ", ".join(absent), "(uv sync --group bench)")


if __name__ == "__main__":
    main()
