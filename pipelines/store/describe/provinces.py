"""`provinces/provinces.csv` and `.parquet`: each province with the days it held and its successor."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.provinces import MERGER, PROVINCES

_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("slug", "name", "code", "scheme")),
        *((name, pa.date32()) for name in ("valid_from", "valid_to")),
        ("successor", pa.string()),
    ]
)


def as_csv() -> bytes:
    """The provinces as CSV in UTF-8."""
    out = io.StringIO()
    writer = csv.DictWriter(out, _SCHEMA.names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows())
    return out.getvalue().encode()


def as_parquet() -> bytes:
    """The provinces as Parquet."""
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(_rows(), schema=_SCHEMA), out)
    return out.getvalue()


def _rows() -> list[dict[str, Any]]:
    before = [_row(p.slug, p.name, p.code, None, p.successor) for p in PROVINCES.values()]
    now = {p.successor: _row(p.successor, p.successor_name, p.successor_code, MERGER, None) for p in PROVINCES.values()}
    return [*before, *now.values()]


def _row(slug: str, name: str, code: str, valid_from: date | None, successor: str | None) -> dict[str, Any]:
    row = {"slug": slug, "name": name, "code": code, "scheme": "2025" if valid_from else "pre2025"}
    until = None if valid_from else MERGER - timedelta(days=1)
    return row | {"valid_from": valid_from, "valid_to": until, "successor": successor}
