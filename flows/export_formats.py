"""The formats of `tintinh export`: how rows of `articles` become files that other programs open."""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.rows import Article
from schemas.zone import HANOI

Format = Literal["parquet", "jsonl", "csv", "markdown"]

SHEET_ROWS = 1_048_575
"""Rows below the head that a sheet of Excel holds (1,048,576 in all)."""
CELL = 32_767
"""UTF-16 units that a cell of Excel holds; what is longer spills into other cells."""
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""First letters that a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""
_CUT = "…"

# fmt: off
COLUMNS: Mapping[Format, tuple[str, ...]] = {
    "parquet": tuple(Article.model_fields),
    "jsonl": tuple(Article.model_fields),
    "csv": ("article_id", "site_name", "organ", "province", "published_on", "published_at", "title", "lead", "text",
            "authors", "author_role", "source", "category", "tags", "word_count", "document_refs", "attachments",
            "source_status", "url", "rights"),
    "markdown": ("article_id", "title", "site_name", "organ", "province", "published_at", "authors", "source",
                 "category", "tags", "document_refs", "url", "rights", "markdown"),
}
# fmt: on
"""What is written where no columns are named; a spreadsheet gets no text twice and nothing that only machines read."""
MEDIA: Mapping[str, str] = {
    "parquet": "application/vnd.apache.parquet",
    "jsonl": "application/jsonl",
    "csv": "text/csv; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
}


class Writer(Protocol):
    """A file that takes rows."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Add the rows."""

    def close(self) -> None:
        """End the file; it is whole then."""


Making = Callable[[Path, pa.Schema], Writer]
"""Begins a file for rows of a schema."""


class ParquetFile:
    """Parquet, one row group a batch."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = pa.schema([field.with_type(_stored(field.type)) for field in schema])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, batch: pa.RecordBatch) -> None:
        """Add the rows."""
        self._writer.write_batch(batch.cast(self._schema))

    def close(self) -> None:
        """End the file."""
        self._writer.close()


class LinesFile:
    """JSON Lines: instants in UTC, as in the change feed."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:  # noqa: ARG002
        self._stream = path.open("w", encoding="utf-8", newline="\n")

    def write(self, batch: pa.RecordBatch) -> None:
        """Add the rows."""
        for row in batch.to_pylist():
            self._stream.write(json.dumps(_told(row), ensure_ascii=False, separators=(",", ":")) + "\n")

    def close(self) -> None:
        """End the file."""
        self._stream.close()


class SheetFile:
    """CSV that Excel opens as it is: a byte order mark, CRLF, no formula, no cell too long for it, Hanoi's time."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._stream = TextIOWrapper(path.open("wb"), encoding="utf-8-sig", newline="")
        self._columns = columns
        self._writer = csv.writer(self._stream, dialect="excel")
        self._writer.writerow(columns)
        self.cut: list[str] = []
        """Ids of articles of which a cell was cut."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Add the rows."""
        for row in batch.to_pylist():
            cells = [cell(row[name]) for name in self._columns]
            short = [fitted(one) if isinstance(one, str) else one for one in cells]
            if short != cells:
                self.cut.append(row["article_id"])
            self._writer.writerow(short)

    def close(self) -> None:
        """End the file."""
        self._stream.close()


def cell(value: Any) -> Any:
    """A value as a cell of a spreadsheet: lists on one line, instants in Hanoi's time, text that is no formula."""
    if isinstance(value, datetime):
        return f"{value.astimezone(HANOI):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        value = "; ".join(_brief(item) for item in value)
    if not isinstance(value, str):
        return value
    return "'" + value if value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA) else value


def fitted(text: str) -> str:
    """The text, cut to what a cell of Excel holds."""
    if len(text) <= CELL // 2:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * CELL:
        return text
    return units[: 2 * (CELL - 1)].decode("utf-16-le", "ignore") + _CUT


class Document(NamedTuple):
    """One Markdown file."""

    name: str
    data: bytes


def documents(batch: pa.RecordBatch, columns: Sequence[str]) -> Iterator[Document]:
    """A Markdown file for each article: its facts as a YAML head, then its text."""
    for row in batch.to_pylist():
        facts = {name: row[name] for name in columns if name != "markdown" and row[name] not in (None, [], "")}
        head = "".join(f"{name}: {json.dumps(told, ensure_ascii=False)}\n" for name, told in _told(facts).items())
        title = f"# {row['title']}\n\n" if row.get("title") else ""
        text = f"---\n{head}---\n\n{title}{row.get('markdown') or ''}\n"
        yield Document(markdown_name(row["article_id"]), text.encode())


def markdown_name(article_id: str) -> str:
    """A file name for an article, of no other one, that every file system takes."""
    site, _, own = article_id.partition(":")
    return f"{site}_{quote(own, safe='')}.md"


def sha256_of(path: Path) -> str:
    """Of a file, hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _brief(item: Any) -> str:
    """The one thing of a struct that a person looks for."""
    if isinstance(item, dict):
        return str(item.get("number") or item.get("url") or json.dumps(_told(item), ensure_ascii=False))
    return str(item)


def _told(value: Any) -> Any:
    """The value as JSON writes it."""
    if isinstance(value, dict):
        return {key: _told(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_told(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _stored(kind: pa.DataType) -> pa.DataType:
    """The type as the tables have it: no string views, which half of the readers do not know, and instants in UTC."""
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", "UTC")
    if kind == pa.string_view():
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_stored(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_stored(field.type)) for field in kind])
    return kind
