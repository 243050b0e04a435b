"""A rekey moves articles to other ids once, wherever it is killed, and all that comes later follows."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rows_made import NOON, article, capture
from test_feed import changes, replayed, short, stored

from flows import rekeying
from flows.memory import remember
from pipelines.store import catalog, feed, idmaps, rekeyed
from pipelines.store.arrow import from_table
from pipelines.store.bucket import Bucket
from pipelines.store.tables import Tables
from schemas.rows import RunRow

MAP = "old_id,new_id\nmau:1,mau:2~1\nmau:2,mau:2~2\nmau:3,mau:2~3\nkhac:5,khac:6\n"
CUTS: list[tuple[object, str]] = [
    (rekeyed, "write_deltalake"),
    (feed, "derive"),
    (Tables, "append_run"),
    (catalog, "write"),
]


class Killed(BaseException):
    """What a kill is to the code under test."""


def filled(bucket: Bucket, name: str) -> Tables:
    tables = Tables(Bucket(**{**vars(bucket), "prefix": f"{bucket.prefix}{name}/"}))
    rows = [article(1), article(2, month="2020-01"), article(3, month="2020-01", source_status="gone", gone_at=NOON)]
    tables.publish("r1", [*rows, article(4), article(5, article_id="khac:5", site="khac")])
    tables.append_captures(
        "r1",
        [
            capture(1, article_id="mau:1", text_hash=11),
            capture(3, outcome="gone", article_id="mau:3"),
            capture(8, outcome="duplicate_url", duplicate_of="mau:2"),
        ],
    )
    feed.derive(tables)
    return tables


def test_killed_anywhere_and_repeated_it_ends_the_same(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_ = tmp_path / "map.csv"
    list_.write_text(MAP, encoding="utf-8")
    monkeypatch.setattr(rekeyed, "GROUP", 1)
    whole = filled(bucket, "whole")
    assert rekeying.rekey(whole, list_, True, print).model_dump(exclude={"wrong"}) == {
        "dry_run": True,
        "moved": 4,
        "done_before": 0,
        "sites": {"mau": 3, "khac": 1},
    }
    assert set(stored(whole)) == {"mau:1", "mau:2", "mau:3", "mau:4", "khac:5"}
    assert rekeying.rekey(whole, list_, False, print).moved == 4
    for number, (owner, name) in enumerate(CUTS):
        tables = filled(bucket, name)
        for after in range(2):
            cut(monkeypatch, owner, name, after)
            with pytest.raises(Killed):
                rekeying.rekey(tables, list_, False, print)
            monkeypatch.undo()
            monkeypatch.setattr(rekeyed, "GROUP", 1)
            if number == len(CUTS) - 1:
                break
        again = rekeying.rekey(tables, list_, False, print)
        assert again.done_before + again.moved == 4 and not again.wrong
        assert told(tables) == told(whole)
        assert replayed(tables) == stored(tables)
    assert [run.changed for run in runs(whole)] == [1, 3] and all(run.version for run in runs(whole))
    assert len(next(run for run in runs(whole) if run.site == "mau").commits) == 3
    assert {one: row.previous_ids for one, row in stored(whole).items()} == {
        **{f"mau:2~{n}": (f"mau:{n}",) for n in (1, 2, 3)},
        "mau:4": (),
        "khac:6": ("khac:5",),
    }
    moved = stored(whole)["mau:2~3"]
    assert (moved.revision, moved.source_status, moved.run[:6]) == (2, "gone", "rekey-")
    assert [(line["op"], line["article_id"]) for line in changes(whole)[5:]] == [
        *(("ADD", "mau:2~2"), ("DEL", "mau:2"), ("ADD", "mau:2~3"), ("DEL", "mau:3")),
        *(("ADD", "mau:2~1"), ("DEL", "mau:1"), ("ADD", "khac:6"), ("DEL", "khac:5")),
    ]
    pages = remember(whole, "mau").pages
    assert {page.article_id for page in pages.values()} == {"mau:2~1", "mau:2~3", None}
    assert [pages[8].duplicate_of, *pages.shown()] == ["mau:2~2", (11, "mau:2~1")]
    list_.write_text("mau:2~1,mau:3~1\nmau:9,mau:10\n", encoding="utf-8")
    assert [one.line for one in rekeying.rekey(whole, list_, False, print).wrong] == [2]
    list_.write_text("mau:2~1,mau:3~1\n", encoding="utf-8")
    assert rekeying.rekey(whole, list_, False, print).moved == 1
    assert stored(whole)["mau:3~1"].previous_ids == ("mau:1", "mau:2~1")
    ids = idmaps.load(whole.clean, "mau")
    assert [ids.current(one) for one in ("mau:1", "mau:2~1", "mau:2", "mau:4")] == [
        *("mau:3~1", "mau:3~1"),
        *("mau:2~2", "mau:4"),
    ]


def cut(patch: pytest.MonkeyPatch, owner: object, name: str, after: int) -> None:
    """Die at one call, after so many that went well."""
    real: Callable[..., object] = getattr(owner, name)
    calls = iter(range(after + 1))

    def called(*args: object, **named: object) -> object:
        if next(calls, None) == after:
            raise Killed
        return real(*args, **named)

    patch.setattr(owner, name, called)


def runs(tables: Tables) -> list[RunRow]:
    return sorted((r for r in from_table(tables.runs.read(), RunRow) if r.kind == "rekey"), key=lambda r: r.site)


def told(tables: Tables) -> object:
    """All that a reader finds, without names of runs and numbers of versions."""
    rows = {one: row.model_dump(exclude={"run"}) for one, row in stored(tables).items()}
    lines = sorted(short(line)[:3] for line in changes(tables))
    maps = [idmaps.load(tables.clean, site) for site in ("mau", "khac")]
    return rows, lines, maps, [(run.site, run.changed) for run in runs(tables)]
