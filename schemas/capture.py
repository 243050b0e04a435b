"""What passes between the plan, the crawl and the archive."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from schemas.frozen import Frozen
from schemas.site import Site
from schemas.state import DueLink, HalfArticle, ListingState


class ArticleLink(Frozen):
    """A link to an article, as a listing showed it."""

    url: str
    title: str | None = None
    listed_at: str | None = None
    """The listing's own date, ISO 8601 (a day, or an instant with offset)."""


class PostBack(Frozen):
    """A page that an ASP.NET pager shows when its form is sent back: where to, with which control and hidden fields."""

    url: str
    """The form's action, absolute."""
    target: str
    """`__EVENTTARGET`: the pager's control."""
    argument: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    """The form's other fields as the page showed them, `__VIEWSTATE` among them."""


class Trouble(Frozen):
    """What went wrong at one URL, for the report: the first of its kind."""

    url: str
    reason: str
    target: str | None = None
    """Where a redirect off the site led."""


class ListingWalk(Frozen):
    """How far one listing was walked. `finished`: it reached the end, the margin or the cap."""

    listing: str
    pages: int
    finished: bool
    wall: str | None = None
    """Name of the outcome that stopped it when the listing itself was no listing."""
    trouble: str | None = None
    """Why it gave no answer; None: it did, or it was not asked."""


class Revalidation(Frozen):
    """A known page to ask again, with the validators of its last answer."""

    url: str
    url_key: str | None = None
    """That of its article, which may be of an earlier id space than today's; None: as its URL says."""
    etag: str | None = None
    last_modified: str | None = None


class BegunArticle(HalfArticle):
    """A half article for a crawl to go on with."""

    path: str
    """A WARC file on local disk with the records of its captured pages, and nothing else."""


class CrawlPlan(Frozen):
    """All that a crawl's child process is told; a JSON file on local disk."""

    run: str
    kind: Literal["nightly", "backfill", "recheck", "record", "probe"]
    site: Site
    spool: str
    """Path of the WARC file to write; opened under its own lock."""
    report: str
    """Path of the `CrawlReport` JSON to write at the end."""
    lanes: str
    """Folder of the lane locks, one file a host:port, shared by all processes of the machine."""
    user_agent: str
    delay: float
    """Seconds between two requests to one host:port."""
    first_pages: int
    """Listing pages per listing where no finished walk is known."""
    budget_seconds: float
    since: date | None = None
    until: date | None = None
    """Window of a backfill: local days, inclusive."""
    floor: date | None = None
    """Of a backfill: first local day of the month in work. An older page ends a walk for now; None: `since`."""
    known: str = ""
    """Base64 of the sorted 8-byte URL hashes with a final outcome (`schemas.urls`)."""
    space: str | None = None
    """Name of the id space of what is captured now (`Site.space_on`)."""
    family: str | None = None
    """What the site was recognised as before; a TOML that names one wins. None: first contact."""
    listings: tuple[ListingState, ...] = ()
    """The listings to walk, in order, with how far each is known; empty: those of the TOML or of the home page."""
    discover: bool = False
    """Look for listings on the home page although some are known."""
    campaign: str | None = None
    """The backfill that this crawl is a part of."""
    due: tuple[DueLink, ...] = ()
    """Links that failed before and are to be asked again now, all of them known to the walks."""
    failed: str = ""
    """Base64 of the sorted URL hashes of links that failed before: a walk takes them for known."""
    absent: tuple[DueLink, ...] = ()
    """Links that were missing in a crawl that was killed: another URL of the article is asked, they are not."""
    begun: tuple[BegunArticle, ...] = ()
    """Articles of which a crawl that was killed captured some pages: only the others are asked."""
    not_before: dict[str, AwareDatetime] = {}
    """By lane: when a host asked to be left alone until."""
    patient: bool = False
    """Another crawl that waits for a lane goes first (a backfill beside a night)."""
    max_requests: int | None = None
    """Requests after which the crawl ends by itself."""
    revalidate: tuple[Revalidation, ...] = ()
    pages: tuple[str, ...] = ()
    """Article pages to capture, and nothing else of the site (a recorder's plan); empty: the listings are walked."""
    allow_hosts: tuple[str, ...] = ()
    """`host:port` that the guard lets through although private."""
    spool_limit: int = 900_000_000
    """Bytes of WARC after which the crawl stops by itself."""


class CrawlReport(Frozen):
    """What a crawl's child says of itself at the end. The captures are in the WARC, not here."""

    run: str
    site: str
    family: str | None
    listings: tuple[str, ...]
    requests: int
    """Every request sent, robots and listings too."""
    captured: int
    """Article pages answered."""
    failed: dict[str, int] = {}
    """Article URLs without an answer, by reason."""
    troubles: tuple[Trouble, ...] = ()
    """Examples of what failed, at most a few a reason."""
    alarm: str | None = None
    """What the operator should look at although the crawl went on, in one sentence."""
    walks: tuple[ListingWalk, ...] = ()
    site_error: str | None = None
    """Why the site as a whole gave nothing (down, refused by robots, ...); None: it answered."""
    finish_reason: str


class Capture(Frozen):
    """One answered article page, as the archive holds it."""

    url: str
    url_key: str
    status: int
    fetched_at: AwareDatetime
    content_type: str | None = None
    found_on: str | None = None
    listed_at: str | None = None
    robots: str = "allowed"
    tls: str = "verified"
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    """`sha256:` and hex of the payload."""
    part_of: str | None = None
    """URL of the first page, for a further page of one article."""
    part: int = 1
    more: bool = False
    """Of a first page: further pages or documents were to follow it."""
    alias_of: str | None = None
    """Of a redirect: the URL key that it led to."""
    leads_home: bool = False
    """Of a redirect: it led to the home page or a listing, as some sites do with what they removed."""
    warc: str
    """Bucket key of the WARC file."""
    offset: int
    length: int
