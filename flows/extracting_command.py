"""What `tintinh extract` does with its flags: one page, or a batch in processes."""

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flows import extracting
from flows.extracting import Request
from flows.settings import Settings
from schemas.article import Verdict
from schemas.errors import UsageError
from schemas.site import Site

if TYPE_CHECKING:
    from flows.refining import Material, Refiners


@dataclass(frozen=True)
class Given:
    """The flags as given."""

    file: Path | None
    batch: Path | None
    site: str | None
    family: str | None
    url: str | None
    fetched_at: str | None
    text: bool
    include_out_of_scope: bool
    as_json: bool


def run(given: Given, settings: Settings) -> int:
    """Extract and print. Raises UsageError for flags that do not fit together or a file that is not there."""
    if (given.file is None) == (given.batch is None):
        raise UsageError("give one FILE (or -), or --batch IN.jsonl; see tintinh extract --help")
    sites = _sites(settings) if given.site or given.batch else {}
    defaults = _defaults(given, sites)
    if given.batch is not None:
        _batch(given.batch, sites, defaults, settings)
    else:
        _one(given, defaults)
    return 0


def _one(given: Given, defaults: Request) -> None:
    assert given.file is not None
    with tempfile.TemporaryDirectory() as folder:
        path = given.file
        if str(path) == "-":
            path = Path(folder) / "stdin"
            path.write_bytes(sys.stdin.buffer.read())
        saved = given.text or path.suffix == ".txt"
        try:
            verdict = extracting.extract(_with(defaults, (path,), saved))
        except OSError as error:
            raise UsageError(f"{given.file} cannot be read: {error.strerror}") from None
    document = extracting.document(given.url, verdict)
    print(json.dumps(document, ensure_ascii=False, indent=None if given.as_json else 2))


def _batch(path: Path, sites: dict[str, Site], defaults: Request, settings: Settings) -> None:
    from flows.refining import refiners

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    wanted = list(extracting.requests(lines, path.parent, sites, defaults))
    with refiners(settings) as pool, tempfile.TemporaryDirectory() as folder:
        memories = _memories(wanted, pool, Path(folder))
        for request, verdict in pool.refine(_material(wanted, memories)):
            assert verdict is not None
            print(json.dumps(extracting.document(request.url, verdict), ensure_ascii=False))


def _memories(wanted: list[Request], pool: "Refiners", folder: Path) -> dict[int, Path]:
    """The template memory of each request by its place in the batch; saved texts have none."""
    from flows import templates

    # in the order of addresses, so that the order of the input does not count
    places = [at for at, request in enumerate(wanted) if not request.saved_text]
    ordered = sorted(places, key=lambda at: (wanted[at].url, str(wanted[at].paths[0])))
    hosts = {at: _host(wanted[at].url) for at in ordered}
    return templates.by_host(hosts, lambda at: wanted[at].pages(), pool, folder, wanted[0].family if wanted else None)


def _host(url: str) -> str:
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
    return host.removeprefix("www.")


def _material(wanted: list[Request], memories: dict[int, Path]) -> Iterator["Material[Request]"]:
    from flows.refining import Material

    for at, request in enumerate(wanted):
        verdict: Verdict | None = None
        try:
            if request.saved_text:
                verdict = extracting.saved(request)
            pages = request.pages()
        except OSError as error:
            pages, verdict = (), extracting.unreadable(error)
        flags = (request.site, request.family, request.include_out_of_scope)
        yield Material(request, pages, *flags, verdict, memories.get(at))


def _sites(settings: Settings) -> dict[str, Site]:
    from spiders import registry

    return dict(registry.load(settings.sites, settings.home).sites)


def _defaults(given: Given, sites: dict[str, Site]) -> Request:
    from pipelines.families import FAMILIES

    if given.site is not None and given.site not in sites:
        raise UsageError(f"no site {given.site!r} in the registry; tintinh sites list shows them")
    if given.family is not None and given.family not in FAMILIES:
        raise UsageError(f"no family {given.family!r}; there are {', '.join(sorted(FAMILIES))}")
    try:
        fetched_at = extracting.instant(given.fetched_at) if given.fetched_at else None
    except ValueError:
        raise UsageError(f"--fetched-at {given.fetched_at!r} is no ISO 8601 instant") from None
    return Request(
        paths=(),
        url=given.url or "about:blank",
        fetched_at=fetched_at,
        site=sites.get(given.site) if given.site else None,
        family=given.family,
        saved_text=given.text,
        include_out_of_scope=given.include_out_of_scope,
    )


def _with(defaults: Request, paths: tuple[Path, ...], saved: bool) -> Request:
    from dataclasses import replace

    return replace(defaults, paths=paths, saved_text=saved)
