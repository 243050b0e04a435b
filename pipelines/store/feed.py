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
import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from pipelines.store.arrow import Spill, arrow_schema, from_table
from pipelines.store.bucket import MissingObjectError
from pipelines.store.delta import WRITING, once
from pipelines.store.revised import compared, has_changes, revised
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
_log = logging.getLogger(__name__)


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


def _extend_revisions(tables: Tables) -> bool:
    """One commit to `revisions`; False when nothing is left to add."""
    left = False

    def attempt(revisions: DeltaTable) -> None:
        nonlocal left
        left = False
        articles = tables.articles.open()
        if articles is None:
            return
        noted, seq = (revisions.transaction_version(app) or 0 for app in (VERSION_DONE, SEQ_DONE))
        done = noted
        count = 0
        with Spill(arrow_schema(Revision)) as rows:
            while done < articles.version() and count < COMMIT_ROWS:
                done, batches = _next(tables, articles, done, seq + count)
                for batch in batches:
                    rows.add(batch)
                    count += batch.num_rows
            marks = once((VERSION_DONE, done), (SEQ_DONE, seq + count), alone=True)
            if count:
                reader = rows.reader()
                write_deltalake(revisions, reader, mode="append", writer_properties=WRITING, commit_properties=marks)
            elif done > noted:  # versions of another layout: not looked through again
                revisions.create_write_transaction([], "append", revisions.schema(), commit_properties=marks)
        left = done < articles.version()

    tables.revisions.commit(attempt)
    return left


def _next(tables: Tables, articles: DeltaTable, done: int, seq: int) -> tuple[int, Iterator[pa.Table]]:
    """The changes of the version after `done`, and that version; where its change data is gone, all up to today's."""
    if has_changes(articles, done + 1):
        return done + 1, revised(articles, done + 1, seq)
    _log.warning("the change data of articles after version %d is gone: comparing the table with its history", done)
    return articles.version(), compared(tables, articles, seq)


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
