"""The row that one settled capture adds to the ledger. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipelines import identity
from pipelines.ledger import KnownPage
from schemas.article import Accepted
from schemas.capture import Capture
from schemas.outcome import Outcome
from schemas.refined import Refined
from schemas.rows import Article, LedgerRow
from schemas.urls import url_hash

_WITHHELD: Mapping[str, Any] = {
    **dict.fromkeys(("url", "url_key"), ""),
    **dict.fromkeys(("found_on", "listed_at", "published_at", "content_hash", "text_hash", "etag", "last_modified")),
}
"""What the row of a page that was taken down leaves out: all that its words or its address could be guessed from."""


def ledger_row(
    site: str,
    run: str,
    now: datetime,
    item: Refined,
    outcome: Outcome,
    article: Article | None,
    past: KnownPage | None,
    duplicate_of: str | None,
    reread: bool,
) -> LedgerRow:
    """The row of one capture; `past`: what the ledger said of its URL. Of what was taken down only hashes stay."""
    capture, keep = item.capture, past if article is None and past else None
    refused = item.verdict.content.published_at if isinstance(item.verdict, Accepted) else None
    row = LedgerRow(
        site=site,
        run=run,
        url=capture.url,
        url_key=capture.url_key,
        url_hash=url_hash(capture.url_key),
        status=capture.status,
        outcome=Outcome.GONE.value if article and article.source_status == "gone" else outcome.value,
        fetched_at=capture.fetched_at,
        settled_at=now,
        reread=reread,
        article_id=article.article_id if article else keep.article_id if keep else None,
        content_hash=article.content_hash if article else keep.content_hash if keep else None,
        text_hash=identity.text_hash(article) if article else keep.text_hash if keep else None,
        duplicate_of=duplicate_of,
        month=article.month if article else keep.month if keep else None,
        published_at=article.published_at if article else (keep.published_at if keep else None) or refused,
        digest=capture.digest,
        found_on=capture.found_on,
        listed_at=capture.listed_at or (past.listed_at if past else None),
        robots=capture.robots,
        warc=capture.warc,
        offset=capture.offset,
        length=capture.length,
        **_validators(capture, outcome, past),
    )
    return row.model_copy(update=_WITHHELD) if outcome is Outcome.SUPPRESSED else row


def _validators(capture: Capture, outcome: Outcome, past: KnownPage | None) -> dict[str, str | None]:
    """Those of the stored article: a 304 may leave them out, and a page that is held has another's."""
    said = None if outcome is Outcome.ID_REUSED else capture
    kept = past if said is None or said.status == 304 else None
    return {name: getattr(said, name, None) or getattr(kept, name, None) for name in ("etag", "last_modified")}
