"""What one version of `articles` changed, as rows of `revisions`."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from pipelines.store.arrow import BATCH, arrow_schema, from_table, plain, to_table
from pipelines.store.tables import Tables
from schemas.article import Content
from schemas.rows import Article, Reason, Revision

_WENT = pa.array(["update_preimage", "delete"])


def revised(articles: DeltaTable, version: int, seq: int) -> Iterator[pa.Table]:
    """The rows of `revisions` for one version, numbered from `seq` + 1: as they were written, then those
    that went.

    The images after the change are read as a stream; only those before it, which few articles have, are held.
    """
    went, came = _ids(articles, version)
    if not went and not came:
        return
    old = _images(articles, version, "_change_type IN ('update_preimage', 'delete')") if went else None
    before = {one: row for row, one in enumerate(old["article_id"].to_pylist())} if old is not None else {}
    successors: set[str] = set()
    for images in _batches(articles, version):
        after = from_table(images, Article)
        successors.update(one for article in after for one in article.previous_ids)
        pairs = _taken(old, [before[a.article_id] for a in after if a.article_id in before]) if old is not None else {}
        when = images["_commit_timestamp"][0].as_py().replace(tzinfo=UTC)
        told = ((pairs.get(a.article_id), a) for a in after)
        rows = [_revision(b, a, version, when, successors) for b, a in told if b != a]
        yield _numbered(rows, seq)
        seq += len(rows)
    gone = sorted(before[one] for one in went - came)
    for start in range(0, len(gone), BATCH):
        assert old is not None
        when = old["_commit_timestamp"][0].as_py().replace(tzinfo=UTC)
        removed = _taken(old, gone[start : start + BATCH]).values()
        rows = [_revision(article, None, version, when, successors) for article in removed]
        yield _numbered(rows, seq)
        seq += len(rows)


def has_changes(articles: DeltaTable, version: int) -> bool:
    """Whether the change data of a version is still there: a vacuum from outside may have taken it."""
    try:
        pa.table(articles.load_cdf(version, version, columns=["article_id"]))
    except (pa.ArrowException, DeltaError, OSError):
        return False
    return True


def compared(tables: Tables, articles: DeltaTable, seq: int) -> Iterator[pa.Table]:
    """What differs between the table and the last word of `revisions` on each article, as rows of `revisions`."""
    told = tables.revisions.read(("article_id", "seq", "op", "run", "revision")).sort_by("seq").to_pylist()
    last = {row["article_id"]: row for row in told}
    keys = plain(pa.table(articles.scan(columns=["article_id", "month", "run", "revision"])), pa.schema([])).to_pylist()
    there = {row["article_id"]: row for row in keys}
    live = {one for one, row in last.items() if row["op"] != "DEL"}
    differ = [
        one for one, row in there.items() if one not in live or any(row[n] != last[one][n] for n in ("run", "revision"))
    ]
    when = datetime.now(UTC)
    for start in range(0, len(differ), BATCH):
        some = differ[start : start + BATCH]
        months: dict[str, set[str]] = {}
        for one in some:
            months.setdefault(there[one]["month"], set()).add(one)
        after = tables.current(months)
        before = _told(tables, [last[one]["seq"] for one in some if one in live])
        rows = [_revision(before.get(one), row, articles.version(), when, ()) for one, row in after.items()]
        yield _numbered(rows, seq)
        seq += len(rows)
    gone = sorted(last[one]["seq"] for one in live - there.keys())
    for start in range(0, len(gone), BATCH):
        removed = _told(tables, gone[start : start + BATCH]).values()
        rows = [_revision(article, None, articles.version(), when, ()) for article in removed]
        yield _numbered(rows, seq)
        seq += len(rows)


def _told(tables: Tables, seqs: Sequence[int]) -> dict[str, Article]:
    if not seqs:
        return {}
    rows = tables.revisions.read(list(Article.model_fields), f"seq IN ({', '.join(map(str, seqs))})")
    return {row.article_id: row for row in from_table(rows, Article)}


def reason(before: Article | None, after: Article | None, successors: Collection[str] = ()) -> Reason:
    """Why an article's row differs. `successors`: ids that rows of the same version had before.

    A run is named after its kind, so the row itself tells what wrote it.
    """
    if after is None:
        return "rekey" if before is not None and before.article_id in successors else "takedown"
    kind = after.run.partition("-")[0]
    if kind == "rekey":
        return "rekey"
    if kind == "takedown":  # of a document that it linked
        return "takedown"
    if before is None:
        return "new"
    if after.source_status != before.source_status:
        return "returned" if after.source_status == "live" else after.source_status
    return "reextract" if kind == "reprocess" else "edit"


def word_changes(before: str, after: str) -> tuple[int, int]:
    """How many words came and how many went, wherever they stand: a moved paragraph is no change of words."""
    old, new = Counter(before.split()), Counter(after.split())
    return (new - old).total(), (old - new).total()


def _ids(articles: DeltaTable, version: int) -> tuple[set[str], set[str]]:
    """The ids that have an image before the change, and those that have one after it."""
    keys = plain(pa.table(articles.load_cdf(version, version, columns=["article_id", "_change_type"])), pa.schema([]))
    is_old = pc.is_in(keys["_change_type"], _WENT)
    return tuple(set(keys["article_id"].filter(half).to_pylist()) for half in (is_old, pc.invert(is_old)))  # type: ignore[return-value]


def _images(articles: DeltaTable, version: int, where: str) -> pa.Table:
    return plain(pa.table(articles.load_cdf(version, version, predicate=where)), arrow_schema(Article))


def _batches(articles: DeltaTable, version: int) -> Iterator[pa.Table]:
    """The images after the change, `BATCH` rows at a time."""
    where = "_change_type IN ('update_postimage', 'insert')"
    for batch in pa.RecordBatchReader.from_stream(articles.load_cdf(version, version, predicate=where)):
        images = pa.Table.from_batches([batch])
        for start in range(0, images.num_rows, BATCH):
            yield plain(images.slice(start, BATCH), arrow_schema(Article))


def _taken(images: pa.Table, rows: Sequence[int]) -> dict[str, Article]:
    return {row.article_id: row for row in from_table(images.take(pa.array(rows, pa.int64())), Article)}


def _revision(
    before: Article | None, after: Article | None, version: int, when: datetime, successors: Collection[str]
) -> dict[str, Any]:
    shown = after or before
    assert shown is not None
    why = reason(before, after, successors)
    op: Literal["ADD", "MOD", "DEL"] = "ADD" if before is None else "DEL" if after is None else "MOD"
    note: dict[str, Any] = {"op": op, "reason": why, "table_version": version, "changed_at": when}
    if before and after:
        note["changed"] = tuple(n for n in Article.model_fields if getattr(before, n) != getattr(after, n))
        note["words_added"], note["words_removed"] = word_changes(before.text, after.text)
    return shown.model_dump() | (_BLANK if after is None and why == "takedown" else {}) | note


_BLANK: dict[str, Any] = {
    **{name: info.get_default(call_default_factory=True) for name, info in Content.model_fields.items()},
    **dict.fromkeys(("title", "lead", "body", "text", "markdown", "family", "url", "url_key", "rights"), ""),
}
"""What a takedown leaves of an article's words in its last row."""


def _numbered(rows: Sequence[dict[str, Any]], seq: int) -> pa.Table:
    numbered = (Revision.model_validate(row | {"seq": seq + n}) for n, row in enumerate(rows, start=1))
    return to_table(numbered, Revision)
