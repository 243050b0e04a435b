"""Tables of many made articles, laid out as nights and maintenance would leave them: what a night is published into.

The bulk is made as Arrow, month by month, so that a million rows of real length cost minutes and little memory. The
rows of `revisions` have no texts: nothing that a publish does reads those of the past.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake.transaction import AddAction

from benchmarks.made_nights import NOON, accepted, captured, content, paragraph, site, warc_key
from flows.staging import stage
from pipelines import similarity
from pipelines.article_row import article_id, article_row
from pipelines.ledger_row import ledger_row
from pipelines.store import catalog, clusters, layout, linking
from pipelines.store.arrow import arrow_schema, from_table, to_table
from pipelines.store.delta import Table, once
from pipelines.store.feed import SEQ_DONE, VERSION_DONE, FeedFile, FeedIndex
from pipelines.store.tables import Tables
from schemas import keys
from schemas.article import Content
from schemas.clusters import SignatureRow
from schemas.outcome import Outcome
from schemas.refined import Refined
from schemas.rows import Article, LedgerRow, Revision
from schemas.site import Site
from schemas.urls import url_hash

MONTHS, SITES, EDITED = 120, 120, 24
"""Months of the table, sites in it, and how many of its last months before this one are edited."""
_REVISIONS, _FEED = 25_000, 2000
"""Rows of one file of `revisions` after maintenance, and of one of the feed."""
_SINCE = 2016 * 12 + 11


@dataclass
class Night:
    """What one night brings, by site."""

    refined: dict[int, list[Refined]] = field(default_factory=dict)

    def add(self, number: int, article: Content) -> None:
        """The page of article `number` as it is tonight."""
        home = number % SITES
        at = site(home)
        some = self.refined.setdefault(home, [])
        page = captured(at, number, warc_key(at, NOON), 1000 * len(some), NOON + timedelta(seconds=number % 3600))
        some.append(accepted(page, article))

    def stage(self, folder: Path) -> dict[str, Path]:
        """Write the verdicts to local disk, a file for each site, by its number."""
        return {str(home): stage(some, folder / f"{home}.parquet") for home, some in sorted(self.refined.items())}


def build(tables: Tables, rows: int, new: int, edits: int) -> Night:
    """Fill the empty tables with about `rows` articles over 120 months, and say what the next night brings."""
    tables.create()
    draw, per = random.Random(rows), rows // MONTHS
    pool = pa.array([paragraph(draw) for _ in range(5000)])
    asked = Night()
    edited = [edits // EDITED + (k < edits % EDITED) for k in range(EDITED)]

    def files() -> Iterator[tuple[pa.Table, Mapping[str, str]]]:
        for k in range(MONTHS):
            month = _month(k)
            made = _articles(k, per, pool).sort_by([("site", "ascending"), ("article_id", "ascending")])
            at = k - (MONTHS - 1 - EDITED)
            if 0 <= at < EDITED:
                chosen = made.take(pa.array(sorted(draw.sample(range(per), edited[at])), pa.int64()))
                _edit(chosen, asked)
            for start in range(0, per, layout.ROWS):
                yield made.slice(start, layout.ROWS).drop_columns(["month"]), {"month": month}

    done = _written(tables.articles, files(), ["month"], {})
    by_site = ((_captures(s, per), {"site": site(s).key}) for s in range(SITES))
    _written(tables.captures, ((part.drop_columns(["site"]), at) for part, at in by_site), ["site"], {})
    seq = per * MONTHS
    spans = ((first, min(first + _REVISIONS, seq)) for first in range(0, seq, _REVISIONS))
    marks = {VERSION_DONE: done, SEQ_DONE: seq}
    _written(tables.revisions, ((_revisions(*span, per), {}) for span in spans), [], marks)
    _written(tables.documents, (), [], {linking.SEQ_DONE: seq})
    signed = ((_signatures(k, per), {"month": _month(k)}) for k in range(MONTHS))
    _written(tables.signatures, signed, ["month"], {clusters.SIGNED_DONE: done})
    _written(tables.clusters, (), ["month"], {clusters.VERSION_DONE: done})
    _tell(tables, seq, done)
    catalog.write(tables)
    for n in range(new):
        number = per * MONTHS + n
        asked.add(number, content(number, NOON - timedelta(minutes=n % 900), f"Tin đêm nay số {number} của trang"))
    return asked


def _edit(rows: pa.Table, night: Night) -> None:
    for row in from_table(rows, Article):
        text = f"{row.text} Bổ sung: cuộc họp kết thúc lúc mười bảy giờ."
        article = Content.model_validate(row.model_dump(include=set(Content.model_fields)))
        told = article.model_copy(update={"text": text, "body": text, "markdown": text})
        night.add(int(row.url_key.removeprefix("id:")), told)


def _written(
    table: Table, files: Iterable[tuple[pa.Table, Mapping[str, str]]], by: list[str], marks: Mapping[str, int]
) -> int:
    """Put the files into the bucket, a few at a time, and all of them into the table with one commit: its version."""
    now = int(time.time() * 1000)

    def put(one: tuple[pa.Table, Mapping[str, str]]) -> AddAction:
        return layout.put_file(table, *one, now, data_change=True)

    with ThreadPoolExecutor(4) as threads:
        actions = list(_few_at_a_time(threads, put, files))
    delta = table.open()
    assert delta is not None
    properties = once(*marks.items(), alone=True)
    delta.create_write_transaction(actions, "append", delta.schema(), partition_by=by, commit_properties=properties)
    delta.update_incremental()
    delta.create_checkpoint()
    return delta.version()


def _few_at_a_time(
    threads: ThreadPoolExecutor, work: Callable[[Any], AddAction], items: Iterable[Any]
) -> Iterator[AddAction]:
    """`threads.map`, which would take all items at once."""
    waiting: list[Any] = []
    for item in items:
        waiting.append(threads.submit(work, item))
        if len(waiting) > 8:
            yield waiting.pop(0).result()
    yield from (one.result() for one in waiting)


def _month(k: int) -> str:
    year, month = divmod(_SINCE + k, 12)
    return f"{year}-{month + 1:02d}"


def _published(number: int, per: int) -> datetime:
    year, month = divmod(_SINCE + number // per, 12)
    most = 19 if number // per == MONTHS - 1 else 26
    return datetime(year, month + 1, 2, tzinfo=UTC) + timedelta(minutes=number * 7919 % (most * 1440 - 420))


def _model(at: Site, when: datetime) -> Article:
    page = captured(at, 0, warc_key(at, when), 0, when)
    return article_row(at, "nightly-made", article_id(at.key, "id:0"), accepted(page, _said(when)), _said(when), None)


def _said(when: datetime) -> Content:
    return content("model", when, "Kỳ họp thứ nhất khai mạc", "Toàn văn.")


def _with(model: pa.Table, rows: int, columns: Mapping[str, Any]) -> pa.Table:
    """The one row of `model` so many times, with these columns instead."""
    made = model.take(pa.array([0] * rows, pa.int64()))
    for name, values in columns.items():
        at = made.schema.get_field_index(name)
        made = made.set_column(at, made.schema.field(at), pa.array(values, made.schema.field(at).type))
    return made


def _articles(k: int, per: int, pool: pa.Array) -> pa.Table:
    """All rows of one month."""
    numbers = range(k * per, (k + 1) * per)
    draw = random.Random(k)
    chosen = [pool.take(pa.array(draw.choices(range(len(pool)), k=per), pa.int32())) for _ in range(6)]
    text = pc.binary_join_element_wise(*chosen, "\n\n")
    sites = [site(number % SITES) for number in numbers]
    when = [_published(number, per) for number in numbers]
    columns: dict[str, Any] = {
        "article_id": [f"{at.key}:{number}" for at, number in zip(sites, numbers, strict=True)],
        "site": [at.key for at in sites],
        "site_name": [at.name for at in sites],
        "organ": [at.organ.value for at in sites],
        "province": [at.province for at in sites],
        "province_now": [at.province for at in sites],
        "url": [f"{at.url}tin/{number}.html" for at, number in zip(sites, numbers, strict=True)],
        "url_key": [f"id:{number}" for number in numbers],
        "title": pc.utf8_slice_codeunits(text, 0, 70).to_pylist(),
        "text": text,
        "body": text,
        "markdown": text,
        "published_at": when,
        "first_seen": when,
        "last_seen": when,
        "content_hash": [_hash(number) for number in numbers],
        "warc": [warc_key(at, day) for at, day in zip(sites, when, strict=True)],
        "warc_offset": list(numbers),
    }
    columns["published_on"] = [day.date() for day in when]
    return _with(to_table([_model(site(0), when[0])], Article), per, columns)


def _hash(number: int) -> str:
    return f"{number:016x}"


def _captures(home: int, per: int) -> pa.Table:
    """The ledger of one site."""
    at, numbers = site(home), range(home, per * MONTHS, SITES)
    when = [_published(number, per) for number in numbers]
    model, page = _model(at, NOON), captured(at, 0, warc_key(at, NOON), 0, NOON)
    row = ledger_row(at.key, "nightly-made", NOON, accepted(page, _said(NOON)), Outcome.NEW, model, None, None, False)
    columns: dict[str, Any] = {
        "url": [f"{at.url}tin/{number}.html" for number in numbers],
        "url_key": [f"id:{number}" for number in numbers],
        "url_hash": [url_hash(f"id:{number}") for number in numbers],
        "text_hash": [url_hash(f"text {number}") for number in numbers],
        "article_id": [f"{at.key}:{number}" for number in numbers],
        "content_hash": [_hash(number) for number in numbers],
        "month": [_month(number // per) for number in numbers],
        "published_at": when,
        "fetched_at": when,
        "settled_at": when,
        "warc": [warc_key(at, day) for day in when],
        "offset": list(numbers),
        "digest": [f"sha256:{number:064x}" for number in numbers],
    }
    return _with(to_table([row], LedgerRow), len(numbers), columns)


def _revisions(first: int, end: int, per: int) -> pa.Table:
    """Rows `first` + 1 to `end` of `revisions`, without their texts."""
    blank = {"seq": 1, "op": "ADD", "reason": "new", "table_version": 1, "changed_at": NOON}
    words = dict.fromkeys(("text", "body", "markdown"), "")
    row = Revision.model_validate(_model(site(0), NOON).model_dump() | words | blank)
    columns: dict[str, Any] = {
        "seq": list(range(first + 1, end + 1)),
        "article_id": [f"{site(number % SITES).key}:{number}" for number in range(first, end)],
        "site": [site(number % SITES).key for number in range(first, end)],
        "month": [_month(number // per) for number in range(first, end)],
    }
    return _with(to_table([row], Revision).cast(arrow_schema(Revision)), end - first, columns)


def _signatures(k: int, per: int) -> pa.Table:
    """Those of one month's articles, none of which repeats another."""
    numbers = range(k * per, (k + 1) * per)
    draw = random.Random(k)
    drawn = pa.array(memoryview(draw.randbytes(8 * similarity.BANDS * per)).cast("q"), pa.int64())
    bands = pa.ListArray.from_arrays(
        pa.array(range(0, similarity.BANDS * per + 1, similarity.BANDS), pa.int32()), drawn
    )
    columns: dict[str, Any] = {
        "article_id": [f"{site(number % SITES).key}:{number}" for number in numbers],
        "site": [site(number % SITES).key for number in numbers],
        "article_month": [_month(k)] * per,
        "content_hash": [_hash(number) for number in numbers],
    }
    about = {"article_id": "", "site": "", "month": "", "article_month": "", "content_hash": "", "words": 450}
    row = SignatureRow.model_validate(about | {"algorithm": similarity.ALGORITHM, "bands": [1]})
    made = _with(to_table([row], SignatureRow), per, columns)
    at = made.schema.get_field_index("bands")
    return made.set_column(at, made.schema.field(at), bands.cast(made.schema.field(at).type)).drop_columns(["month"])


def _tell(tables: Tables, seq: int, version: int) -> None:
    """The feed's index of all that came before; the files themselves are of no use here."""
    spans = [(first + 1, min(first + _FEED, seq)) for first in range(0, seq, _FEED)]
    files = tuple(
        FeedFile(
            key=keys.changes_key(NOON.date(), first, last),
            first=first,
            last=last,
            rows=last - first + 1,
            sha256=f"{first:064x}",
            version=version,
        )
        for first, last in spans
    )
    index = FeedIndex(last_seq=seq, version=version, files=files)
    tables.clean.put_new(keys.CHANGES_INDEX, index.model_dump_json(indent=1).encode(), "application/json")
