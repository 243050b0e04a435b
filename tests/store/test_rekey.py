"""A rekey moves articles to other ids once, wherever it is killed, and all that comes later follows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from rows_made import NOON, article, capture
from test_feed import changes, replayed, short, stored

from flows import rekeying
from flows.memory import remember
from flows.publish import commit
from flows.refining import Refiners
from flows.settings import Settings
from flows.staging import stage
from flows.storage import Storage
from flows.visit import Desk, RunKind, Visit
from flows.weighing import SiteResult, weigh
from pipelines.store import catalog, feed, idmaps, rekeyed
from pipelines.store.arrow import from_table
from pipelines.store.bucket import Bucket
from pipelines.store.tables import Tables
from schemas.article import Accepted, Content
from schemas.capture import Capture
from schemas.refined import Refined
from schemas.rows import RunRow
from schemas.site import Organ, Site
from schemas.window import Window

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
    assert [short(line)[:3] for line in changes(whole)[5:]] == [
        (op, "rekey", one)
        for pair in (("mau:2~2", "mau:2"), ("mau:2~3", "mau:3"), ("mau:2~1", "mau:1"), ("khac:6", "khac:5"))
        for op, one in zip(("ADD", "DEL"), pair, strict=True)
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
    assert ids.every({"mau:2~1", "mau:4"}) == {"mau:1", "mau:2~1", "mau:3~1", "mau:4"}
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


REFINERS = cast(Refiners, None)  # all is refined already
DAY = datetime(2026, 11, 19, 3, tzinfo=UTC)
WORDS = "Sáng nay, Thường trực Hội đồng nhân dân tỉnh họp phiên thường kỳ, cho ý kiến về dự toán và đầu tư công."
OTHER = "Chiều qua, đoàn giám sát làm việc với ban quản lý rừng phòng hộ về trồng cây gây rừng ở ba xã vùng cao."
SITE = Site(key="mau", name="HĐND tỉnh Mẫu", organ=Organ.COUNCIL, province="cao-bang", url="https://hdnd.mau.vn/")


@dataclass
class Newsroom:
    """Nights of made pages, settled and published as a run does it."""

    storage: Storage
    folder: Path
    nights: int = 0

    def weighed(
        self, pages: dict[int, str | int], site: Site = SITE, kind: RunKind = "nightly"
    ) -> tuple[Desk, SiteResult]:
        """Settle pages by number: their words, or the status that they answer."""
        self.nights += 1
        tables = Tables(self.storage.clean)
        since = version if (version := tables.articles.version()) is not None else -1
        settings = Settings(home=self.folder)
        desk = Desk(f"{kind}-{self.nights}", kind, settings, self.storage, REFINERS, Window(), since=since)
        refined = [self._page(number, said) for number, said in pages.items()]
        file = stage(refined, self.folder / f"{self.nights}.parquet")
        return desk, weigh(desk, Visit(site, remember(tables, site.key)), [file])

    def night(self, pages: dict[int, str | int], site: Site = SITE, kind: RunKind = "nightly") -> dict[str, int]:
        """The outcomes of a whole night."""
        desk, result = self.weighed(pages, site, kind)
        assert result.held is None
        (done,) = commit(desk, [result]).results
        return {outcome.value: n for outcome, n in done.settlement.outcomes.items()}

    def _page(self, number: int, said: str | int) -> Refined:
        capture = Capture(
            url=f"https://hdnd.mau.vn/tin/bai-{number}.html",
            url_key=f"id:{number}",
            status=said if isinstance(said, int) else 200,
            fetched_at=NOON + timedelta(days=self.nights),
            warc=f"mau/{self.nights}.warc.gz",
            offset=number,
            length=9,
        )
        if isinstance(said, int):
            return Refined(capture=capture, verdict=None)
        title, published = f"Bài {said[:30]}", DAY if said.startswith(WORDS) else DAY + timedelta(hours=30)
        made = Content(
            title=title, lead=None, body=said, text=said, markdown=said, published_at=published, family="nukeviet"
        )
        return Refined(capture=capture, verdict=Accepted(content=made))


def test_what_comes_later_follows(
    server: Storage, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables, room = Tables(bucket), Newsroom(replace(server, clean=bucket), tmp_path)
    tables.create()

    def rekey(old: str, new: str) -> None:
        (tmp_path / "map.csv").write_text(f"{old},{new}\n", encoding="utf-8")
        assert rekeying.rekey(tables, tmp_path / "map.csv", False, print).moved == 1

    assert room.night({1: WORDS, 2: f"{WORDS} Hai."}) == {"new": 2}
    rekey("mau:1", "mau:2~1")
    assert room.night({1: f"{WORDS} Sửa.", 2: f"{WORDS} Hai."}) == {"changed": 1, "unchanged": 1}
    assert {one: (row.previous_ids, row.revision) for one, row in stored(tables).items()} == {
        "mau:2~1": (("mau:1",), 3),
        "mau:2": ((), 1),
    }
    desk, result = room.weighed({2: f"{WORDS} Hai, sửa."})
    rekey("mau:2", "mau:2~2")  # between its settling and its commit
    assert commit(desk, [result]).wrote
    assert {one: row.text[-4:] for one, row in stored(tables).items()} == {"mau:2~1": "Sửa.", "mau:2~2": "sửa."}
    assert stored(tables)["mau:2~2"].previous_ids == ("mau:2",)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        cut(patch, rekeyed, "write_deltalake", 0)
        rekey("mau:2~1", "mau:9")
    assert "mau:2~1" in stored(tables)
    assert room.night({1: f"{WORDS} Sửa nữa."}) == {"changed": 1}  # and the rekey that was cut short is done
    assert stored(tables)["mau:9"].previous_ids == ("mau:1", "mau:2~1")
    assert room.night({1: WORDS, 2: f"{WORDS} Hai, sửa."}, kind="reprocess") == {"changed": 1, "unchanged": 1}
    heir = SITE.model_copy(update={"key": "moi", "carries_on": ("mau",)})
    assert room.night({1: f"{WORDS} Đăng lại.", 2: OTHER, 3: f"{OTHER} Ba."}, heir) == {"duplicate_url": 1, "new": 2}
    row = next(r for r in tables.captures.read(where="site = 'moi' AND outcome = 'duplicate_url'").to_pylist())
    assert row["duplicate_of"] == "mau:9" and row["article_id"] is None
    assert room.night({1: 410}) == {"source_closed": 1}  # no listing was asked: nothing is gone by that
    last = tables.captures.read(where="site = 'mau' AND status = 410").to_pylist()
    assert [row["article_id"] for row in last] == ["mau:9"]
    assert set(stored(tables)) == {"mau:9", "mau:2~2", "moi:2", "moi:3"}
    assert replayed(tables) == stored(tables)
