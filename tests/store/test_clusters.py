"""Which sites carry the same text follows from what was published, whatever happened in between."""

import hashlib
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from rows_made import NOON, article

from benchmarks.clusters_made import copied, edited, form, original
from pipelines.store import clusters, signing
from pipelines.store.arrow import from_table
from pipelines.store.tables import Tables
from schemas.clusters import ClusterRow, SignatureRow
from schemas.rows import Article

RNG = random.Random(5)
STORY, OTHER = original(RNG, "session"), original(RNG, "oversight")


def made(site: str, number: int, text: str, month: str = "2026-11", **fields: Any) -> Article:
    when = None if month == "undated" else NOON.replace(year=int(month[:4]), month=int(month[5:]), day=number)
    about: dict[str, Any] = {"article_id": f"{site}:{number}", "site": site, "month": month, "published_at": when}
    about |= {"text": text, "content_hash": hashlib.sha256(text.encode()).hexdigest()[:16]}
    return article(number, **about | fields)


def stored(tables: Tables) -> dict[str, ClusterRow]:
    rows = from_table(tables.clusters.read(), ClusterRow)
    assert len({row.article_id for row in rows}) == len(rows)
    return {row.article_id: row for row in rows}


def groups(tables: Tables) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one, row in stored(tables).items():
        found.setdefault(row.cluster, set()).add(one)
    return found


def delete(tables: Tables, *ids: str) -> None:
    table = tables.articles.open()
    assert table is not None
    table.delete(" OR ".join(f"article_id = '{one}'" for one in ids))


def test_the_life_of_a_cluster(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    assert clusters.update(tables) == 0
    tables.create()
    first = [made("a", 3, STORY), made("b", 4, copied(STORY, RNG)), made("a", 9, copied(STORY, RNG))]
    noise = [made(f"s{number}", number, form(RNG, number)) for number in range(1, 7)]
    tables.publish("r1", first + noise)
    assert clusters.update(tables) == 3  # the second of site a joins through site b
    rows = stored(tables)
    assert {row.cluster for row in rows.values()} == {"a:3"} and [o for o, r in rows.items() if r.earliest] == ["a:3"]
    assert (rows["b:4"].like, rows["b:4"].kind, rows["a:9"].like) == ("a:3", "copy", "b:4")
    version = tables.clusters.open().version()  # type: ignore[union-attr]
    assert clusters.update(tables) == 0 and tables.clusters.open().version() == version  # type: ignore[union-attr]

    # an earlier copy of last month, an undated one and a light edit; what is only far away in time is not looked up
    more = [
        made("c", 30, copied(STORY, RNG), "2026-10"),
        made("d", 1, STORY, "undated"),
        made("e", 7, edited(STORY, RNG)),
    ]
    tables.publish("r2", [*more, made("f", 1, STORY, "2024-11")])
    monkeypatch.setattr(signing, "CHUNK", 2)
    assert clusters.update(tables) >= 4
    rows = stored(tables)
    assert groups(tables) == {"a:3": {"a:3", "a:9", "b:4", "c:30", "d:1", "e:7"}}
    assert [one for one, row in rows.items() if row.earliest] == ["c:30"] and rows["e:7"].kind == "light_edit"

    # an edit to another story leaves, what was gone comes again under the same id, and a removed one leaves
    tables.publish("r3", [made("e", 7, OTHER), made("g", 8, copied(OTHER, RNG))])
    delete(tables, "c:30")
    assert clusters.update(tables) > 0
    assert groups(tables) == {"a:3": {"a:3", "a:9", "b:4", "d:1"}, "e:7": {"e:7", "g:8"}}
    assert stored(tables)["a:3"].earliest and not set(tables.signatures.read()["article_id"].to_pylist()) & {"c:30"}

    # two clusters that turn out to be one: the larger id goes on, the other is recorded
    tables.publish("r4", [made("e", 7, STORY), made("g", 8, copied(STORY, RNG))])
    clusters.update(tables)
    assert groups(tables).keys() == {"a:3"} and stored(tables)["g:8"].formerly == ("e:7",)

    # the bridge goes, and with it what only one site has
    delete(tables, "e:7", "g:8")
    delete(tables, "b:4", "d:1")
    clusters.update(tables)
    assert groups(tables) == {}


def test_ids_stay_through_a_rekey(tables: Tables) -> None:
    tables.create()
    tables.publish("r1", [made("a", 3, STORY), made("b", 4, STORY)])
    clusters.update(tables)
    delete(tables, "a:3", "b:4")
    moved = [made("a", 5, STORY, previous_ids=("a:3",)), made("b", 6, STORY, previous_ids=("b:4",))]
    tables.publish("r2", moved)
    clusters.update(tables)
    assert groups(tables) == {"a:3": {"a:5", "b:6"}}


def test_a_crash_a_race_and_lost_change_data_leave_nothing_out(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    tables.create()
    tables.publish("r1", [made("a", 3, STORY), made("b", 4, STORY)])

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(clusters, "_sign", killed)
        with pytest.raises(Killed):
            clusters.update(tables)
    tables.publish("r2", [made("c", 5, STORY)])
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: clusters.update(Tables(tables.clean)), range(3)))
    assert groups(tables) == {"a:3": {"a:3", "b:4", "c:5"}} and tables.signatures.read().num_rows == 3

    tables.publish("r3", [made("d", 6, STORY), made("c", 5, OTHER)])

    def vacuumed(*_: object) -> None:
        raise FileNotFoundError

    with monkeypatch.context() as patch:
        patch.setattr(signing, "_follow", vacuumed)
        clusters.update(tables)
    assert groups(tables) == {"a:3": {"a:3", "b:4", "d:6"}} and tables.signatures.read().num_rows == 4

    tables.clusters.open().delete()  # type: ignore[union-attr]
    monkeypatch.setattr("pipelines.similarity.ALGORITHM", "another")
    assert clusters.resign(tables) == 3 and len(stored(tables)) == 3
    assert {row.algorithm for row in from_table(tables.signatures.read(), SignatureRow)} == {"another"}
    assert clusters.done(tables) == tables.articles.open().version()  # type: ignore[union-attr]
