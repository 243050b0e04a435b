"""What is remembered of a site between its crawls: `state/<site>.json`, folded from the notes in its WARC files.

A crawl that is killed leaves no report, but its WARC survives record by record. So what a crawl learns of its walks
stands in the WARC, as notes; `pipelines.walks.fold` adds those of one file to the state, once.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from schemas.frozen import Frozen
from schemas.site import SiteKey


class WalkedPage(Frozen):
    """A page of a listing was seen, and all that was due on it was asked."""

    note: Literal["page"] = "page"
    listing: str
    page: int
    """From 1, as the listing counts."""
    url: str
    resumed: bool = False
    """Beyond the jump to where an earlier walk was cut."""
    campaign: str | None = None
    """The backfill that walked; None: a night."""


class WalkEnded(Frozen):
    """A walk came to its end at a page: nothing above that page is left."""

    note: Literal["end"] = "end"
    listing: str
    page: int
    url: str
    why: Literal["known", "end", "cap", "window"]
    """A page known whole, the listing's own end, the cap on pages, a page older than the backfill's window."""
    campaign: str | None = None
    floor: date | None = None
    """Of `window`: the first local day that no page from this one on reaches."""


class WalkStopped(Frozen):
    """A listing was none: a login, an error, a block."""

    note: Literal["wall"] = "wall"
    listing: str
    wall: str
    """Name of the outcome."""


class LinkFailed(Frozen):
    """An article link gave no answer that says anything of it."""

    note: Literal["failed"] = "failed"
    url: str
    url_key: str
    reason: str
    listed_at: str | None = None
    found_on: str | None = None
    lacks: bool = False
    """The article answered, and a further page or a document of it did not."""


class ArticleEnded(Frozen):
    """All further pages and documents of an article were asked: those of one without this note were not."""

    note: Literal["article"] = "article"
    url: str
    """Of its first page."""


class SiteSeen(Frozen):
    """What the crawl took the site for, and the listings that it set out to walk; its first note."""

    note: Literal["site"] = "site"
    family: str
    listings: tuple[str, ...]
    discovered: bool = False
    """The listings were found on the home page, not named in the TOML or the plan."""
    campaign: str | None = None


class LaneClosed(Frozen):
    """A host asked to be left alone until then (Retry-After)."""

    note: Literal["lane"] = "lane"
    lane: str
    until: AwareDatetime


Note = Annotated[
    WalkedPage | WalkEnded | WalkStopped | LinkFailed | ArticleEnded | SiteSeen | LaneClosed,
    Field(discriminator="note"),
]


class HalfArticle(Frozen):
    """An article of which a crawl had captured some pages or documents when it ended, and not all."""

    url: str
    """Of its first page."""
    url_key: str
    warc: str
    """Name of the WARC file that holds them."""
    fetched_at: AwareDatetime
    """When its first page was."""
    found_on: str | None = None
    listed_at: str | None = None


class ListingState(Frozen):
    """How far one listing is known, by its finished and its cut walks. Also what a plan tells a walk."""

    listing: str
    trusted: int = 0
    """Pages from the first down to which no link is unknown: within them, a page known whole ends a walk."""
    resume: str | None = None
    """The page on which a cut walk goes on, and its number; None: no walk was cut. From there only the listing's end or
    the cap ends a walk: known pages may lie over unknown ones."""
    resume_page: int = 0
    exhausted: bool = False
    """Of a backfill: the listing has no older page."""
    swept: date | None = None
    """Of a backfill: the local day down to which nothing is left in the listing."""
    gave_links: bool = False
    """It was once seen to list articles."""
    wall: str | None = None
    """The wall that it was last, and since when."""
    wall_since: date | None = None


class DueLink(Frozen):
    """An article that was met and gave no final outcome: it is asked again, ever more rarely."""

    url: str
    url_key: str
    reason: str
    listed_at: str | None = None
    found_on: str | None = None
    lacks: bool = False
    """The article is there, and lacks a page or a document."""
    tries: int = 1
    since: date
    next_on: date
    """First local day on which it is asked again."""


class Sweep(Frozen):
    """How far a backfill has come in the site's listings: newest first, one month after the other."""

    campaign: str
    listings: tuple[ListingState, ...] = ()


class SiteState(Frozen):
    """All that a site's next crawl must know beside the ledger."""

    site: SiteKey
    family: str | None = None
    """What it was recognised as on first contact; it stays that until the operator or a TOML says otherwise."""
    listings: tuple[ListingState, ...] = ()
    """In the order in which they are walked."""
    discovered_on: date | None = None
    """When the listings were last read off the home page; None: they are named."""
    sweeps: tuple[Sweep, ...] = ()
    due: tuple[DueLink, ...] = ()
    halves: tuple[HalfArticle, ...] = ()
    """The next crawl asks only the rest of them."""
    not_before: dict[str, AwareDatetime] = {}
    """By lane (`host:port`): when it may be asked again."""
    folded: tuple[str, ...] = ()
    """Names of the last WARC files whose notes are in here: folding one twice changes nothing."""

    def sweep(self, campaign: str) -> dict[str, ListingState]:
        """The listings of a backfill by URL; empty when it has not begun here."""
        return {one.listing: one for s in self.sweeps if s.campaign == campaign for one in s.listings}
