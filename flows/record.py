"""`tintinh record`: a page of a site becomes a fixture, which fails its tests until somebody has reviewed it."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from flows import record_asking as asking
from flows import record_fixture as fixture
from flows.extracting import instant
from flows.record_fixture import Part, Taken
from flows.settings import Settings
from pipelines.judge import is_classified
from pipelines.page import RawPage
from pipelines.payload import PayloadTooLargeError
from schemas.article import Rejected, Verdict
from schemas.errors import CrawlError, UsageError
from schemas.frozen import Frozen
from schemas.site import Site
from schemas.urls import canonical
from spiders import registry

LONGEST_SLUG = 80
"""Characters of a fixture's folder name."""


@dataclass(frozen=True)
class Wish:
    """The arguments as given."""

    site: str
    target: str
    """A URL of the site, or a file that somebody saved."""
    url: str | None = None
    fetched_at: str | None = None
    more: tuple[Path, ...] = ()
    """Further saved pages of the article."""
    out: Path | None = None
    force: bool = False
    dry_run: bool = False


class Recorded(Frozen):
    """What was, or would be, written."""

    fixture: str
    """The folder."""
    url: str
    outcome: str
    reason: str | None
    files: tuple[str, ...]
    written: bool
    reviewed: bool = False
    expected: str
    """expected.toml."""

    @property
    def told(self) -> str:
        """For a person: what was written and what to do now, or the record that would be."""
        if not self.written:
            return f"# {self.fixture}/expected.toml would be:\n{self.expected.rstrip()}"
        verdict = f"{self.outcome} as {self.reason}" if self.reason else self.outcome
        now = f"Review {self.fixture}/expected.toml, then set reviewed = true in it; until then its tests fail."
        return "\n".join([f"{verdict}: {self.url}", *(f"  {name}" for name in self.files), now])


def record(wish: Wish, settings: Settings) -> Recorded:
    """Write the fixture of one page.

    Raises:
        UsageError: no such site or file, a URL of another site, a secret page, or a fixture that is not to be replaced.
        CrawlError: the site gave no page.
        MachineError: no room on the disk.
    """
    root = _root(wish.out)
    book = registry.load(settings.sites, settings.home)
    site = book.pick([wish.site])[0]
    online = urlsplit(wish.target).scheme.lower() in ("http", "https")
    url = _url(wish, site, online)
    folder = root / site.key / slug(url)
    require_free(folder, wish.force)
    try:
        pages = asking.ask(site, url, settings) if online else _saved(wish, url)
    except PayloadTooLargeError as error:
        raise CrawlError(f"{wish.target}: {error}") from None
    files, said = files_of(root, site, pages, folder)
    if not wish.dry_run:
        write(files, folder)
    return Recorded(
        fixture=str(folder),
        url=pages[0][0].url,
        outcome=said.outcome,
        reason=said.reason.value if isinstance(said, Rejected) else None,
        files=tuple(str(path) for path in files),
        written=not wish.dry_run,
        expected=files[folder / "expected.toml"].decode(),
    )


def files_of(
    root: Path, site: Site, pages: list[tuple[Part, bytes]], folder: Path
) -> tuple[dict[Path, bytes], Verdict]:
    """The files of a page's fixture in `folder` below `root`, and what the refinery says of the page.

    Raises UsageError for a secret page.
    """
    _require_open(pages, pages[0][0].url)
    said = fixture.verdict(pages, site)
    taken = Taken(site=site.key, pages=tuple(part for part, _ in pages))
    files = {folder / name: data for name, data in fixture.files(taken, [body for _, body in pages], said).items()}
    if not fixture.same_site(registry.load(None, root).sites.get(site.key), site):
        files[root / "sites" / f"{site.key}.toml"] = fixture.site_toml(site)
    return files, said


def slug(url: str) -> str:
    """A folder's name for a page: the end of its path and its query, in letters that every file system knows."""
    parts = urlsplit(url)
    path = [re.sub(r"\.\w{1,5}$", "", step) for step in unquote(parts.path).split("/") if step]
    words = f"{path[-1] if path else 'home'} {unquote(parts.query)}"
    plain = unicodedata.normalize("NFD", words.replace("đ", "d").replace("Đ", "D"))
    ascii_words = re.sub(r"[^a-z0-9]+", "-", "".join(c for c in plain.lower() if c.isascii() or c.isspace()))
    name = ascii_words.strip("-")
    # the number that tells pages apart stands at the end
    return name[-LONGEST_SLUG:].strip("-") or "page"


def _root(out: Path | None) -> Path:
    """Where fixtures go: the folder given, else the tests of the checkout that this is."""
    if out is not None:
        return out
    try:
        project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]
    except (OSError, ValueError, KeyError):
        project = None
    if project != "tintinh":
        raise UsageError("this is no checkout of tintinh, whose tests would take the fixture; give --out DIR")
    return Path("tests/fixtures")


def _url(wish: Wish, site: Site, online: bool) -> str:
    """The page's URL, on a host of its site."""
    if online and (wish.more or wish.fetched_at or wish.url):
        raise UsageError("--url, --more and --fetched-at go with a saved FILE; of a URL the site says all that itself")
    url = wish.target if online else wish.url
    if url is None:
        raise UsageError(f"{wish.target} is taken for a saved page; say with --url where it came from")
    hosts = {_host(site.url), *(_host(f"https://{name}") for name in site.hosts)}
    if _host(url) not in hosts:
        raise UsageError(f"{url} is on no host of {site.key} ({', '.join(sorted(hosts))}); whose page is it?")
    return canonical(url)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower().removeprefix("www.")
    except ValueError:
        return ""


def require_free(folder: Path, force: bool) -> None:
    """Raises UsageError where a reviewed fixture is in the way."""
    if not (folder / "expected.toml").exists() or force:
        return
    if fixture.read(folder).reviewed:
        raise UsageError(f"{folder} is reviewed already; --force records it anew, and its review is lost")


def _saved(wish: Wish, url: str) -> list[tuple[Part, bytes]]:
    try:
        fetched = instant(wish.fetched_at) if wish.fetched_at else datetime.now(UTC).replace(microsecond=0)
    except ValueError:
        raise UsageError(f"--fetched-at {wish.fetched_at!r} is no ISO 8601 instant") from None
    paths = [Path(wish.target), *wish.more]
    ending = ".txt" if paths[0].suffix == ".txt" else ".html"
    pages = []
    for number, path in enumerate(paths, start=1):
        try:
            body = path.read_bytes()
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from None
        pages.append((Part(file=asking.name_of(number, ending), url=url, fetched_at=fetched), body))
    return pages


def _require_open(pages: list[tuple[Part, bytes]], target: str) -> None:
    """A text under a secrecy stamp is never kept, as a fixture neither."""
    for part, body in pages:
        if is_classified(RawPage(part.url, body, part.fetched_at, part.headers.get("content-type"))):
            raise UsageError(f"{target} bears a secrecy stamp; such a page is never kept")


def write(files: dict[Path, bytes], folder: Path) -> None:
    """Write a fixture's files, in place of those of an earlier recording."""
    for old in folder.glob("page*"):  # of an earlier recording, with more pages perhaps
        old.unlink()
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
