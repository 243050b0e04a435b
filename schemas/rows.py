"""The rows of the bucket's four tables. Arrow schemas are generated from these models.

Within v1 columns are only added. Instants are UTC in the tables, with the local day (Asia/Ho_Chi_Minh) beside them.
"""

import datetime
from typing import Literal

from pydantic import AwareDatetime

from schemas.article import Content
from schemas.frozen import Frozen
from schemas.site import Organ

UNDATED_MONTH = "undated"


class RawPlace(Frozen):
    """Where one captured page is: the WARC file below the raw prefix, and the record in it (bytes)."""

    warc: str
    offset: int
    length: int


class Article(Content):
    """`articles`: the current state, one row per article; partitioned by `month`."""

    article_id: str
    """Printable, stable, never reused: `<site>:<product id or 16 hex digits of the URL key>`; an article of a site's
    later id space is `<site>:<space>~<...>`."""
    previous_ids: tuple[str, ...] = ()
    """Ids that it had before a `tintinh rekey`, oldest first."""
    site: str
    site_name: str
    organ: Organ
    url: str
    url_key: str
    province: str | None
    """Slug as of the publication day; None when undated."""
    province_scheme: Literal["pre2025", "2025"] | None = None
    """Which scheme `province` is of: 63 provinces until 2025-06-30, 34 since; None when undated."""
    province_now: str
    published_on: datetime.date | None = None
    """Local day of publication."""
    month: str
    """`YYYY-MM` of the local publication day, or `undated`."""
    word_count: int
    content_hash: str
    """16 hex digits over title, text and dates: changes when the article does, not when its chrome does."""
    revision: int = 1
    first_seen: AwareDatetime
    last_seen: AwareDatetime
    """When the shown revision was captured."""
    source_status: Literal["live", "gone", "closed"] = "live"
    """`gone`: the site withdrew the page. `closed`: the page asks for a login, refuses us, or is missing with its whole
    source, on three nights in a row; what was captured stays."""
    gone_at: AwareDatetime | None = None
    robots: str = "allowed"
    """What robots.txt said of its URL."""
    tls: str = "verified"
    extractor: str
    """Name and version of the refinery that made the text."""
    rights: str
    warc: str
    """Key of the WARC file below the raw prefix, and where in it the page is."""
    warc_offset: int
    warc_length: int
    more_pages: tuple[RawPlace, ...] = ()
    """The further pages of an article that is split over several, in order."""
    run: str


Reason = Literal["new", "edit", "reextract", "gone", "closed", "returned", "rekey", "takedown"]
"""Why a row of `articles` changed."""


class Revision(Article):
    """`revisions`: every version and every tombstone, append-only, derived from the Change Data Feed of `articles`."""

    seq: int
    """Sequence number of the change in the feed."""
    op: Literal["ADD", "MOD", "DEL"]
    reason: Reason
    changed: tuple[str, ...] = ()
    """Columns that differ from the version before."""
    words_added: int = 0
    """Words of `text` that the version before did not have, and that this one no longer has."""
    words_removed: int = 0
    table_version: int
    """Version of `articles` that made the change visible, and when (UTC)."""
    changed_at: AwareDatetime | None = None


class LedgerRow(Frozen):
    """`captures`: the ledger of fetches, one row per answered article page; partitioned by `site`."""

    site: str
    run: str
    url: str
    url_key: str
    url_hash: int
    """`schemas.urls.url_hash` of the key: the one column a plan reads."""
    status: int
    outcome: str
    fetched_at: AwareDatetime
    settled_at: AwareDatetime | None = None
    """When this outcome was decided: later than `fetched_at` by a reprocess."""
    reread: bool = False
    """Written by a reprocess: an old capture read again says nothing new about the source."""
    article_id: str | None = None
    content_hash: str | None = None
    text_hash: int | None = None
    """64 bits of its title, text and local day: what two URLs of one article share."""
    duplicate_of: str | None = None
    """Of another URL of an article: that article's id."""
    month: str | None = None
    published_at: AwareDatetime | None = None
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    found_on: str | None = None
    listed_at: str | None = None
    robots: str = "allowed"
    warc: str
    offset: int
    length: int


class WalkRow(Frozen):
    """How far one listing was walked in a run (nested in `runs`)."""

    listing: str
    pages: int
    finished: bool
    wall: str | None = None


class ReasonCount(Frozen):
    """A count by name (nested in `runs`)."""

    reason: str
    count: int


class RunRow(Frozen):
    """`runs`: one row per site and run, failures too."""

    run: str
    kind: Literal["nightly", "backfill", "reprocess", "recheck", "import", "rekey", "takedown", "maintain"]
    site: str
    started_at: AwareDatetime
    finished_at: AwareDatetime
    version: int | None = None
    """Version of `articles` that holds this run's commit, the last where it made several."""
    commits: tuple[int, ...] = ()
    """The versions of `articles` that it made: one, or one for each group of months of a reprocess."""
    captured: int
    new: int
    changed: int
    unchanged: int
    gone: int
    undated: int = 0
    """Accepted pages without a date."""
    rejected: tuple[ReasonCount, ...] = ()
    failed: tuple[ReasonCount, ...] = ()
    removed: tuple[ReasonCount, ...] = ()
    """Blocks dropped as boilerplate, by rule."""
    held: str | None = None
    requests: int
    walks: tuple[WalkRow, ...] = ()
    family: str | None = None
    error: str | None = None
    alarm: str | None = None
    """What the operator should look at although the site was published."""
