"""Verdicts wait on local disk, as Parquet, between refining and publishing."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.article import Accepted, Rejected
from schemas.capture import Capture
from schemas.refined import Refined

_SCHEMA = pa.schema([("capture", pa.string()), ("outcome", pa.string()), ("verdict", pa.string())])


def stage(refined: Sequence[Refined], path: Path) -> Path:
    """Write verdicts to a Parquet file on local disk."""
    rows = [
        {
            "capture": item.capture.model_dump_json(),
            "outcome": item.verdict.outcome if item.verdict else None,
            "verdict": item.verdict.model_dump_json() if item.verdict else None,
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
            )
