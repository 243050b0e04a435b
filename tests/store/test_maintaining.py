"""Maintenance changes no row, frees what nobody can ask for, and disturbs nobody who reads or writes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event

import pyarrow as pa
import pytest
from rows_made import article, capture, run_row
from test_releases import after, stored

from pipelines.store import feed, maintaining
from pipelines.store.bucket import Bucket
from pipelines.store.delta import Table
from pipelines.store.tables import Tables

NEVER, AT_ONCE = timedelta(days=30), timedelta(0)
SITES = ("an", "binh", "can")


def files(table: Table) -> list[str]:
    opened = table.open()
    assert opened is not None
    return opened.file_uris()


def objects(clean: Bucket, prefix: str) -> set[str]:
    return {found.key for found in clean.list(prefix)}


@pytest.fixture
def worn(tables: Tables) -> Tables:
    """Tables as some nights leave them: small files, replaced rows."""
    for night in range(4):
        rows = [article(9 * night + n, article_id=f"{SITES[n % 3]}:{night}{n}", site=SITES[n % 3]) for n in range(6)]
        tables.publish(f"r{night}", rows)
        tables.append_captures(f"r{night}", [capture(night, site=site) for site in SITES])
        tables.append_run(f"r{night}", [run_row(f"r{night}", site=site) for site in SITES])
        feed.derive(tables)
    return tables


def test_small_files_become_few_and_sorted_and_no_row_changes(worn: Tables) -> None:
    before = {table.name: table.read().num_rows for table in worn.all}
    rows, seq = stored(worn), feed.derive(worn)
    planned = {t.name: maintaining.plan(worn, t, NEVER, datetime.now(UTC)) for t in worn.all}
    done = {t.name: maintaining.maintain(worn, t, NEVER) for t in worn.all}
    assert {name: (told and told.merged) for name, told in planned.items()} == {
        name: (told and told.merged) for name, told in done.items()
    }
    assert done["clusters"] is None
    assert [len(files(table)) for table in (worn.articles, worn.captures, worn.runs)] == [1, 3, 1]
    assert {table.name: table.read().num_rows for table in worn.all} == before
    assert stored(worn) == rows
    sites = worn.articles.read(("site",))["site"].to_pylist()
    assert sites == sorted(sites)
    assert feed.derive(worn) == seq, "a rewritten file was told as a change"
    again = [maintaining.maintain(worn, table, NEVER) for table in worn.all]
    assert [(told.merged, told.freed_files) for told in again if told] == [(0, 0)] * 4


def test_what_was_replaced_is_kept_for_a_while_and_then_freed(worn: Tables, bucket: Bucket) -> None:
    bucket.put("articles/month=2026-11/of-a-dead-writer.parquet", b"x")
    worn.publish("edit", [article(0, article_id="an:00", site="an", title="Sửa")])
    feed.derive(worn)
    told = maintaining.maintain(worn, worn.articles, NEVER)
    assert told is not None and told.freed_files == told.log_files == 0
    assert pa.table(worn.articles.open(2).scan(columns=["article_id"])).num_rows == 12
    worn.publish("next", [article(97)])
    feed.derive(worn)
    planned = maintaining.plan(worn, worn.articles, AT_ONCE, datetime.now(UTC))
    there = objects(bucket, "articles/")
    told = maintaining.maintain(worn, worn.articles, AT_ONCE, datetime.now(UTC))
    gone = there - objects(bucket, "articles/")
    assert told is not None and planned is not None
    assert told.freed_files == planned.freed_files == len({key for key in gone if "_delta_log" not in key})
    assert told.freed_bytes == planned.freed_bytes > 0
    left = {key for key in objects(bucket, "articles/") if "_delta_log" not in key}
    assert left == {f"articles/{uri.split('/articles/')[1]}" for uri in files(worn.articles)}
    worn.publish("after", [article(99)])
    seq = feed.derive(worn)
    assert after(worn, 0, {}) == stored(worn)
    assert maintaining.maintain(worn, worn.revisions, AT_ONCE) is not None
    worn.publish("later", [article(98)])
    assert feed.derive(worn) == seq + 1


def test_nothing_is_freed_that_the_feed_has_not_told(worn: Tables) -> None:
    worn.publish("untold", [article(0, article_id="an:00", site="an", title="Chưa kể")])
    worn.publish("untold too", [article(0, article_id="an:00", site="an", title="Chưa kể nữa")])
    told = maintaining.maintain(worn, worn.articles, AT_ONCE)
    assert told is not None
    assert (told.freed_files, told.log_files) == (0, 0)
    assert told.kept_back == "the change feed does not know version 5 yet"
    feed.derive(worn)
    assert after(worn, 0, {}) == stored(worn)
    worn.publish("next", [article(97)])
    feed.derive(worn)
    told = maintaining.maintain(worn, worn.articles, AT_ONCE)
    assert told is not None and told.freed_files > 0 and told.kept_back is None


def test_feed_files_of_dead_calls_are_found(worn: Tables, bucket: Bucket) -> None:
    bucket.put("changes/2026-11-20/000000000003-000000000009.jsonl.gz", b"x")
    now = datetime.now(UTC)
    assert maintaining.strays(worn, now) == []
    found = maintaining.strays(worn, now + timedelta(days=2))
    assert found == ["changes/2026-11-20/000000000003-000000000009.jsonl.gz"]


def test_the_log_is_cleaned_but_for_what_the_retention_needs(worn: Tables) -> None:
    assert len(maintaining._log(worn.runs)) == 5
    planned = maintaining.plan(worn, worn.runs, AT_ONCE, datetime.now(UTC) + timedelta(hours=1))
    told = maintaining.maintain(worn, worn.runs, AT_ONCE)
    assert told is not None and planned is not None
    assert told.log_files >= 4
    worn.append_run("r9", [run_row("r9")])
    worn.append_run("r0", [run_row("r0")])
    assert worn.runs.read().num_rows == 13, "the marks of earlier runs went with the log"


def test_readers_and_writers_go_on_meanwhile(worn: Tables) -> None:
    over = Event()

    def until_over(work: Callable[[int], None]) -> int:
        turns = 0
        while not (over.is_set() and turns):
            work(turns)
            turns += 1
        return turns

    def write(turn: int) -> None:
        own = Tables(worn.clean)
        edited = article(0, article_id="an:00", site="an", title=f"Sửa lần {turn}")
        own.publish(f"w{turn}", [edited, article(1000 + turn, month="2026-12")])
        own.append_captures(f"w{turn}", [capture(1000 + turn, site="an")])
        feed.derive(own)

    def read(_: int) -> None:
        old = Tables(worn.clean).articles.open(4)
        assert pa.table(old.scan(columns=["article_id"])).num_rows == 24, "a version within the retention lost a file"
        ids = Tables(worn.clean).articles.read(("article_id",))["article_id"].to_pylist()
        assert len(ids) == len(set(ids)) >= 24

    with ThreadPoolExecutor(3) as pool:
        others = [pool.submit(until_over, write), pool.submit(until_over, read)]
        try:
            for _ in range(2):
                for table in worn.all:
                    maintaining.maintain(worn, table, timedelta(hours=1))
        finally:
            over.set()
        writes, reads = (other.result() for other in others)
    assert writes and reads
    rows = stored(worn)
    assert {f"mau:{1000 + turn}" for turn in range(writes)} <= rows.keys() and len(rows) == 24 + writes
    assert rows["an:00"].title == f"Sửa lần {writes - 1}"
    assert worn.captures.read().num_rows == 12 + writes
    assert after(worn, 0, {}) == rows
