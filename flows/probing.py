"""A look at a site: one short polite crawl (robots, home, a listing and its second page, one article), read here."""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urljoin

from flows import crawl as child
from flows import record_fixture as fixture
from flows.memory import SiteMemory
from flows.record_asking import name_of
from flows.settings import Settings
from pipelines import forwarding, warc
from pipelines.families import FAMILIES, Family, Listing
from pipelines.page import Page, RawPage, UnreadablePage, parse
from pipelines.payload import PayloadTooLargeError
from pipelines.warc import StoredRecord
from schemas.article import Verdict
from schemas.capture import CrawlReport
from schemas.site import Site
from schemas.urls import canonical
from schemas.window import Window
from spiders.guard import SiteHosts

SECONDS = 300.0
"""Longest look at one site."""
PAGES = 2
"""Listing pages: the second tells whether the pager leads on."""

Say = Callable[[str], None]


def on_stderr(line: str) -> None:
    """Pass a crawl's log line on."""
    print(line, file=sys.stderr)


@dataclass(frozen=True)
class Look:
    """What a site answered."""

    site: Site
    report: CrawlReport
    answers: tuple[StoredRecord, ...]
    """The answers in order, redirects and errors too, with the crawl's facts of each."""

    def of(self, kind: str) -> list[StoredRecord]:
        """The answers to one kind of question: `robots`, `home`, `listing`, `article`."""
        return [record for record in self.answers if record.facts and record.facts.kind == kind]

    @cached_property
    def family(self) -> Family | None:
        """What the site was read as."""
        return FAMILIES.get(self.report.family or "")

    @cached_property
    def home(self) -> Page | None:
        """The home page, or where it leads on to; None: it was not asked, or not answered."""
        return next((page for one in reversed(self.of("home")) if (page := page_of(one))), None)

    @cached_property
    def listings(self) -> list[tuple[str, Listing]]:
        """The listing pages that list articles, by URL, in the order in which they were asked."""
        if self.family is None:
            return []
        walked = {canonical(walk.listing) for walk in self.report.walks if walk.pages}
        at_home = [one for one in self.of("home") if one.url and canonical(one.url) in walked]
        pages = [page for one in (*at_home, *self.of("listing")) if (page := page_of(one))]
        found = [(page.url, self.family.listing(page)) for page in pages]
        return [(url, listing) for url, listing in found if listing.links]

    @cached_property
    def parts(self) -> list[tuple[fixture.Part, bytes]]:
        """The pages of the article that was captured, as a fixture keeps them."""
        answered = [one for one in self.of("article") if one.status == 200 and one.url and page_of(one)]
        return [
            (fixture.Part(file=name_of(n), url=one.url or "", fetched_at=one.date, headers=_kept(one)), one.payload)
            for n, one in enumerate(answered, start=1)
        ]

    @cached_property
    def verdict(self) -> Verdict | None:
        """What the refinery says of the article; None: none was captured."""
        site = self.site.model_copy(update={"family": self.site.family or self.report.family})
        return fixture.verdict(self.parts, site) if self.parts else None

    @cached_property
    def moved_to(self) -> tuple[StoredRecord, str] | None:
        """The answer that leads off the site, and where to."""
        hosts = SiteHosts(self.site)
        for one in self.answers:
            kind = one.facts.kind if one.facts else ""
            target = urljoin(one.url or "", one.headers.get("location", "")) if 300 <= (one.status or 0) < 400 else None
            if kind == "home" and (page := page_of(one)):
                target = forwarding.way_on(page)
            if kind in ("home", "listing") and target and target not in hosts:
                return one, target
        return None


def look(site: Site, settings: Settings, say: Say = on_stderr) -> Look:
    """Ask a site as a night asks it, and no more than it takes to know what it is.

    Raises:
        UsageError: TINTINH_CONTACT is unset and the host is public.
        CrawlError: the crawl ended without a word.
        MachineError: no room on the disk.
    """
    child.require_contact(settings, [site])
    child.require_room(settings)
    with tempfile.TemporaryDirectory(prefix="probe-", dir=settings.home) as folder:
        spool = Path(folder) / "probe.warc.gz"
        plain = site.model_copy(update={"attachments": "none"})
        plan = child.plan(plain, "probe", "probe", settings, SiteMemory(), Window()).model_copy(
            update={
                "first_pages": PAGES,
                "budget_seconds": min(SECONDS, site.budget_minutes * 60.0),
                "spool": str(spool),
                "report": str(Path(folder) / "report.json"),
            }
        )
        report = child.crawl(plan, say)
        with spool.open("rb") as stream:
            answers = tuple(one for one in warc.scan(stream) if one.type in ("response", "revisit") and one.facts)
    return Look(site, report, answers)


def page_of(record: StoredRecord, status: int | None = 200) -> Page | None:
    """The answer as the families read it; None when it is no readable page."""
    if record.status != status or record.url is None:
        return None
    try:
        return parse(RawPage(record.url, record.payload, record.date, record.headers.get("content-type")))
    except (UnreadablePage, PayloadTooLargeError):
        return None


def _kept(record: StoredRecord) -> dict[str, str]:
    return {name: value for name, value in record.headers.items() if name != "set-cookie"}
