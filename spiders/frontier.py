"""What of a listing is still to be asked, and how far a listing is walked. Pure: no request is made here."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

from schemas.capture import CrawlPlan, ListingWalk
from schemas.urls import canonical, unpack_hashes, url_hash

BACKFILL_PAGES = 2_000
"""Listing pages of one walk at most; the longest listing seen in evidence has 400."""
STALE_PAGES = 4
"""Pages in a row that bring no link this walk has not seen: the listing repeats itself past its end."""

_VIETNAM = timezone(timedelta(hours=7))


@dataclass(frozen=True)
class Candidate:
    """A link of a listing, folded: what it is asked as, and what it is known as."""

    url: str
    key: str
    listed_at: str | None = None

    @property
    def day(self) -> date | None:
        """The local day that the listing shows; None: none, or not readable."""
        return local_day(self.listed_at)


class Known:
    """The URL keys that have a final outcome: 8 bytes each."""

    def __init__(self, packed: str) -> None:
        self._hashes = sorted(unpack_hashes(packed))

    def __contains__(self, key: str) -> bool:
        wanted = url_hash(key)
        at = bisect_left(self._hashes, wanted)
        return at < len(self._hashes) and self._hashes[at] == wanted


@dataclass
class Walk:
    """One listing, page by page: each page seen says whether there is reason for another.

    A night stops at a page it knows whole, but only as deep as the last finished walk went: deeper, known pages may
    lie over unknown ones. A backfill goes on until a whole page is older than its window.
    """

    listing: str
    plan: CrawlPlan
    known: Known
    pages: int = 0
    finished: bool = False
    wall: str | None = None
    _urls: set[str] = field(default_factory=set)
    _sets: set[frozenset[str]] = field(default_factory=set)
    _keys: set[str] = field(default_factory=set)
    _stale: int = 0

    @property
    def complete(self) -> int:
        """Pages from the first down to which the last finished walk left nothing; 0: there was none."""
        return max((w.pages for w in self.plan.walks if w.listing == self.listing and w.finished), default=0)

    @property
    def cap(self) -> int:
        """Listing pages of this walk at most."""
        return {"backfill": BACKFILL_PAGES, "recheck": 1}.get(self.plan.kind, self.plan.first_pages)

    def been_at(self, url: str) -> bool:
        """Whether this walk has already seen the listing page `url`."""
        return canonical(url) in self._urls

    def see(self, links: Sequence[Candidate], *urls: str) -> bool:
        """Take in a listing page (its URL as asked and as answered); whether to go on. Sets `finished` at the end."""
        self._urls.update(map(canonical, urls))
        keys = frozenset(link.key for link in links)
        if not keys or keys in self._sets:
            self.finished = bool(self.pages)
            return False
        self._sets.add(keys)
        self._stale = self._stale + 1 if keys <= self._keys else 0
        self._keys |= keys
        self.pages += 1
        self.finished = self._at_the_end(links)
        return not self.finished

    def due(self, links: Sequence[Candidate]) -> list[Candidate]:
        """The links of a page that are to be asked: without a final outcome, and not known to be out of the window.
        A recheck asks for none."""
        if self.plan.kind == "recheck":
            return []
        return [link for link in links if link.key not in self.known and self._in_window(link.day)]

    def record(self) -> ListingWalk:
        """What the report says of this walk. One that stopped early at known pages is complete to where the last
        finished one was; a recheck captures nothing from a listing, so it finishes none."""
        finished = self.finished and self.plan.kind != "recheck"
        pages = max(self.pages, self.complete) if finished else self.pages
        return ListingWalk(listing=self.listing, pages=pages, finished=finished, wall=self.wall)

    def _at_the_end(self, links: Sequence[Candidate]) -> bool:
        if self.pages >= self.cap or self._stale >= STALE_PAGES:
            return True
        if self.plan.kind == "backfill":
            return self._before_window(links)
        return self.pages <= self.complete and all(link.key in self.known for link in links)

    def _before_window(self, links: Sequence[Candidate]) -> bool:
        """Whether a page is older than the window: every date it shows, and it dates at least half of its links."""
        days = [link.day for link in links if link.day]
        since = self.plan.since
        return since is not None and 2 * len(days) >= len(links) and all(day < since for day in days)

    def _in_window(self, day: date | None) -> bool:
        since, until = self.plan.since, self.plan.until
        return day is None or not ((since and day < since) or (until and day > until))


def local_day(listed_at: str | None) -> date | None:
    """The day in Vietnam of an ISO 8601 day or instant; an instant without offset is local. None: not readable."""
    if not listed_at:
        return None
    try:
        moment = datetime.fromisoformat(listed_at)
    except ValueError:
        return None
    return (moment.astimezone(_VIETNAM) if moment.tzinfo else moment).date()
