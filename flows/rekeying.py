"""`tintinh rekey`: articles get other ids, all of them or none."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow.compute as pc

from flows.names import run_name
from pipelines import rekeying
from pipelines.rekeying import Ids, Line
from pipelines.store import catalog, idmaps, rekeyed
from pipelines.store.tables import Tables
from schemas.errors import StorageError, UsageError
from schemas.frozen import Frozen
from schemas.idmap import IdMap

_SITE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class WrongLine(Frozen):
    """A line that cannot be done, and why."""

    line: int
    old_id: str
    new_id: str
    why: str


class Rekeyed(Frozen):
    """What a call did, or would do."""

    dry_run: bool
    moved: int = 0
    """Articles with another id now."""
    done_before: int = 0
    """Lines that an earlier call did."""
    sites: dict[str, int] = {}
    """Articles by site."""
    wrong: tuple[WrongLine, ...] = ()
    """If there is one, nothing was done."""


def rekey(tables: Tables, file: Path, dry_run: bool, say: Callable[[str], None]) -> Rekeyed:
    """Give articles the ids that a list says; nothing at all where one of its lines is wrong.

    Killed anywhere, a further call with the same list goes on. `say` is told of each site.

    Raises:
        UsageError: the file cannot be read, or says nothing.
        StorageError: the bucket cannot be reached, or another rekey is at work.
    """
    lines = _read(file)
    sites = sorted({line.site for line in lines})
    if not dry_run:
        for site in filter(_SITE.fullmatch, sites):
            rekeyed.finish(tables, site)
    ids = {site: _ids(tables, site) for site in sites if _SITE.fullmatch(site)}
    bad = rekeying.wrong(lines, ids)
    if bad:
        return Rekeyed(dry_run=dry_run, wrong=tuple(WrongLine.model_validate(vars(one)) for one in bad))
    moved = _by_site([line for line in lines if not rekeying.done(line, ids)])
    counts = {site: len(some) for site, some in moved.items()}
    if not dry_run and moved:
        run = run_name("rekey")
        for site, some in moved.items():
            say(f"{site}: {len(some)} articles")
            idmaps.change(tables.clean, site, lambda now, some=some: _begun(now, run, some))  # type: ignore[misc]
            rekeyed.finish(tables, site)
        catalog.write(tables)
    total = sum(counts.values())
    return Rekeyed(dry_run=dry_run, moved=total, done_before=len(lines) - total, sites=counts)


def _begun(now: IdMap, run: str, moved: Mapping[str, str]) -> IdMap:
    if now.run not in (None, run):
        raise StorageError(f"Another rekey of {now.site} is at work ({now.run}); try again when it is done.")
    return now if now.run == run else now.begun(run, moved)


def _read(file: Path) -> list[Line]:
    try:
        lines = rekeying.read(file.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    if not lines:
        raise UsageError(f"{file} is empty; a line is an old id, a comma and a new id")
    return lines


def _ids(tables: Tables, site: str) -> Ids:
    where = f"site = '{site}'"
    stored, ever = (table.read(("article_id",), where)["article_id"] for table in (tables.articles, tables.revisions))
    return Ids(set(stored.to_pylist()), set(pc.unique(ever).to_pylist()), idmaps.load(tables.clean, site))


def _by_site(lines: Sequence[Line]) -> dict[str, dict[str, str]]:
    moved: dict[str, dict[str, str]] = {}
    for line in lines:
        moved.setdefault(line.site, {})[line.old] = line.new
    return moved
