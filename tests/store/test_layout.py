"""Laying out the files of `articles` anew changes no row, tells no change, and lets others write meanwhile."""

from itertools import pairwise

import pyarrow as pa
import pytest
from rows_made import NOON, article

from pipelines.store import feed, layout
from pipelines.store.tables import Tables


@pytest.fixture
def many(tables: Tables) -> Tables:
    """Two months, one of them in a single file of 90 rows."""
    rows = [
        article(n, article_id=f"s{n % 3}:{n}", month="2026-10", site=f"s{n % 3}", published_at=NOON if n % 2 else None)
        for n in range(90)
    ]
    tables.publish("r1", [*rows, article(100)])
    feed.derive(tables)
    return tables


def files(tables: Tables) -> list[dict[str, object]]:
    found = pa.table(tables.articles.open().get_add_actions(flatten=True))  # type: ignore[union-attr]
    return sorted(found.to_pylist(), key=lambda row: (row["partition.month"], row["min.site"]))


def test_a_large_file_is_split_and_its_rows_stay(many: Tables) -> None:
    before = many.articles.read().sort_by("article_id")
    assert layout.split(many.articles, rows=20) == 1
    assert many.articles.read().sort_by("article_id") == before
    october = [row for row in files(many) if row["partition.month"] == "2026-10"]
    october.sort(key=lambda row: str(row["min.article_id"]))
    assert [row["num_records"] for row in october] == [20, 20, 20, 20, 10]
    assert all(row["max.site"] <= after["min.site"] for row, after in pairwise(october))  # type: ignore[operator]
    assert layout.split(many.articles, rows=20) == 0


def test_the_feed_hears_nothing_of_it_and_goes_on(many: Tables) -> None:
    layout.split(many.articles, rows=20)
    assert feed.derive(many) == 91
    edited = [article(1, article_id="s1:1", site="s1", month="2026-10", title="Sửa")]
    many.publish("r2", edited, {"s1:1": "2026-10"}, since=1)
    assert feed.derive(many) == 92


def test_files_are_passed_over_by_what_the_log_says_of_them(many: Tables) -> None:
    layout.split(many.articles, rows=20)
    for where, rows in (
        ("site = 's1'", 30),
        ("article_id = 's1:7'", 1),
        (f"published_at = '{NOON:%Y-%m-%dT%H:%M:%SZ}'", 45),
    ):
        assert many.articles.read(("article_id",), where).num_rows == rows
