"""What the bucket remembers of one URL: its rows in the ledger, its pages in the archive, or why there are none."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import urljoin, urlsplit

from flows.storage import Storage
from pipelines import warc
from pipelines.families import FAMILIES, Family
from pipelines.identity import key_of
from pipelines.page import RawPage
from pipelines.store import state
from pipelines.store.archive import Archive
from pipelines.store.arrow import from_table
from pipelines.store.bucket import MissingObjectError
from pipelines.store.tables import Tables
from schemas import keys
from schemas.errors import StorageError
from schemas.rows import LedgerRow
from schemas.site import Site
from schemas.urls import canonical, host_port, url_hash, url_key
from schemas.zone import HANOI
from spiders import robots

INDEXES = 60
"""WARC files of a site whose indexes are searched, the newest."""
_WINDOWS = (1 << 20, 16 << 20)
"""Bytes after an article's first page in which its further pages are looked for."""


@dataclass(frozen=True)
class Past:
    """One URL of a site, and the bucket."""

    url: str
    """Canonical."""
    site: str | None
    """Key of its site; None: no site of the registry has this host."""
    home: Site | None
    storage: Storage

    def rows(self) -> list[LedgerRow]:
        """The ledger's rows of the page, oldest first; a print or other twin finds its article's."""
        quoted = self.url.replace("'", "''")
        hashes = ", ".join(str(url_hash(key)) for key in self._keys())
        where = f"(url = '{quoted}' OR url_hash IN ({hashes}))"
        if self.site is not None:
            where = f"site = '{self.site}' AND {where}"
        found = from_table(Tables(self.storage.clean).captures.read(where=where), LedgerRow)
        same_host = [row for row in found if self.site is not None or host(row.url) == host(self.url)]
        return sorted(same_host, key=lambda row: (row.fetched_at, row.settled_at or row.fetched_at))

    def _keys(self) -> set[str]:
        own = {url_key(self.url)}
        if family := self._family():
            folds_case, spaces = (self.home.folds_case, self.home.spaces) if self.home else (None, (None,))
            try:
                own.update(key_of(family, self.url, folds_case, space) for space in spaces)
            except ValueError:
                return own
        return own

    def _family(self) -> Family | None:
        """The site's family as its TOML says, else as its last run found it."""
        named = self.home.family if self.home else None
        if named is None and self.site is not None:
            named = next((run.family for run in reversed(Tables(self.storage.clean).history(self.site))), None)
        return FAMILIES.get(named or "")

    def why_no_row(self) -> str:
        """Why the ledger has no row of it, in one sentence, as far as the bucket can tell."""
        if self.site is None:
            return "not known: no site of the registry has this host, and no run captured it"
        for name in Archive(self.storage.raw).due(self.site):
            if self.url in self._index(keys.cdxj_key(keys.warc_key(self.site, name))):
                return f"captured in {name}, not published yet: the next run of {self.site} refines it"
        indexes = sorted(f.key for f in self.storage.raw.list(f"{self.site}/") if f.key.endswith(".cdxj"))
        if not indexes:
            return f"never captured: no run has visited {self.site} yet"
        return (
            self._half_asked()
            or self._asked_as_other(indexes[-INDEXES:])
            or self._forbidden(indexes)
            or self._never_an_article()
        )

    def _half_asked(self) -> str | None:
        halves = state.load(self.storage.clean, self.site).halves if self.site else ()
        half = next((one for one in halves if one.url_key in self._keys()), None)
        if half is None:
            return None
        return f"captured in part: the crawl of {half.warc} ended between its pages, and the next one goes on with them"

    def _asked_as_other(self, indexes: list[str]) -> str | None:
        for key in reversed(indexes):
            if entry := self._index(key).get(self.url):
                what = "a listing, a further page of an article, a document or another address of an article"
                return f"asked, but not as an article of its own: it is {what} (status {entry['status']}, {key})"
        return None

    def _forbidden(self, indexes: list[str]) -> str | None:
        """What the newest robots.txt of its host says to us, if that forbids it."""
        address = urljoin(self.url, "/robots.txt")
        for key in reversed(indexes[-INDEXES:]):
            entry = self._index(key).get(address)
            if entry is None:
                continue
            offset, length = int(entry["offset"]), int(entry["length"])
            record = Archive(self.storage.raw).read(f"{key.removesuffix('.cdxj')}.warc.gz", offset, length)
            rules = robots.read(record.status or 0, record.payload, "tintinh/")
            if rules is None or rules.allows(self.url):
                return None
            return f"never asked: {address}, as it was on {record.date.astimezone(HANOI):%Y-%m-%d}, forbids it"
        return None

    def _never_an_article(self) -> str:
        family = self._family()
        if family is not None and family.is_article_url(self.url) is False:
            return f"never asked: by its address it is no article of a {family.name} site"
        return f"never captured: no listing of {self.site} that was walked showed it, or it was out of the walks' depth"

    def _index(self, key: str) -> dict[str, dict[str, str]]:
        """The entries of a WARC file's index by URL."""
        try:
            lines = self.storage.raw.get(key).decode("utf-8", "replace").splitlines()
        except MissingObjectError:
            return {}
        entries = (json.loads(line[line.index("{") :]) for line in lines if "{" in line)
        return {canonical(entry["url"]): entry for entry in entries if entry.get("url", "").startswith("http")}

    def pages(self, row: LedgerRow) -> tuple[RawPage, ...]:
        """The captured pages of the article, first to last; none when it was withheld for a secrecy stamp.

        Raises:
            StorageError: the record cannot be read.
            PayloadTooLargeError: it is a decompression bomb.
        """
        record = Archive(self.storage.raw).read(row.warc, row.offset, row.length)
        if record.type == "metadata":
            return ()
        kind = record.headers.get("content-type")
        first = RawPage(
            row.url,
            record.payload,
            row.fetched_at,
            kind,
            row.listed_at,
            row.found_on,
            record.headers.get(warc.ROBOTS_HEADER),
        )
        further = [(r.facts.part if r.facts else 0, r) for r in self._parts(row) if r.status == 200 and r.url]
        return (
            first,
            *(
                RawPage(r.url or "", r.payload, r.date, r.headers.get("content-type"))
                for _, r in sorted(further, key=lambda pair: pair[0])
            ),
        )

    def _parts(self, row: LedgerRow) -> list[warc.StoredRecord]:
        """The further pages of an article: a crawl writes them right after the first."""
        stored = self.storage.raw.head(row.warc)
        if stored is None:
            raise StorageError(f"{row.warc} is gone.")
        start = row.offset + row.length
        for window in _WINDOWS:
            length = min(window, stored.size - start)
            if length <= 0:
                return []
            records = warc.scan(BytesIO(self.storage.raw.get_range(row.warc, start, length)))
            found, ended = _until_another(records, row.url)
            if ended or start + length == stored.size:
                break
        return found


def _until_another(records: Iterator[warc.StoredRecord], url: str) -> tuple[list[warc.StoredRecord], bool]:
    """The responses that are parts of the article at `url`, and whether something else came after them."""
    found: list[warc.StoredRecord] = []
    for record in records:
        if record.type not in ("response", "revisit"):
            continue
        if record.facts is None or record.facts.part_of != url:
            return found, True
        found.append(record)
    return found, False


def host(url: str) -> str:
    """The host and port that make URLs one site's; `www.` does not count."""
    return host_port(url).removeprefix("www.") if urlsplit(url).hostname else ""
