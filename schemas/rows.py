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


class Article(Content):
    """`articles`: the current state, one row per article; partitioned by `month`."""

    article_id: str
    """Printable, stable, never reused: `<site>:<product id or 16 hex digits of the URL key>`."""
    site: str
    site_name: str
    organ: Organ
    url: str
    url_key: str
    province: str | None
    """Slug as of the publication day; None when undated."""
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
    gone_at: AwareDatetime | None = None
    robots: str = "allowed"
    tls: str = "verified"
    extractor: str
    """Name and version of the refinery that made the text."""
    rights: str
    warc: str
    """Key of the WARC file below the raw prefix, and where in it the page is."""
    warc_offset: int
    warc_length: int
    run: str


class Revision(Article):
    """`revisions`: every version and every tombstone, append-only, derived from the Change Data Feed of `articles`."""

    seq: int
    """Sequence number of the change in the feed."""
    op: Literal["ADD", "MOD", "DEL"]
    reason: str
    changed: tuple[str, ...] = ()
    """Columns that differ from the version before."""
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
    kind: Literal["nightly", "backfill", "reprocess", "recheck", "import"]
    site: str
    started_at: AwareDatetime
    finished_at: AwareDatetime
    version: int | None = None
    """Version of `articles` that holds this run's commit."""
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
