"""What the ledger of fetches last said of each URL of a site, read from its columns without an object per row."""

import sys
from array import array
from base64 import b64encode
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.walks import pause
from schemas.outcome import NOT_FINAL, SAYS_NOTHING, Outcome
from schemas.state import DueLink
from schemas.window import Window
from schemas.zone import HANOI

ASKED_AGAIN = SAYS_NOTHING - {Outcome.SOURCE_CLOSED} | {Outcome.NOT_FOUND}
"""What a URL that never gave an article is asked again after, ever more rarely."""
MISSED = frozenset({Outcome.NOT_FOUND, Outcome.SOFT_404})
SHUT = frozenset({Outcome.SOURCE_CLOSED, Outcome.LOGIN_WALL, Outcome.SESSION_EXPIRED})
"""Of a page that is there, but not for us, or whose whole source goes: after `NIGHTS` nights its source is closed."""
NIGHTS = 3
"""Nights on which a page must be missing to be gone, or shut to be closed."""
_INSTANT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class KnownPage:
    """What the ledger last said of one URL key."""

    outcome: str
    article_id: str | None = None
    content_hash: str | None = None
    month: str | None = None
    published_at: datetime | None = None
    etag: str | None = None
    last_modified: str | None = None
    listed_at: str | None = None
    """The listing's date, told once: a page asked again comes without its listing."""
    text_hash: int | None = None
    """`identity.text_hash` of the stored article."""
    duplicate_of: str | None = None
    """Of another URL of an article: that article's id."""
    misses: int = 0
    """Local days in a row on which the page was missing."""
    missed_on: date | None = None
    gone_on: date | None = None
    """Since when its article is gone; None: it is live, or never was."""
    shut: int = 0
    """Local days in a row on which the page was there but not for us, or missing with its whole source."""
    shut_on: date | None = None
    closed_on: date | None = None
    """Since when its source is closed; None: it is not."""


_COUNTED = ("misses", "missed_on", "gone_on", "shut", "shut_on", "closed_on")
_SAID = tuple(n for n in KnownPage.__dataclass_fields__ if n not in _COUNTED)
LEDGER_COLUMNS = ("url_hash", "status", "digest", "fetched_at", "settled_at", *_SAID)
"""The columns of `captures` that a `Ledger` reads."""
TEXT_COLUMNS = ("url_hash", "fetched_at", "settled_at", "outcome", "url", "url_key", "found_on", "listed_at")
"""Those that it reads of a few URLs: most of the ledger's bytes are in them."""
_TYPES = {"url_hash": pa.int64(), "status": pa.int64(), "text_hash": pa.int64()} | dict.fromkeys(
    ("fetched_at", "settled_at", "published_at"), _INSTANT
)


def after(row: Mapping[str, Any], past: KnownPage | None) -> KnownPage:
    """What is known of a page after one more row of the ledger, where `past` was known before."""
    outcome = row["outcome"]
    said = {name: row[name] for name in _SAID}
    counted = {name: getattr(past, name) for name in _COUNTED} if past else {}
    day = row["fetched_at"].astimezone(HANOI).date()
    if outcome in MISSED:
        counted |= {"misses": _days(counted, "misses", "missed_on", day), "missed_on": day}
    elif outcome in SHUT:
        shut = _days(counted, "shut", "shut_on", day)
        since = counted.get("closed_on") or (day if shut >= NIGHTS else None)
        counted |= {"shut": shut, "shut_on": day, "closed_on": since}
    elif outcome not in SAYS_NOTHING:
        counted = {"gone_on": day if outcome == Outcome.GONE else None}
    return KnownPage(**said, **counted)


def _days(counted: Mapping[str, Any], number: str, last: str, day: date) -> int:
    """How many days it is now: what comes again on a day is no further one."""
    return int(counted.get(number, 0)) + (counted.get(last) != day)


def is_final(outcome: str) -> bool:
    """Whether a URL with this outcome is known: it is not asked again as if new."""
    return Outcome(outcome) not in NOT_FINAL


def known_pages(rows: Iterable[Mapping[str, Any]]) -> dict[int, KnownPage]:
    """The last word of the ledger on each URL key; `rows` are its `LEDGER_COLUMNS`, in any order.

    Another URL of an article that is gone is forgotten: it may hold what is left of it.
    """
    pages: dict[int, KnownPage] = {}
    for row in sorted(rows, key=lambda r: r["settled_at"] or r["fetched_at"]):
        pages[row["url_hash"]] = after(row, pages.get(row["url_hash"]))
    gone = {page.article_id for page in pages.values() if page.outcome == Outcome.GONE}
    return {key: page for key, page in pages.items() if page.duplicate_of is None or page.duplicate_of not in gone}


def shown_by(known: Mapping[int, KnownPage]) -> Iterable[tuple[int | None, str | None]]:
    """Text hash and id of each article that is not gone."""
    if isinstance(known, Ledger):
        return known.shown()
    return [(page.text_hash, page.article_id) for page in known.values() if page.outcome != Outcome.GONE]


class Ledger(Mapping[int, KnownPage]):
    """One site's part of the ledger, by URL hash: a page is made an object only when it is asked for."""

    def __init__(self, rows: pa.Table | None = None, texts: Callable[[Sequence[int]], pa.Table] | None = None) -> None:
        """`rows`: the `LEDGER_COLUMNS` of one site, in any order; None: nothing is known. `texts`: reads the
        `TEXT_COLUMNS` of some URLs; None: they are in `rows`."""
        if rows is None:
            rows = pa.schema([(name, _TYPES.get(name, pa.string())) for name in LEDGER_COLUMNS]).empty_table()
        self._rows, self._texts = rows, texts
        when = pc.coalesce(rows["settled_at"], rows["fetched_at"])
        order = [("url_hash", "ascending"), ("when", "ascending")]
        self._order = pc.sort_indices(pa.table({"url_hash": rows["url_hash"], "when": when}), sort_keys=order)
        self._sorted = _flat(rows["url_hash"].take(self._order))
        self._same = pc.equal(self._sorted.slice(1), self._sorted.slice(0, max(len(self._sorted) - 1, 0)))
        """Whether a row, from the second, is of the URL of the row before it."""
        edge, differs = pa.array([True] * bool(len(self._sorted)), pa.bool_()), pc.invert(self._same)
        self.first = self._order.filter(pa.concat_arrays([edge, differs]))
        """Rows that are the first of their URL, in the order of the hashes."""
        self.last = self._order.filter(pa.concat_arrays([differs, edge]))
        self._hashes = _int64(self.column("url_hash"))

    def __len__(self) -> int:
        return len(self._hashes)

    def __iter__(self) -> Iterator[int]:
        return iter(self._hashes)

    def __getitem__(self, url_hash: int) -> KnownPage:
        story = self.stories.get(url_hash)
        return story or after(self.row(url_hash), None)

    def column(self, name: str, rows: pa.Array | None = None) -> pa.Array:
        """One column of the last rows, or of `rows`, in the order of the hashes."""
        return _flat(self._rows[name].take(self.last if rows is None else rows))

    def row(self, url_hash: int) -> dict[str, Any]:
        """The last row of a URL. Raises KeyError."""
        place = bisect_left(self._hashes, url_hash)
        if place == len(self._hashes) or self._hashes[place] != url_hash:
            raise KeyError(url_hash)
        found: dict[str, Any] = self._rows.slice(self.last[place].as_py(), 1).to_pylist()[0]
        return found

    def urls(self, hashes: Sequence[int]) -> dict[int, tuple[str, str]]:
        """The URLs under which pages were last asked, each with its key."""
        return {row["url_hash"]: (row["url"], row["url_key"]) for row in self._told(hashes)}

    @cached_property
    def stories(self) -> Mapping[int, KnownPage]:
        """The pages that were ever missing, gone or shut: their last row does not tell all."""
        told = _is_in(self._rows["outcome"], {Outcome.GONE, *MISSED, *SHUT})
        return known_pages(self._of(pc.unique(self._rows["url_hash"].filter(told))))

    def known(self, waiting: Collection[int] = (), window: Window | None = None) -> str:
        """The URLs that are not to be asked as if new, for a `CrawlPlan`: with a final outcome, with an article, or
        `waiting`; for a backfill also those that are known to lie outside its window."""
        known = pc.or_(pc.invert(_is_in(self.column("outcome"), NOT_FINAL)), pc.is_valid(self.column("article_id")))
        if window is not None and (window.since or window.until):
            known = pc.or_(known, self._is_outside(window))
        known = pc.and_(known, pc.invert(pc.fill_null(self._is_left_over, False)))
        hashes = _int64(self.column("url_hash").filter(known))
        return _packed(array("q", sorted({*hashes, *waiting})) if waiting else hashes)

    def unanswered(self) -> tuple[DueLink, ...]:
        """The URLs that never gave an article and may yet: missing ones, walls, what took too long to read."""
        never = pc.is_null(self.column("article_id"))
        mine = self.column("url_hash").filter(pc.and_(_is_in(self.column("outcome"), ASKED_AGAIN), never))
        rows = sorted(self._told(mine.to_pylist()), key=itemgetter("url_hash"))
        return tuple(_due_link(list(tries)) for _, tries in groupby(rows, itemgetter("url_hash")))

    def shown(self) -> Iterable[tuple[int | None, str | None]]:
        """Text hash and id of each article that is not gone and whose text hash is known."""
        return zip(self._shown["text_hash"].to_pylist(), self._shown["article_id"].to_pylist(), strict=True)

    def published_since(self, instant: datetime) -> set[str]:
        """Ids of the articles that were published since then."""
        late = pc.greater_equal(self._published["published_at"], pa.scalar(instant, _INSTANT))
        return set(self._published["article_id"].filter(late).to_pylist())

    def about(self, hashes: Collection[int]) -> "Ledger":
        """What is known of some URLs only, and still of all articles what they show and when they were published: a
        tenth of the whole, for the time when a site is not asked any more."""
        mine = pc.is_in(self._rows["url_hash"], pa.array(sorted(hashes), pa.int64()))
        some = Ledger(self._rows.filter(mine).combine_chunks(), self._texts)
        some._shown, some._published = self._shown, self._published
        return some

    @cached_property
    def _shown(self) -> pa.Table:
        mine = pc.and_(pc.is_valid(self.column("text_hash")), pc.not_equal(self.column("outcome"), Outcome.GONE.value))
        return pa.table({name: self.column(name).filter(mine) for name in ("text_hash", "article_id")})

    @cached_property
    def _published(self) -> pa.Table:
        mine = pc.and_(pc.is_valid(self.column("published_at")), pc.is_valid(self.column("article_id")))
        return pa.table({name: self.column(name).filter(mine) for name in ("published_at", "article_id")})

    def answers_again(self) -> pa.Table:
        """What each answer after the first of its URL said, and what the one before it had said: `outcome`, `status`,
        `digest`, `etag` and `last_modified`, and the same with `_before`."""
        names = ["outcome", "status", "digest", "etag", "last_modified"]
        now = self._rows.select(names).take(self._order.slice(1).filter(self._same))
        before = self._rows.select(names).take(self._order.slice(0, len(self._same)).filter(self._same))
        return pa.table([*now.columns, *before.columns], [*names, *(f"{name}_before" for name in names)])

    @property
    def _is_left_over(self) -> pa.Array:
        """Whether a page is another URL of an article that is gone: it may hold what is left of it."""
        gone = self.column("article_id").filter(pc.equal(self.column("outcome"), Outcome.GONE.value))
        return pc.and_(pc.is_valid(self.column("duplicate_of")), pc.is_in(self.column("duplicate_of"), gone))

    def _told(self, hashes: Sequence[int]) -> list[dict[str, Any]]:
        """The texts of all rows of some URLs, oldest first."""
        if not hashes:
            return []
        rows = self._texts(hashes).to_pylist() if self._texts else self._of(pa.array(hashes, pa.int64()))
        return sorted(rows, key=lambda row: row["settled_at"] or row["fetched_at"])

    def _of(self, hashes: pa.Array) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._rows.filter(pc.is_in(self._rows["url_hash"], hashes)).to_pylist()
        return rows

    def _is_outside(self, window: Window) -> pa.Array:
        """Whether a page was once refused for its day of publication, which is not in this window either."""
        refused = pc.equal(self.column("outcome"), Outcome.OUT_OF_WINDOW.value)
        day = days(self.column("published_at"))
        early, late = (pc.less(day, _number(window.since)), pc.greater(day, _number(window.until)))
        return pc.fill_null(pc.and_(refused, pc.or_(pc.fill_null(early, False), pc.fill_null(late, False))), False)


def days(instants: pa.Array) -> pa.Array:
    """Instants as numbers of local days; nulls stay."""
    seconds = pc.divide(instants.cast(_INSTANT).cast(pa.int64()), 1_000_000)
    return pc.divide(pc.add(seconds, 7 * 3600), 86_400)


def _number(day: date | None) -> pa.Scalar:
    return pa.scalar((day - date(1970, 1, 1)).days if day else None, pa.int64())


def _due_link(rows: Sequence[Mapping[str, Any]]) -> DueLink:
    """From the rows of one URL that ends in none of an article."""
    asked = sorted({row["fetched_at"].astimezone(HANOI).date() for row in rows})
    last = rows[-1]
    return DueLink(
        **{name: last[name] for name in ("url", "url_key", "listed_at", "found_on")},
        reason=last["outcome"],
        tries=len(asked),
        since=asked[0],
        next_on=asked[-1] + max(pause(len(asked)), timedelta(days=1)),  # an answer holds for its day
    )


def _is_in(column: pa.Array, outcomes: Collection[Outcome]) -> pa.Array:
    return pc.is_in(column, pa.array(sorted(outcome.value for outcome in outcomes)))


def _flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _int64(column: pa.Array) -> "array[int]":
    """The values of a column of 8-byte integers without nulls, without an object each."""
    values = array("q")
    if len(column):
        values.frombytes(memoryview(column.buffers()[1])[8 * column.offset : 8 * (column.offset + len(column))])
    return values


def _packed(hashes: "array[int]") -> str:
    """`schemas.urls.pack_hashes` of hashes that are sorted."""
    swapped = array("q", hashes)
    if sys.byteorder == "little":
        swapped.byteswap()
    return b64encode(swapped.tobytes()).decode("ascii")
