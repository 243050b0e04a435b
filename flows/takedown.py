"""`tintinh takedown`: an article, or a file, is taken out of the bucket for good.

The list of takedowns is written first, so that no run brings back what is being erased; each step after it may be
called again, and a second call with the same name finishes one that was cut short.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.doctor import require_fit
from flows.names import run_name
from flows.settings import Settings
from flows.storage import Storage, attached, compact
from flows.takedown_target import Case, cases
from pipelines.store import catalog, clusters, erasing, erasing_raw, feed, linking, rekeyed, releases, suppressed
from pipelines.store.archive import Archive
from pipelines.store.tables import Tables
from schemas import keys
from schemas.frozen import Frozen
from schemas.rows import RunRow
from schemas.site import Site
from spiders import registry

Say = Callable[[str], None]


class Report(Frozen):
    """What a takedown took away, or of a dry run would take; and what is still held."""

    run: str
    name: str
    dry_run: bool = False
    sites: tuple[str, ...] = ()
    articles: int = 0
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
    warc_files: tuple[str, ...] = ()
    """WARC files that were rewritten."""
    old_files: int = 0
    """Files of older versions of the tables, deleted."""
    old_versions: int = 0
    """Versions of objects that a versioned bucket kept, deleted."""
    kept: tuple[str, ...] = ()
    """What still holds some of it, and why."""
    elsewhere: tuple[str, ...] = ()
    """Articles of other sites that carry the same text: they are not touched."""

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
        report = take_down(storage, sites, settings.home, name, reason, dry_run, say)
        if settings.embedded and not dry_run:
            say("compacting the embedded server's volumes")
            compact(settings.home)
        return report


def take_down(
    storage: Storage, sites: Mapping[str, Site], home: Path, name: str, reason: str, dry_run: bool, say: Say
) -> Report:
    """The body of `takedown`, with the storage at hand; `home`: where WARC files are rewritten."""
    run, now = run_name("takedown"), datetime.now(UTC)
    found = cases(storage, sites, name, reason, now)
    report = Report(run=run, name=name, dry_run=dry_run, sites=tuple(c.target.site for c in found))
    for case in found:
        more = _foreseen(storage, case, home, say) if dry_run else _done(storage, case, run, now, home, say)
        report = report.model_copy(update={field: getattr(report, field) + value for field, value in more.items()})
    return report


def _foreseen(storage: Storage, case: Case, home: Path, say: Say) -> dict[str, Any]:
    tables, ids = Tables(storage.clean), case.target.ids
    names = ", ".join(f"'{one}'" for one in sorted(ids)) or "''"
    doomed = list(_doomed(storage, case, home, say))
    return {
        "articles": tables.articles.read(("article_id",), f"article_id IN ({names})").num_rows,
        "revisions": tables.revisions.read(("article_id",), f"article_id IN ({names})").num_rows,
        "captures": tables.ledger(case.target.site, ("url_hash",), case.target.urls or {0}).num_rows,
        "documents": len(case.target.documents),
        "pages": sum(one.pages for one, _ in doomed),
        "warc_files": tuple(one.key for one, _ in doomed),
        "elsewhere": case.elsewhere,
    }


def _done(storage: Storage, case: Case, run: str, began: datetime, home: Path, say: Say) -> dict[str, Any]:
    tables, target = Tables(storage.clean), case.target
    clean, raw = storage.clean, storage.raw
    say("noting what is taken down")
    tables.create()
    rekeyed.finish(tables, target.site)  # one that was cut short would move a row beside us
    suppressed.add(clean, raw, case.suppression, case.phrases)
    say("taking it out of the tables and the change feed")
    done: dict[str, Any] = {"elsewhere": case.elsewhere}
    done["articles"] = erasing.delete_rows(tables.articles, target.ids)
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
    done |= _erase_raw(storage, case, home, say)
    say("deleting the files of older versions")
    done |= _swept(tables, storage, target)
    suppressed.add(clean, raw, case.suppression.model_copy(update={"done": True}), case.phrases)
    tables.append_run(run, [_row(run, target.site, began)], target.site)
    catalog.write(tables)
    return done


def _erase_raw(storage: Storage, case: Case, home: Path, say: Say) -> dict[str, Any]:
    pages, rewritten = 0, []
    for doomed, path in _doomed(storage, case, home, say):
        erasing_raw.erase(storage.raw, path, doomed)
        pages += doomed.pages
        rewritten.append(doomed.key)
    return {"pages": pages, "warc_files": tuple(rewritten)}


def _doomed(storage: Storage, case: Case, home: Path, say: Say) -> Iterator[tuple[erasing_raw.Doomed, Path]]:
    """The site's WARC files that hold something of it, each on local disk while it is looked at."""
    archive, site = Archive(storage.raw), case.target.site
    files = erasing_raw.files(storage.raw, site)
    with _scratch(home) as folder:
        for number, key in enumerate(files, 1):
            if number % 50 == 1:
                say(f"reading the archive of {site}: file {number} of {len(files)}")
            path = archive.fetch(key, folder)
            if doomed := erasing_raw.examine(path, key, site, case.suppressed):
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
