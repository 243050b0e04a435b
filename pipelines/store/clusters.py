"""The `clusters` table: which sites carry the same text, derived from what changed in `articles`.

An update reads the keys of what changed since the last one, signs those texts, compares them with their candidates, and
compares again whatever clusters they touch. It commits to `clusters` first, at the very next version or not at all,
with the version of `articles` that it reached, and then to `signatures`, with the same; the next one begins at the
lesser of the two. So it may be called at any time, by several at once, and again after a crash.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, write_deltalake
from pydantic import BaseModel

from pipelines import similarity
from pipelines.clustering import Member, Pair, cluster
from pipelines.similarity import Compared
from pipelines.store import signing
from pipelines.store.arrow import from_table, to_table
from pipelines.store.delta import WRITING, once
from pipelines.store.replacing import listed, standing
from pipelines.store.signing import CHUNK, Changes, Near, Read, beside
from pipelines.store.tables import Tables
from schemas.clusters import ClusterRow, SignatureRow
from schemas.rows import UNDATED_MONTH

VERSION_DONE = "tintinh/clusters/version"
"""Application transaction on `clusters`: the version of `articles` up to which its change data is no longer needed,
where `signatures` says the same (`done`)."""
SIGNED_DONE = "tintinh/signatures/version"

Memo = dict[tuple[tuple[str, str], tuple[str, str]], Compared | None]
"""What was compared, by ids and content hashes: an attempt that lost a race compares nothing twice."""


def update(tables: Tables) -> int:
    """Bring `clusters` up to the newest version of `articles`; returns the number of rows that changed or went.

    Raises StorageError.
    """
    return _advanced(tables, whole=False)


def resign(tables: Tables) -> int:
    """As `update`, after comparing the keys of all articles with those of all signatures: signs again what another
    algorithm signed, and mends what is missing. Its cost follows the archive. Raises StorageError."""
    return _advanced(tables, whole=True)


def done(tables: Tables) -> int:
    """The version of `articles` up to which both tables are. Raises StorageError."""
    return min(_mark(tables.clusters.open(), VERSION_DONE), _mark(tables.signatures.open(), SIGNED_DONE))


def _advanced(tables: Tables, whole: bool) -> int:
    memo: Memo = {}
    total = 0
    while True:
        articles = tables.articles.open()
        since = done(tables)
        if articles is None or (since >= articles.version() and not whole):
            return total
        with tables.articles.told("read"):
            if whole or since < 0:
                reached, changed = articles.version(), signing.differences(tables, articles, every=since < 0)
            else:
                reached, changed = signing.changes(tables, articles, since)
        fresh = _signed(tables, articles, changed)
        total += _cluster(tables, articles, reached, changed, fresh, memo)
        _sign(tables, since, reached, changed, fresh)
        whole = False


def _mark(table: DeltaTable | None, app: str) -> int:
    version = table.transaction_version(app) if table else None
    return -1 if version is None else version


def _signed(tables: Tables, articles: DeltaTable, changed: Changes) -> pa.Table:
    now = [(new.month, one) for one, (_, new) in changed.items() if new]
    parts = [to_table([], SignatureRow)]
    for some in _chunks(sorted(now)):
        parts.append(signing.sign(list(signing.texts(tables, articles, _by_month(some)).values())))
    return pa.concat_tables(parts).combine_chunks()


def _cluster(tables: Tables, articles: DeltaTable, reached: int, changed: Changes, fresh: pa.Table, memo: Memo) -> int:
    """Commit the rows of `clusters` that follow; how many changed or went."""
    count = 0

    def attempt(clusters: DeltaTable) -> None:
        nonlocal count
        count = 0
        if _mark(clusters, VERSION_DONE) > reached:
            return
        near = Near(tables, changed, fresh)
        members: dict[str, Member] = {}
        pairs = list(_pairs(tables, articles, fresh, near, members, memo))
        months = {near for both in changed.values() for side in both if side for near in beside(side.near)}
        linked = {one for pair in pairs for one in (pair.one, pair.other)}
        stored, touched = _touched(tables, clusters, months, {*changed, *linked}, changed)
        again = {one: row for one, row in touched.items() if one not in changed}
        pairs += _pairs(tables, articles, _signatures(near, months, again), near, members, memo, touched)
        kept = {one: member for one, member in members.items() if one in linked or one in again}
        rows = {row.article_id: row for row in cluster(kept, pairs, {**stored, **touched}, reached)}
        differ = [row for one, row in sorted(rows.items()) if not _same(row, touched.get(one))]
        gone_rows = [row for one, row in touched.items() if one not in rows]
        before = [touched[row.article_id] for row in differ if row.article_id in touched] + gone_rows
        _write(
            clusters, differ, ClusterRow, _by_month([(r.month, r.article_id) for r in before]), VERSION_DONE, reached
        )
        count = len(differ) + len(gone_rows)

    tables.clusters.commit(attempt)
    return count


def _pairs(
    tables: Tables,
    articles: DeltaTable,
    ours: pa.Table,
    near: Near,
    members: dict[str, Member],
    memo: Memo,
    among: Collection[str] | None = None,
) -> Iterator[Pair]:
    """Those of our articles and their candidates (`among` these only) that repeat each other, and who they are."""
    seen: set[tuple[str, str]] = set()
    for month in sorted(set(ours["month"].to_pylist())):
        some = ours.filter(pc.equal(ours["month"], month)).sort_by("article_id")
        around = near.around(month)
        if among is not None:
            around = around.filter(pc.is_in(around["article_id"], pa.array(sorted(among), pa.string())))
            around = around.combine_chunks()
        stands = dict(zip(around["article_id"].to_pylist(), around["article_month"].to_pylist(), strict=True))
        found = signing.candidates(some, around)
        for start in _batches(found):
            wanted = {one for ours_, theirs in start for one in (ours_, *theirs)}
            read = signing.texts(tables, articles, _by_month([(stands[one], one) for one in sorted(wanted)]))
            members |= {one: text.member for one, text in read.items()}
            for one, theirs in start:
                for other in theirs:
                    pair = (one, other) if one < other else (other, one)
                    if one in read and other in read and pair not in seen:
                        seen.add(pair)
                        if known := _compared(read[pair[0]], read[pair[1]], memo):
                            yield Pair(*pair, known)


def _batches(found: Mapping[str, list[str]]) -> Iterator[list[tuple[str, list[str]]]]:
    """Articles with their candidates, `CHUNK` texts or a few more at a time."""
    batch: list[tuple[str, list[str]]] = []
    held: set[str] = set()
    for one, theirs in found.items():
        batch.append((one, theirs))
        held.update((one, *theirs))
        if len(held) >= CHUNK:
            yield batch
            batch, held = [], set()
    if batch:
        yield batch


def _compared(one: Read, other: Read, memo: Memo) -> Compared | None:
    key = ((one.member.article_id, one.content_hash), (other.member.article_id, other.content_hash))
    if key not in memo:
        memo[key] = similarity.compare(one.words, other.words)
    return memo[key]


def _touched(
    tables: Tables, clusters: DeltaTable, months: Collection[str], ids: Collection[str], changed: Changes
) -> tuple[dict[str, ClusterRow], dict[str, ClusterRow]]:
    """The rows that stand in these months, and those of the clusters of these articles, in whatever months."""
    stored: dict[str, ClusterRow] = {}
    wanted, read = {*months, UNDATED_MONTH}, set[str]()
    while wanted:
        found = tables.clusters.rows(clusters, where=f"month IN ({listed(wanted)})")
        stored |= {row.article_id: row for row in from_table(found, ClusterRow)}
        read |= wanted
        names = {row.cluster for one, row in stored.items() if one in ids or row.like in changed}
        touched = {one: row for one, row in stored.items() if row.cluster in names}
        wanted = {near for row in touched.values() if row.month != UNDATED_MONTH for near in beside(row.month)} - read
    return stored, touched


def _signatures(near: Near, months: Collection[str], again: Mapping[str, ClusterRow]) -> pa.Table:
    """The signatures of members that are compared again."""
    where = {month for row in again.values() if row.month != UNDATED_MONTH for month in beside(row.month)} | {*months}
    parts = [to_table([], SignatureRow).select(("article_id", "site", "article_month", "bands", "month"))]
    wanted = pa.array(sorted(again), pa.string())
    for month in sorted(where if again else ()):
        rows = near.rows(month)
        rows = rows.filter(pc.is_in(rows["article_id"], wanted))
        parts.append(rows.append_column("month", pa.array([month] * rows.num_rows, pa.string())))
    return pa.concat_tables(parts, promote_options="permissive").combine_chunks()


def _same(row: ClusterRow, before: ClusterRow | None) -> bool:
    return before is not None and row == before.model_copy(update={"version": row.version})


def _sign(tables: Tables, since: int, reached: int, changed: Changes, fresh: pa.Table) -> None:
    """Commit the signatures, unless another moved them on since: then what they were before is not known, and the
    next turn asks again."""
    old = [(was.near, one) for one, (was, _) in changed.items() if was]

    def attempt(signatures: DeltaTable) -> None:
        if _mark(signatures, SIGNED_DONE) == since:
            _write(signatures, fresh, SignatureRow, _by_month(old), SIGNED_DONE, reached)

    tables.signatures.commit(attempt)


def _write(
    table: DeltaTable, rows: Any, model: type[BaseModel], before: Mapping[str, Collection[str]], app: str, reached: int
) -> None:
    """Commit `rows` instead of those with ids in `before` by month, and that `reached` is reached."""
    fresh = rows if isinstance(rows, pa.Table) else to_table(rows, model)
    marks = once((app, reached), alone=True)
    if not before:
        if fresh.num_rows:
            fresh = fresh.sort_by([("month", "ascending"), ("article_id", "ascending")])
            write_deltalake(table, fresh, mode="append", writer_properties=WRITING, commit_properties=marks)
        elif _mark(table, app) != reached:
            table.create_write_transaction([], "append", table.schema(), commit_properties=marks)
        return
    places = defaultdict(set, {month: set(ids) for month, ids in before.items()})
    for month, one in zip(fresh["month"].to_pylist(), fresh["article_id"].to_pylist(), strict=True):
        places[month].add(one)
    write_deltalake(
        table,
        fresh,
        mode="overwrite",
        predicate=standing(places),
        writer_properties=WRITING,
        commit_properties=marks,
    )


def _by_month(places: Collection[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for month, one in places:
        found.setdefault(month, set()).add(one)
    return found


def _chunks(places: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    return (places[start : start + CHUNK] for start in range(0, len(places), CHUNK))
