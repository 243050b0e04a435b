"""The pages of one article from its site, asked as a night asks: by the crawl's child process and its one spider."""

import sys
import tempfile
from pathlib import Path

from flows import crawl as child
from flows.memory import SiteMemory
from flows.record_fixture import Part
from flows.settings import Settings
from pipelines import warc
from schemas.capture import Capture, CrawlReport
from schemas.errors import CrawlError
from schemas.site import Site
from schemas.urls import canonical
from schemas.window import Window

_WHY = {
    "robots": "its robots.txt forbids it",
    "guarded": "the guard refuses its private address; name its host:port in TINTINH_ALLOW_HOSTS if it is yours",
    "moved": "it is on no host of the site, or redirects to none; `hosts` in the site's TOML names further ones",
    "duplicate": "it redirects to a page that was asked already",
    "redirected_home": "it redirects to the home page",
    "redirect_loop": "its redirects lead in a circle",
    "timeout": "no answer came in time",
    "dns": "its host has no address",
    "too_large": "it is larger than a night reads",
}
_NEVER_KEPT = frozenset({"set-cookie"})


def ask(site: Site, url: str, settings: Settings) -> list[tuple[Part, bytes]]:
    """The pages of the article at `url`, first to last, under the guard, lanes, robots and user agent of a night.

    Raises:
        UsageError: TINTINH_CONTACT is unset and the host is public.
        CrawlError: the site gave no page; the message says why.
        MachineError: no room on the disk.
    """
    child.require_contact(settings, [site.model_copy(update={"url": url})])
    child.require_contact(settings, [site])
    child.require_room(settings)
    with tempfile.TemporaryDirectory(prefix="record-", dir=settings.home) as folder:
        spool = Path(folder) / "record.warc.gz"
        plain = site.model_copy(update={"attachments": "none"})
        plan = child.plan(plain, "record", "record", settings, SiteMemory(), Window()).model_copy(
            update={"pages": (canonical(url),), "spool": str(spool), "report": str(Path(folder) / "report.json")}
        )
        report = child.crawl(plan, lambda line: print(line, file=sys.stderr))
        return _pages(spool, url, report)


def _pages(spool: Path, url: str, report: CrawlReport) -> list[tuple[Part, bytes]]:
    with spool.open("rb") as stream:
        captures = list(warc.captures(warc.scan(stream), "record"))
    found = [pair for pair in captures if pair[0].alias_of is None]
    if not found:
        reason = report.site_error or next(iter(report.failed), report.finish_reason)
        raise CrawlError(f"{url} gave no page: {_WHY.get(reason, reason)}")
    status = found[0][0].status
    if status != 200:
        raise CrawlError(f"{url} gave no page: it answered {status}")
    parts = sorted((pair for pair in found if pair[0].status == 200), key=lambda pair: pair[0].part)
    return [(_part(capture, record), record.payload) for capture, record in parts]


def _part(capture: Capture, record: warc.StoredRecord) -> Part:
    headers = {name: value for name, value in record.headers.items() if name not in _NEVER_KEPT}
    return Part(file=name_of(capture.part), url=capture.url, fetched_at=capture.fetched_at, headers=headers)


def name_of(number: int, ending: str = ".html") -> str:
    """The file of one page of the article."""
    return f"page{ending}" if number == 1 else f"page-{number}{ending}"
