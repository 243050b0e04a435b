"""Verdicts wait on local disk, as Parquet, between refining and publishing."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, groupby, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from schemas.article import Accepted, Rejected
from schemas.capture import Capture
from schemas.refined import Refined
from schemas.rows import RawPlace

_SCHEMA = pa.schema([(name, pa.string()) for name in ("capture", "outcome", "verdict", "more_pages")])
_PLACES = TypeAdapter(tuple[RawPlace, ...])
AT_ONCE = 500
"""Verdicts held in memory while they are sorted by month."""


def stage(refined: Sequence[Refined], path: Path) -> Path:
    """Write verdicts to a Parquet file on local disk."""
    rows = [
        {
            "capture": item.capture.model_dump_json(),
            "outcome": item.verdict.outcome if item.verdict else None,
            "verdict": item.verdict.model_dump_json() if item.verdict else None,
            "more_pages": _PLACES.dump_json(item.more_pages).decode(),
        }
        for item in refined
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), path)
    return path


def staged(paths: Iterable[Path]) -> Iterator[Refined]:
    """Read staged verdicts back, file after file."""
    for path in paths:
        for row in pq.read_table(path).to_pylist():
            verdict = json.loads(row["verdict"]) if row["verdict"] else None
            kind = Accepted if row["outcome"] == "accepted" else Rejected
            yield Refined(
                capture=Capture.model_validate_json(row["capture"]),
                verdict=kind.model_validate(verdict) if verdict else None,
                more_pages=_PLACES.validate_json(row["more_pages"]),
            )


def by_month(paths: Iterable[Path], month: Callable[[Refined], str], folder: Path) -> dict[str, list[Path]]:
    """Sort staged verdicts: for each month, the files below `folder` that hold its verdicts."""
    found: dict[str, list[Path]] = {}
    verdicts = staged(paths)
    for number in count():
        some = list(islice(verdicts, AT_ONCE))
        if not some:
            return found
        for name, group in groupby(sorted(some, key=month), key=month):
            found.setdefault(name, []).append(stage(list(group), folder / f"{name}-{number:05d}.parquet"))
    raise AssertionError("count() has no end")
