"""What the captured pages of a site say as articles, refined as its last run would: that is nobody else's."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flows import templates
from pipelines.page import RawPage
from pipelines.store import state
from pipelines.store.arrow import from_table
from pipelines.store.bucket import Bucket
from pipelines.store.replacing import quoted
from pipelines.store.tables import Tables
from pipelines.warc import ROBOTS_HEADER, StoredRecord
from schemas.article import Content
from schemas.site import Site

Says = Callable[[RawPage, Site | None, Path | None, str | None, bool], str]
"""`pipelines.refinery.says`, in whatever process; the template is a file."""


@dataclass(frozen=True)
class OwnWords:
    """Of one site's answers; called with a stored record. What it reads of the bucket, it reads when first called."""

    read: Says
    clean: Bucket
    key: str
    """Of the site."""
    site: Site | None
    folder: Path
    """On local disk, for the template."""

    def __call__(self, record: StoredRecord) -> str:
        """What the page says; empty when it is no article. Raises StorageError, PayloadTooLargeError."""
        facts = record.facts
        page = RawPage(
            url=record.url or "",
            body=record.payload,
            fetched_at=record.date,
            content_type=record.headers.get("content-type"),
            listed_at=facts.listed_at if facts else None,
            found_on=facts.found_on if facts else None,
            robots=record.headers.get(ROBOTS_HEADER),
        )
        return self.read(page, self.site, self._template, self._family, bool(facts and facts.part > 1))

    def stored(self, record: StoredRecord) -> str:
        """What the tables have from the page, in all its versions; where they have nothing, what it says."""
        seqs = self._revisions.get(record.facts.url_key or "") if record.facts else None
        if not seqs:
            return self(record)
        where = f"seq IN ({', '.join(map(str, seqs))})"
        versions = from_table(Tables(self.clean).revisions.read(tuple(Content.model_fields), where), Content)
        return "\n".join(one.all_said for one in versions)

    @cached_property
    def _revisions(self) -> dict[str, list[int]]:
        """Sequence numbers of the site's versions, by URL key: few files hold each."""
        where = f"site = {quoted(self.key)} AND op <> 'DEL'"
        found: dict[str, list[int]] = {}
        for row in Tables(self.clean).revisions.read(("url_key", "seq"), where).to_pylist():
            found.setdefault(row["url_key"], []).append(row["seq"])
        return found

    @cached_property
    def _template(self) -> Path | None:
        learned = templates.load(self.clean, self.key)
        return templates.write(learned, self.folder) if learned is not None else None

    @cached_property
    def _family(self) -> str | None:
        past = state.load(self.clean, self.key)
        return past.family if past and past.family != "generic" else None
