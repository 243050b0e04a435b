"""What changed: `revisions` and the change feed, both derived from the Change Data Feed of `articles`.

`revisions` is the record: each of its commits also notes, as Delta application transactions, the version of
`articles` and the sequence number it reached, and is made at the very next version or not at all, so that two
writers at once cannot number the same change twice. The feed's files are cut from `revisions`, and exist for a reader
once `changes/index.json` names them, which is replaced only if nobody else did meanwhile. A crash anywhere leaves
something that the next call completes.
"""

import gzip
import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, write_deltalake

from pipelines.store.arrow import BATCH, arrow_schema, from_table, plain, to_table
from pipelines.store.bucket import MissingObjectError
from pipelines.store.delta import WRITING, once
from pipelines.store.tables import Tables
from schemas import keys
from schemas.frozen import Frozen
from schemas.rows import Article, Revision

VERSION_DONE = "tintinh/revisions/version"
SEQ_DONE = "tintinh/revisions/seq"
COMMIT_ROWS = 5000
"""Rows after which a commit to `revisions` is not made larger by a further version of `articles`."""
FILE_ROWS = 2000
"""Most rows of one feed file."""
_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


class FeedFile(Frozen):
    """One file of the feed, as the index names it."""

    key: str
    first: int
    last: int
    rows: int
    sha256: str
    """Of the compressed bytes."""
    version: int
    """Of `articles`, after these changes."""


class FeedIndex(Frozen):
    """`changes/index.json`: read it, then the files whose `last` is beyond what was read before."""

    first_seq: int = 1
    last_seq: int = 0
    version: int = 0
    files: tuple[FeedFile, ...] = ()


def derive(tables: Tables) -> int:
    """Bring `revisions` and the feed up to the newest version of `articles`; returns the newest sequence number.

    May be called at any time, by several at once, and again after a crash. Raises StorageError.
    """
    while _extend_revisions(tables):
        pass
    while not _extend_feed(tables):
        pass
    return read_index(tables)[0].last_seq


def read_index(tables: Tables) -> tuple[FeedIndex, str | None]:
    """The feed's index and its etag; an empty one and None before the first change."""
    try:
        data, etag = tables.clean.get_tagged(keys.CHANGES_INDEX)
    except MissingObjectError:
        return FeedIndex(), None
    return FeedIndex.model_validate_json(data), etag


def reason(before: Article | None, after: Article | None) -> str:
    """Why an article's row differs: `new`, `edit`, `reextract`, `gone`, `closed`, `returned` or `takedown`."""
    if before is None:
        return "new"
    if after is None:
        return "takedown"
    if after.source_status != before.source_status:
        return "returned" if after.source_status == "live" else after.source_status
    same_bytes = (after.warc, after.warc_offset) == (before.warc, before.warc_offset)
    return "reextract" if same_bytes else "edit"


def _extend_revisions(tables: Tables) -> bool:
    """One commit to `revisions`; False when nothing is left to add."""
    left = False

    def attempt(revisions: DeltaTable) -> None:
        nonlocal left
        left = False
        articles = tables.articles.open()
        if articles is None:
            return
        done, seq = (revisions.transaction_version(app) or 0 for app in (VERSION_DONE, SEQ_DONE))
        batches: list[pa.Table] = []
        count = 0
        while done < articles.version() and count < COMMIT_ROWS:
            done += 1
            for batch in _revisions(articles, done, seq + count):
                batches.append(batch)
                count += batch.num_rows
        if count:
            marks = once((VERSION_DONE, done), (SEQ_DONE, seq + count), alone=True)
            rows = pa.concat_tables(batches)
            write_deltalake(revisions, rows, mode="append", writer_properties=WRITING, commit_properties=marks)
            left = done < articles.version()

    tables.revisions.commit(attempt)
    return left


def _revisions(articles: DeltaTable, version: int, seq: int) -> Iterator[pa.Table]:
    """The rows of `revisions` for one version, in order of the articles' ids, numbered from `seq` + 1."""
    images = plain(pa.table(articles.load_cdf(version, version)), arrow_schema(Article))
    if not images.num_rows:
        return
    when = images["_commit_timestamp"][0].as_py().replace(tzinfo=UTC)
    old = images.filter(pc.is_in(images["_change_type"], pa.array(["update_preimage", "delete"])))
    new = images.filter(pc.is_in(images["_change_type"], pa.array(["update_postimage", "insert"])))
    places = [{one: row for row, one in enumerate(half["article_id"].to_pylist())} for half in (old, new)]
    ids = sorted(places[0].keys() | places[1].keys())
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        before, after = (
            _taken(half, [at[i] for i in some if i in at]) for half, at in zip((old, new), places, strict=True)
        )
        rows: list[Revision] = []
        for one in some:
            if before.get(one) != after.get(one):  # a merge also rewrites rows that it leaves as they were
                rows.append(_revision(before.get(one), after.get(one), seq + len(rows) + 1, version, when))
        seq += len(rows)
        yield to_table(rows, Revision)


def _taken(images: pa.Table, rows: Sequence[int]) -> dict[str, Article]:
    return {row.article_id: row for row in from_table(images.take(pa.array(rows, pa.int64())), Article)}


def _revision(before: Article | None, after: Article | None, seq: int, version: int, when: datetime) -> Revision:
    shown = after or before
    assert shown is not None
    changed = tuple(n for n in Article.model_fields if before and after and getattr(before, n) != getattr(after, n))
    op: Literal["ADD", "MOD", "DEL"] = "ADD" if before is None else "DEL" if after is None else "MOD"
    note = {"op": op, "reason": reason(before, after), "changed": changed, "table_version": version}
    return Revision.model_validate(shown.model_dump() | note | {"seq": seq, "changed_at": when})


def _extend_feed(tables: Tables) -> bool:
    """Write the files that are missing and name them in the index; False when another did so first."""
    index, etag = read_index(tables)
    names = ("seq", "table_version", "changed_at")
    missing = tables.revisions.read(names, f"seq > {index.last_seq}").sort_by("seq").to_pylist()
    if not missing:
        return True
    files = []
    for version, group in groupby(missing, key=itemgetter("table_version")):
        rows = list(group)
        for start in range(0, len(rows), FILE_ROWS):
            files.append(_write(tables, rows[start : start + FILE_ROWS], version))
    grown = FeedIndex(last_seq=files[-1].last, version=files[-1].version, files=index.files + tuple(files))
    data = grown.model_dump_json(indent=1).encode()
    if etag is None:
        return tables.clean.put_new(keys.CHANGES_INDEX, data, "application/json") is not None
    return tables.clean.replace(keys.CHANGES_INDEX, data, etag, "application/json") is not None


def _write(tables: Tables, rows: Sequence[dict[str, Any]], version: int) -> FeedFile:
    first, last, when = rows[0]["seq"], rows[-1]["seq"], rows[0]["changed_at"]
    key = keys.changes_key((when or datetime.fromtimestamp(0, UTC)).astimezone(_HANOI).date(), first, last)
    found = from_table(tables.revisions.read(where=f"seq >= {first} AND seq <= {last}").sort_by("seq"), Revision)
    data = gzip.compress(b"".join(map(_line, found)), compresslevel=6, mtime=0)
    if tables.clean.put_new(key, data, "application/gzip") is None:
        data = tables.clean.get(key)  # of a call that was cut short; another zlib may have squeezed it otherwise
    return FeedFile(
        key=key, first=first, last=last, rows=len(rows), sha256=hashlib.sha256(data).hexdigest(), version=version
    )


def _line(row: Revision) -> bytes:
    article = None if row.op == "DEL" else row.model_dump(mode="json", include=set(Article.model_fields))
    line: dict[str, Any] = {"seq": row.seq, "op": row.op, "reason": row.reason, "article_id": row.article_id}
    line |= {"changed": row.changed, "article": article}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
