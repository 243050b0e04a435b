"""The feed and `revisions` follow from what was published, whatever happened in between."""

import gzip
import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from rows_made import NOON, article

from pipelines.store import feed
from pipelines.store.arrow import from_table
from pipelines.store.bucket import Bucket
from pipelines.store.tables import Tables
from schemas.rows import Article, Revision


def changes(tables: Tables) -> list[dict[str, Any]]:
    """All lines of the feed, as a consumer gets them."""
    lines = []
    for file in feed.read_index(tables)[0].files:
        data = tables.clean.get(file.key)
        assert hashlib.sha256(data).hexdigest() == file.sha256
        found = [json.loads(line) for line in gzip.decompress(data).splitlines()]
        assert ([line["seq"] for line in found], len(found)) == ([*range(file.first, file.last + 1)], file.rows)
        lines += found
    assert [line["seq"] for line in lines] == [*range(1, len(lines) + 1)]
    return lines


def replayed(tables: Tables) -> dict[str, Article]:
    state: dict[str, Article] = {}
    for line in changes(tables):
        if line["op"] == "DEL":
            del state[line["article_id"]]
        else:
            state[line["article_id"]] = Article.model_validate(line["article"])
    return state


def stored(tables: Tables) -> dict[str, Article]:
    return {row.article_id: row for row in from_table(tables.articles.read(), Article)}


def revisions(tables: Tables) -> list[Revision]:
    return from_table(tables.revisions.read().sort_by("seq"), Revision)


def short(line: dict[str, Any]) -> tuple[str, str, str, list[str]]:
    return line["op"], line["reason"], line["article_id"], line["changed"]


def test_before_the_first_article_there_is_nothing_to_tell(tables: Tables) -> None:
    assert feed.derive(tables) == 0
    tables.create()
    assert feed.derive(tables) == 0
    assert changes(tables) == []


def test_new_edited_moved_and_gone_articles_are_told_in_order(tables: Tables) -> None:
    tables.publish("r1", [article(2), article(1)])
    tables.publish("r2", [article(1, title="Sửa", warc_offset=99), article(2), article(3)])
    again = article(1, title="Sửa", warc_offset=99, month="2020-01", run="reprocess-3")
    tables.publish("reprocess-3", [again], {"mau:1": "2026-11"}, since=2)
    tables.publish("r4", [article(3, source_status="gone", gone_at=NOON)])
    tables.publish("r5", [article(3, warc_offset=5)])
    assert feed.derive(tables) == 7
    assert [short(line) for line in changes(tables)] == [
        ("ADD", "new", "mau:1", []),
        ("ADD", "new", "mau:2", []),
        ("MOD", "edit", "mau:1", ["title", "warc_offset"]),
        ("ADD", "new", "mau:3", []),
        ("MOD", "reextract", "mau:1", ["month", "run"]),
        ("MOD", "gone", "mau:3", ["source_status", "gone_at"]),
        ("MOD", "returned", "mau:3", ["source_status", "gone_at", "warc_offset"]),
    ]
    assert replayed(tables) == stored(tables)


def test_a_row_taken_out_is_told_without_its_text(tables: Tables) -> None:
    tables.publish("r1", [article(1), article(2)])
    feed.derive(tables)
    table = tables.articles.open()
    assert table is not None
    table.delete("article_id = 'mau:1'")
    feed.derive(tables)
    assert changes(tables)[-1] == {
        "seq": 3,
        "op": "DEL",
        "reason": "takedown",
        "article_id": "mau:1",
        "changed": [],
        "article": None,
    }
    assert replayed(tables) == stored(tables)


def test_a_feed_whose_change_data_was_vacuumed_catches_up(tables: Tables) -> None:
    tables.publish("r1", [article(1), article(2), article(3)])
    feed.derive(tables)
    tables.publish("r2", [article(2, title="Sửa", revision=2, run="r2"), article(4)], {"mau:2": "2026-11"}, since=1)
    table = tables.articles.open()
    assert table is not None
    table.delete("article_id = 'mau:3'")
    tables.articles.open().vacuum(0, dry_run=False, enforce_retention_duration=False, full=True)  # type: ignore[union-attr]
    feed.derive(tables)
    assert replayed(tables) == stored(tables)
    assert sorted(short(line)[:3] for line in changes(tables)[3:]) == [
        ("ADD", "new", "mau:4"),
        ("DEL", "takedown", "mau:3"),
        ("MOD", "edit", "mau:2"),
    ]


def test_words_that_came_and_went_are_counted(tables: Tables) -> None:
    tables.publish("r1", [article(1, text="một hai ba bốn", run="nightly-1")])
    tables.publish("r2", [article(1, text="bốn một hai năm sáu", revision=2, run="nightly-2")], since=1)
    feed.derive(tables)
    last = revisions(tables)[-1]
    assert (last.words_added, last.words_removed, last.reason) == (2, 1, "edit")


def test_deriving_again_adds_nothing(tables: Tables) -> None:
    tables.publish("r1", [article(1)])
    assert [feed.derive(tables) for _ in range(3)] == [1, 1, 1]
    assert len(revisions(tables)) == len(changes(tables)) == 1


def test_rewriting_files_is_no_change(tables: Tables) -> None:
    for turn in range(6):
        tables.publish(f"r{turn}", [article(turn)])
    feed.derive(tables)
    table = tables.articles.open()
    assert table is not None
    assert table.optimize.compact()["numFilesRemoved"] > 1
    tables.publish("last", [article(9)])
    assert feed.derive(tables) == 7
    assert replayed(tables) == stored(tables)


def test_a_revision_says_when_and_by_which_version(tables: Tables) -> None:
    tables.publish("r1", [article(1)])
    feed.derive(tables)
    (row,) = revisions(tables)
    assert (row.table_version, row.seq, row.op) == (1, 1, "ADD")
    assert row.changed_at is not None and row.changed_at - NOON > timedelta(0)


@pytest.mark.parametrize("at", range(6))
def test_a_crash_anywhere_is_completed_by_the_next_call(
    tables: Tables, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    tables.publish("r1", [article(n) for n in range(5)])
    tables.publish("r2", [article(1, title="Sửa")])
    left = [at]

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                real(*arguments, **named)
            if left[0] <= 0:
                raise KeyboardInterrupt
            return real(*arguments, **named)

        return call

    monkeypatch.setattr(feed, "FILE_ROWS", 3)
    with monkeypatch.context() as patch:
        patch.setattr(feed, "write_deltalake", dying(feed.write_deltalake))
        patch.setattr(Bucket, "put_new", dying(Bucket.put_new))
        with pytest.raises(KeyboardInterrupt):
            feed.derive(tables)
    assert feed.derive(tables) == 6
    assert replayed(tables) == stored(tables)
    assert len(revisions(tables)) == 6
    listed = {found.key for found in tables.clean.list("changes/")} - {"changes/index.json"}
    assert listed == {file.key for file in feed.read_index(tables)[0].files}


def test_the_same_changes_give_the_same_bytes(tables: Tables, bucket: Bucket) -> None:
    tables.publish("r1", [article(n) for n in range(3)])
    feed.derive(tables)
    (file,) = feed.read_index(tables)[0].files
    bucket.delete_many([file.key, "changes/index.json"])
    feed.derive(tables)
    assert feed.read_index(tables)[0].files == (file,)


@pytest.mark.each_server
def test_publishing_and_deriving_by_four_at_once(tables: Tables) -> None:
    tables.create()

    def work(writer: int) -> None:
        own = Tables(tables.clean)
        for turn in range(3):
            own.publish(f"w{writer}-{turn}", [article(1, title=f"{writer}-{turn}"), article(10 * writer + turn)])
            feed.derive(own)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work, writer) for writer in range(1, 5)]:
            done.result()
    assert replayed(tables) == stored(tables)
    assert [row.seq for row in revisions(tables)] == [line["seq"] for line in changes(tables)]
