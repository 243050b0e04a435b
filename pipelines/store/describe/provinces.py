"""`provinces/provinces.csv` and `.parquet`: each province with the days it held and its successors."""

import csv
import io
from dataclasses import asdict
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.provinces import REIGNS

_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("slug", "name", "kind", "scheme", "code")),
        *((name, pa.date32()) for name in ("valid_from", "valid_to")),
        ("successors", pa.list_(pa.string())),
    ]
)


def as_csv() -> bytes:
    """The provinces as CSV in UTF-8; several successors would be separated by a space."""
    out = io.StringIO()
    writer = csv.DictWriter(out, _SCHEMA.names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row | {"successors": " ".join(row["successors"])} for row in _rows())
    return out.getvalue().encode()


def as_parquet() -> bytes:
    """The provinces as Parquet."""
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(_rows(), schema=_SCHEMA), out)
    return out.getvalue()


def _rows() -> list[dict[str, Any]]:
    return [asdict(reign) for reign in REIGNS]
