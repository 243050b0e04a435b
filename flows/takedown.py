"""`tintinh takedown`: an article, or a file, is taken out of the bucket for good.

The list of takedowns is written first, so that no run brings back what is being erased; each step after it may be
called again, and a second call with the same name finishes one that was cut short.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from flows.doctor import require_fit
from flows.names import run_name
from flows.own_words import OwnWords, Says
from flows.refining import refiners
from flows.settings import Settings
from flows.storage import Storage, attached, compact
from flows.takedown_target import Case, cases
from pipelines import worker
from pipelines.store import catalog, clusters, erasing, erasing_raw, feed, linking, rekeyed, releases, suppressed
from pipelines.store.archive import Archive
from pipelines.store.erasing_raw import Doomed
from pipelines.store.tables import Tables
from schemas import keys
from schemas.frozen import Frozen
from schemas.rows import RunRow
from schemas.site import Site
from spiders import registry

Say = Callable[[str], None]
Examined = Callable[[], Iterator[tuple[Doomed, Path]]]
"""Goes through the WARC files that hold something of it."""


class Report(Frozen):
    """What a takedown took away, or of a dry run would take; and what is still held."""

    run: str
    name: str
    dry_run: bool = False
    sites: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    """The articles: also their former ids, and the copies that the same site has of them."""
    articles: int = 0
    """Rows of theirs."""
    unlinked: int = 0
    """Articles that linked a document which went; they stay."""
    revisions: int = 0
    captures: int = 0
    """Rows of the ledger that were blanked."""
    feed_files: int = 0
    releases: tuple[str, ...] = ()
    """Files of releases that were rewritten."""
    documents: int = 0
    """Objects of documents that only these articles link."""
    pages: int = 0
    """Answers in the raw archive that were erased, or of which words were blanked."""
    erased: tuple[str, ...] = ()
    """URLs of the answers that were erased."""
    blanked: tuple[str, ...] = ()
    """URLs of those of which words were blanked: a listing's teaser, a box of related news beside an article."""
    warc_files: tuple[str, ...] = ()
    """WARC files that were rewritten."""
    old_files: int = 0
    """Files of older versions of the tables, deleted."""
    old_versions: int = 0
    """Versions of objects that a versioned bucket kept, deleted."""
    kept: tuple[str, ...] = ()
    """What still holds some of it, and why."""
    elsewhere: tuple[str, ...] = ()
    """Articles, of other sites as a rule, that carry the same text: they are not touched."""

    @property
    def exit_code(self) -> int:
        """0: nothing is left; 1: something is, as `kept` says."""
        return int(bool(self.kept))


def takedown(settings: Settings, name: str, reason: str, dry_run: bool, say: Say) -> Report:
    """Take down what an article id, a URL or the SHA-256 of a file names.

    Raises UsageError when the bucket has never heard of it, StorageError; a second call goes on then.
    """
    sites = registry.load(settings.sites, settings.home).sites
    with attached(settings) as storage:
        if not dry_run:
            require_fit(storage, settings)
        with refiners(settings) as pool:
            report = take_down(storage, sites, settings.home, name, reason, dry_run, say, pool.says)
        if settings.embedded and not dry_run:
            say("compacting the embedded server's volumes")
            compact(settings.home)
        return report


def take_down(
    storage: Storage,
    sites: Mapping[str, Site],
    home: Path,
    name: str,
    reason: str,
    dry_run: bool,
    say: Say,
    says: Says = worker.says,
) -> Report:
    """The body of `takedown`, with the storage at hand; `home`: where WARC files are rewritten; `says`: the refinery's
    word on what a page says itself."""
    run, now = run_name("takedown"), datetime.now(UTC)
    found = cases(storage, sites, name, reason, now)
    ids = tuple(sorted(one for case in found for one in case.target.ids))
    report = Report(run=run, name=name, dry_run=dry_run, sites=tuple(c.target.site for c in found), ids=ids)
    for case in found:
        with _scratch(home) as folder:
            site = case.target.site
            own = OwnWords(says, storage.clean, site, sites.get(site), folder)
            doomed = partial(_doomed, storage, case, folder, own, say)
            more = _foreseen(storage, case, doomed) if dry_run else _done(storage, case, run, now, home, doomed, say)
        report = report.model_copy(update={field: getattr(report, field) + value for field, value in more.items()})
    return report


def _foreseen(storage: Storage, case: Case, examined: Examined) -> dict[str, Any]:
    tables, ids = Tables(storage.clean), case.target.ids
    names = ", ".join(f"'{one}'" for one in sorted(ids)) or "''"
    linking = erasing.linking(tables, case.target.documents, case.target.ids)
    return {
        "unlinked": linking.num_rows,
        "articles": tables.articles.read(("article_id",), f"article_id IN ({names})").num_rows,
        "revisions": tables.revisions.read(("article_id",), f"article_id IN ({names})").num_rows,
        "captures": tables.ledger(case.target.site, ("url_hash",), case.target.urls or {0}).num_rows,
        "documents": len(case.target.documents),
        "elsewhere": case.elsewhere,
        **_told(one for one, _ in examined()),
    }


def _done(
    storage: Storage, case: Case, run: str, began: datetime, home: Path, examined: Examined, say: Say
) -> dict[str, Any]:
    tables, target = Tables(storage.clean), case.target
    clean, raw = storage.clean, storage.raw
    say("noting what is taken down")
    tables.create()
    rekeyed.finish(tables, target.site)  # one that was cut short would move a row beside us
    suppressed.add(clean, raw, case.suppression, case.phrases)
    say("taking it out of the tables and the change feed")
    done: dict[str, Any] = {"elsewhere": case.elsewhere}
    done["articles"] = erasing.delete_rows(tables.articles, target.ids)
    done["unlinked"] = erasing.unlink(tables, target, run)
    feed.derive(tables)
    linking.update(tables)
    clusters.update(tables)
    done["feed_files"] = erasing.rewrite_feed(tables, target.ids)
    done["revisions"] = erasing.delete_rows(tables.revisions, target.ids)
    for table in (tables.signatures, tables.clusters):
        erasing.delete_rows(table, target.ids)
    done["captures"] = erasing.blank_captures(tables, target)
    done["documents"] = erasing.erase_documents(tables, target)
    erasing.forget_links(clean, target)
    say("taking it out of the releases")
    with _scratch(home) as folder:
        done["releases"] = releases.purge(clean, suppressed.load(clean), folder)
    done |= _told(_erased(storage, examined))
    say("deleting the files of older versions")
    done |= _swept(tables, storage, target)
    suppressed.add(clean, raw, case.suppression.model_copy(update={"done": True}), case.phrases)
    tables.append_run(run, [_row(run, target.site, began)], target.site)
    catalog.write(tables)
    return done


def _erased(storage: Storage, examined: Examined) -> Iterator[Doomed]:
    for doomed, path in examined():
        erasing_raw.erase(storage.raw, path, doomed)
        yield doomed


def _told(all_doomed: Iterable[Doomed]) -> dict[str, Any]:
    """What the report says of the raw archive."""
    found = list(all_doomed)
    erased = {url for one in found for at, url in one.urls.items() if at in one.erased}
    blanked = {url for one in found for at, url in one.urls.items() if at in one.blanked}
    return {
        "pages": sum(len(one.urls) for one in found),
        "warc_files": tuple(one.key for one in found),
        "erased": tuple(sorted(filter(None, erased))),
        "blanked": tuple(sorted(blanked)),
    }


def _doomed(storage: Storage, case: Case, folder: Path, own: OwnWords, say: Say) -> Iterator[tuple[Doomed, Path]]:
    """The site's WARC files that hold something of it, each on local disk while it is looked at."""
    archive, site = Archive(storage.raw), case.target.site
    files = erasing_raw.files(storage.raw, site)
    for number, key in enumerate(files, 1):
        if number % 50 == 1:
            say(f"reading the archive of {site}: file {number} of {len(files)}")
        path = archive.fetch(key, folder)
        if doomed := erasing_raw.examine(path, key, site, case.suppressed, own.stored):
            yield doomed, path
        path.unlink()


def _swept(tables: Tables, storage: Storage, target: erasing.Target) -> dict[str, Any]:
    kept: list[str] = []
    gone = 0
    for table in tables.all:
        swept, young = erasing.sweep(table)
        gone += swept
        if young:
            kept.append(f"{table.name}: {young} files of commands at work; call again in an hour")
    prefixes = [f"{table.name}/" for table in tables.all]
    prefixes += ["changes/", "releases/", keys.state_key(target.site), keys.attachment_list_key(target.site)]
    prefixes += [keys.attachment_key(sha256, "") for sha256 in target.documents]
    versions, held = erasing.forget_versions(storage.clean, prefixes)
    more, held_raw = erasing.forget_versions(storage.raw, [f"{target.site}/"])
    locked = (f"{one}: held by object lock, or these keys may not delete versions" for one in (*held, *held_raw))
    return {"old_files": gone, "old_versions": versions + more, "kept": (*kept, *locked)}


@contextmanager
def _scratch(home: Path) -> Iterator[Path]:
    """A folder on local disk, removed with what is in it."""
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="takedown-", dir=home) as folder:
        yield Path(folder)


def _row(run: str, site: str, began: datetime) -> RunRow:
    return RunRow(
        run=run,
        kind="takedown",
        site=site,
        started_at=began,
        finished_at=datetime.now(UTC),
        captured=0,
        new=0,
        changed=0,
        unchanged=0,
        gone=0,
        requests=0,
    )
