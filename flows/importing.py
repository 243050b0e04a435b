"""An import: a dead or script-only site's pages out of somebody else's WARC, into our archive and refinery.

Two steps. Every page of the site that may be an article goes into a draft on local disk and is refined once without
its template; what proves to be an article, is in the window and is not known becomes a WARC file of our own naming.
That is shipped, and from there on it is a visit like any other.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version
from os import getpid
from pathlib import Path
from typing import BinaryIO

from flows import crawl as child
from flows import visit as visiting
from flows.desk import at_desk
from flows.import_draft import Candidate, Draft, Haul, Known, Tally, recognised
from flows.memory import remember
from flows.settings import Settings
from flows.visit import Desk, Say, Visit
from pipelines import warc, warc_writing
from pipelines.families import FAMILIES
from pipelines.foreign import ForeignFile, NoWarcError
from schemas import keys
from schemas.article import Accepted, Verdict
from schemas.capture import CrawlReport
from schemas.errors import UsageError
from schemas.site import Site
from schemas.suppression import Suppressed
from spiders import registry
from spiders.guard import SiteHosts

IMPORTED = "imported"
"""What `robots` and `tls` of an imported article say: another crawler asked for it."""


def named(site: str, settings: Settings) -> Site:
    """The site of that key. Raises UsageError."""
    return registry.load(settings.sites, settings.home).pick([site])[0]


def require(files: Sequence[str], site: Site) -> list[Path]:
    """The files, each a WARC file, and a page of the site among them. Raises UsageError."""
    paths = list(dict.fromkeys(Path(name) for name in files))
    hosts, others, found = SiteHosts(site), Counter[str](), False
    for path in paths:
        try:
            with closing(ForeignFile(path)) as file:
                found = found or any(_is_of(answer.url, hosts, others) for answer in file)
        except NoWarcError as error:
            raise UsageError(str(error)) from None
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    if not found:
        told = ", ".join(host for host, _ in others.most_common(3))
        of = f"they are of {told}" if told else "they hold no answer of any site"
        raise UsageError(f"the files hold no page of {site.key}: {of}; `hosts` in its TOML names further hosts")
    return paths


def _is_of(url: str, hosts: SiteHosts, others: Counter[str]) -> bool:
    if url in hosts:
        return True
    others[url.split("/")[2] if "://" in url else url[:40]] += 1
    return False


def rehearse(site: Site, tally: Tally) -> Haul:
    """What an import would take and leave; nothing is written. Raises StorageError, MachineError."""
    with at_desk("import", Settings(), tally.window) as run:
        take(tally, run, site)
    return tally.haul()


def gather(tally: Tally, run: Desk, site: Site, say: Say) -> Visit:
    """The articles of the files as a visit: drafted, proved, written under our own naming, shipped.

    Raises StorageError; a second call completes what was begun.
    """
    visiting.ship_orphans(run, site, say)
    take(tally, run, site)
    haul = tally.haul()
    say(f"{site.key}: took {haul.taken} captures of {haul.articles} articles, left {sum(haul.left.values())}")
    if not tally.dry_run:
        visiting.ship_orphans(run, site, say)
    report = CrawlReport(
        run=run.run,
        site=site.key,
        family=tally.family,
        listings=(),
        requests=0,
        captured=haul.taken,
        finish_reason="imported",
    )
    return Visit(site, remember(run.tables, site.key), visiting.due(run, site), report, unsettled=True)


def take(tally: Tally, run: Desk, site: Site) -> None:
    """Read the files and write what is taken into the site's spool folder, in one file; a dry run only counts."""
    memory = remember(run.tables, site.key)
    known = Known(run, site)
    remembered = site.family or (memory.state.family if memory.state else None)
    family = FAMILIES[remembered] if remembered else recognised(tally.files, site)
    tally.family = family.name
    folder = run.scratch / site.key
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / "import.draft"
    with draft.open("w+b") as stream:
        drafted = Draft(stream, site, family, tally, known)
        proved = list(_proved(run.refiners.refine(drafted.material()), tally, run.suppressed(site)))
        chosen = drafted.whole(proved)
        tally.taken.extend((one.key, one.url) for one in chosen if one.part == 1)
        if chosen and not tally.dry_run:
            _write(run, site, stream, chosen, tally)
    draft.unlink()


def _proved(
    refined: Iterable[tuple[Candidate, Verdict | None]], tally: Tally, suppressed: Suppressed
) -> Iterator[Candidate]:
    """The pages that are articles of the window."""
    for candidate, verdict in refined:
        if not isinstance(verdict, Accepted):
            tally.leave(verdict.reason.value if verdict else "unreadable", candidate.url)
        elif not tally.window.holds(verdict.content.published_at):
            tally.leave("out_of_window", candidate.url)
        elif suppressed.repeats(verdict.content.said):
            tally.leave("suppressed", candidate.url)
        else:
            yield candidate


def _write(run: Desk, site: Site, draft: BinaryIO, chosen: list[Candidate], tally: Tally) -> None:
    """A WARC file of ours in the site's spool folder, whole or not at all."""
    started = datetime.now(UTC)
    folder = child.spool_folder(run.settings, site.key)
    folder.mkdir(parents=True, exist_ok=True)
    spool = folder / keys.warc_name(site.key, started, getpid() % 100_000)
    part = folder / f".{spool.name}.part"
    fields = {
        "software": f"tintinh/{version('tintinh')}",
        "format": "WARC File Format 1.1",
        "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "isPartOf": run.run,
        "description": f"{site.key}: import of {', '.join(path.name for path in tally.files)}",
        warc.WINDOW_FIELD: tally.window.interval,
    }
    with part.open("wb") as target:
        target.write(warc_writing.warcinfo(fields, spool.name, started))
        for one in chosen:
            facts = warc.PageFacts(
                kind=warc.ARTICLE,
                url_key=one.key,
                robots=IMPORTED,
                tls=IMPORTED,
                family=tally.family,
                part_of=one.part_of,
                part=one.part,
            )
            target.write(warc_writing.metadata(one.url, one.date, facts, response_id=one.record_id))
            draft.seek(one.offset)
            target.write(draft.read(one.length))
    part.replace(spool)
