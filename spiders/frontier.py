"""What of a listing is still to be asked, and how far a listing is walked. Pure: no request is made here."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Literal

from schemas.capture import CrawlPlan, ListingWalk
from schemas.state import ListingState, WalkedPage, WalkEnded
from schemas.urls import canonical, unpack_hashes, url_hash

BACKFILL_PAGES = 2_000
"""Pages of a listing that a backfill walks at most; the longest listing seen in evidence has 400."""
POSTED = "__EVENTTARGET"
"""Parameter of the name that a page shown by a form goes by: nobody can ask for that name."""
POSTED_PAGES = 200
"""Pages that are walked by sending forms back: each sends a view state, and none can be resumed."""
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
    """URL keys as 8-byte hashes: those with a final outcome, and those that failed and are remembered."""

    def __init__(self, *packed: str) -> None:
        self._hashes = sorted(set().union(*map(unpack_hashes, packed)))

    def __contains__(self, key: str) -> bool:
        wanted = url_hash(key)
        at = bisect_left(self._hashes, wanted)
        return at < len(self._hashes) and self._hashes[at] == wanted


@dataclass
class Walk:
    """One listing, page by page: `url` is the page to ask next, until it is None.

    A night ends at a page known whole, but only within the pages that are trusted: deeper, known pages may lie over
    unknown ones. Where an earlier walk was cut it jumps to that page and goes on to the listing's end or the cap. A
    backfill goes on from where its last month ended, until a whole page is older than its window.
    """

    order: ListingState
    plan: CrawlPlan
    known: Known
    pages: int = 0
    """Pages seen that listed articles."""
    wall: str | None = None
    trouble: str | None = None
    """Why a page of it gave no answer."""
    ended: WalkEnded | None = None
    """Why the walk came to its end; None: it did not, or has not yet."""
    url: str | None = None
    number: int = 1
    """Of the page `url`, as the listing counts."""
    resumed: bool = False
    _urls: set[str] = field(default_factory=set)
    _sets: set[frozenset[str]] = field(default_factory=set)
    _keys: set[str] = field(default_factory=set)
    _stale: int = 0

    def __post_init__(self) -> None:
        """Begin at the first page; a backfill, where its last month ended."""
        self.url = self.order.listing
        if self.plan.kind == "backfill" and self._resumes:
            self.url, self.number = self.order.resume, self.order.resume_page

    @property
    def listing(self) -> str:
        """The URL of the listing's first page."""
        return self.order.listing

    @property
    def is_capped(self) -> bool:
        """Whether the walk ended although the listing went on."""
        return self.ended is not None and self.ended.why == "cap" and self.plan.kind != "recheck"

    def been_at(self, url: str) -> bool:
        """Whether this walk has already seen the listing page `url`."""
        return canonical(url) in self._urls

    def see(
        self, links: Sequence[Candidate], answered: str, following: str | None, days: Sequence[date] = ()
    ) -> WalkedPage | None:
        """Take in the page `url` and settle where to go next.

        Args:
            links: what it lists.
            answered: its URL after redirects.
            following: the next page that it links.
            days: publication days of some of its new links that the listing does not show, where they are known.

        Returns:
            The note to write once all that is due on the page was asked; None for a page beyond the listing's end.
        """
        assert self.url is not None
        asked, keys = self.url, frozenset(link.key for link in links)
        self.resumed = self.resumed or (self.order.resume is not None and self.number >= self.order.resume_page)
        self._urls |= {canonical(asked), canonical(answered)}
        self.url = None
        if not keys or keys in self._sets:
            if self.pages:
                self._end("end", asked)
            return None
        fresh = self.fresh(links)
        self._sets.add(keys)
        self._stale = 0 if fresh else self._stale + 1
        self._keys |= keys
        self.pages += 1
        page = WalkedPage(
            listing=self.listing, page=self.number, url=asked, resumed=self.resumed, campaign=self.plan.campaign
        )
        self._go_on(links, fresh, asked, following, days)
        return page

    def fresh(self, links: Sequence[Candidate]) -> list[Candidate]:
        """The links of a page that were on no page of this walk before it: side columns come again."""
        return [link for link in links if link.key not in self._keys]

    def past_the_end(self) -> None:
        """The page `url` answers no more (404, another redirect): the listing has ended before it."""
        if self.url is not None and self.pages:
            self._end("end", self.url)
        self.url = None

    def due(self, links: Sequence[Candidate]) -> list[Candidate]:
        """The links of a page that are to be asked: not known, and not shown to be out of the window. A recheck asks
        for none."""
        if self.plan.kind == "recheck":
            return []
        return [link for link in links if link.key not in self.known and self._in_window(link.day)]

    def record(self) -> ListingWalk:
        """What the report says of this walk."""
        finished = self.ended is not None
        return ListingWalk(
            listing=self.listing, pages=self.pages, finished=finished, wall=self.wall, trouble=self.trouble
        )

    def _go_on(
        self,
        links: Sequence[Candidate],
        fresh: Sequence[Candidate],
        asked: str,
        following: str | None,
        days: Sequence[date],
    ) -> None:
        order = self.order
        cap = min(self._cap, POSTED_PAGES) if POSTED in asked else self._cap
        if self.number >= cap or self._stale >= STALE_PAGES:
            self._end("cap", asked)
        elif self.plan.kind == "backfill" and (newest := self._newest_before_window(fresh, days)):
            self._end("window", asked, newest + timedelta(days=1))
        elif self._is_known_whole(links) and order.resume is None:
            self._end("known", asked)
        elif self._is_known_whole(links) and self._resumes:
            self.url, self.number = order.resume, order.resume_page
        elif following is None or self.been_at(following):
            self._end("end", asked)
        else:
            self.url, self.number = following, self.number + 1

    def _end(self, why: Literal["known", "end", "cap", "window"], asked: str, floor: date | None = None) -> None:
        if self.plan.kind != "recheck":  # it captures nothing from a listing, so it finishes none
            self.ended = WalkEnded(
                listing=self.listing, page=self.number, url=asked, why=why, campaign=self.plan.campaign, floor=floor
            )

    @property
    def _floor(self) -> date | None:
        """The first day that this walk goes down to; older days of its window are a later crawl's."""
        return self.plan.floor or self.plan.since

    @property
    def _resumes(self) -> bool:
        """Whether the page where an earlier walk was cut can be asked for."""
        return self.order.resume is not None and POSTED not in self.order.resume

    @property
    def _cap(self) -> int:
        """Number of the last page of this walk at most."""
        return {"backfill": BACKFILL_PAGES, "recheck": 1}.get(self.plan.kind, self.plan.first_pages)

    def _is_known_whole(self, links: Sequence[Candidate]) -> bool:
        """Whether a night may leave the page behind: all on it is known, and within the trusted pages so is all
        below it."""
        within = self.plan.kind != "backfill" and not self.resumed and self.number <= self.order.trusted
        return within and all(link.key in self.known for link in links)

    def _newest_before_window(self, fresh: Sequence[Candidate], days: Sequence[date]) -> date | None:
        """The newest day on a page that is older than the window, by what was on no page before it: side columns come
        again. None: it is not, or does not say."""
        since = self._floor
        shown = [link.day for link in fresh if link.day]
        told = [*shown, *days] if days or 2 * len(shown) >= len(fresh) else []
        return max(told) if since is not None and told and max(told) < since else None

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
