"""Rows survive the way to Arrow and back, whatever is in them."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from rows_made import NOON, article, capture, run_row

from pipelines.store.arrow import arrow_schema, from_table, to_table
from schemas.rows import Article, LedgerRow, Revision, RunRow

FULL = {
    "published_at": datetime(2026, 11, 20, 7, 30, tzinfo=timezone(timedelta(hours=7))),
    "published_on": date(2026, 11, 20),
    "captions": ("Ảnh: Quang cảnh kỳ họp",),
    "attachments": ({"url": "https://mau.vn/a.pdf", "size": 3},),
    "document_refs": ({"kind": "NQ", "number": "12/2023/NQ-HĐND", "as_printed": "12/2023/NQ-HĐND", "year": 2023},),
    "removed": ({"rule": "counter", "count": 2, "hash": "ab"},),
    "lead": "",
}
ROWS = [
    article(1),
    article(2, **FULL),
    capture(-(2**63)),
    run_row(
        "r", rejected=({"reason": "soft_404", "count": 1},), walks=({"listing": "/", "pages": 2, "finished": True},)
    ),
    Revision(**article(3).model_dump(), seq=1, op="ADD", reason="new", changed=("title",), table_version=1),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: type(row).__name__)
def test_a_row_comes_back_as_it_went(row: BaseModel) -> None:
    assert from_table(to_table([row], type(row)), type(row)) == [row]


@given(st.text(), st.lists(st.text()), st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)))
def test_any_text_and_instant_comes_back(text: str, captions: list[str], when: datetime | None) -> None:
    published = when and when.replace(tzinfo=UTC)
    row = article(1, title=text, captions=tuple(captions), published_at=published)
    assert from_table(to_table([row], Article), Article) == [row]


@pytest.mark.parametrize(
    ("model", "column", "kind", "nullable"),
    [
        (Article, "title", pa.string(), False),
        (Article, "lead", pa.string(), True),
        (Article, "organ", pa.string(), False),
        (Article, "source_status", pa.string(), False),
        (Article, "published_on", pa.date32(), True),
        (Article, "first_seen", pa.timestamp("us", "UTC"), False),
        (LedgerRow, "url_hash", pa.int64(), False),
        (Revision, "changed", pa.list_(pa.field("element", pa.string(), nullable=False)), False),
    ],
)
def test_a_column_has_the_type_of_its_field(model: type[BaseModel], column: str, kind: Any, nullable: bool) -> None:
    field = arrow_schema(model).field(column)
    assert (field.type, field.nullable) == (kind, nullable)


def test_a_type_without_a_column_is_named() -> None:
    class Odd(BaseModel):
        counts: dict[str, int]

    with pytest.raises(TypeError, match=r"Odd\.counts"):
        arrow_schema(Odd)


def test_rows_of_an_older_and_a_newer_writer_are_read() -> None:
    table = to_table([run_row("r")], RunRow)
    undated = table.column_names.index("undated")
    old = table.set_column(undated, "undated", pa.nulls(1, pa.int64())).append_column("later", pa.array(["?"]))
    assert from_table(old, RunRow) == [run_row("r")]


def test_an_instant_is_stored_in_utc() -> None:
    assert to_table([article(1, first_seen=NOON)], Article)["first_seen"][0].as_py() == NOON
