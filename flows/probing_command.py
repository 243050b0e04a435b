"""`tintinh sites probe`: from a URL to a site's TOML in the overlay and the fixture of one of its articles."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows import checking, probing, record
from flows.describing import Told, described
from flows.guessing import Guess, guess
from flows.probing import Look
from flows.settings import Settings
from schemas.errors import UsageError
from schemas.frozen import Frozen
from schemas.site import Organ, Site, SiteStatus
from schemas.urls import canonical
from schemas.zone import HANOI
from spiders import overlay, registry
from spiders.guard import SiteHosts
from spiders.registry import Registry

_ANYBODY = {"key": "probe", "name": "probe", "organ": Organ.PARTY, "province": "ha-noi"}
"""What a look needs to be told of a site that nobody has described."""


@dataclass(frozen=True)
class Wish:
    """The arguments as given."""

    url: str
    key: str | None = None
    organ: str | None = None
    province: str | None = None
    out: Path | None = None
    write: bool = False
    force: bool = False


class Probe(Frozen):
    """What was found, and what was, or would be, written."""

    url: str
    key: str
    verdict: checking.Word
    evidence: str
    moved_to: str | None = None
    requests: int
    fields: tuple[Told, ...]
    problem: str | None = None
    """Why there is no TOML to be written yet."""
    toml: str
    file: str
    """Where the TOML is or would be."""
    written: tuple[str, ...] = ()

    @property
    def fine(self) -> bool:
        """Whether a night could read the site."""
        return self.verdict is checking.Word.FINE


def probe(wish: Wish, settings: Settings) -> Probe:
    """Look at a site and describe it.

    Raises:
        UsageError: no URL, an unknown organ or province, a key or file that is taken, or nothing to write.
        CrawlError, MachineError: as `probing.look`.
    """
    url = _url(wish.url)
    book = registry.load(settings.sites, settings.home)
    known = next((site for site in book.sites.values() if url in SiteHosts(site)), None)
    _require_free(wish, book, known, url)
    site = _asked(url, known, wish)
    look = probing.look(site, settings)
    finding = checking.verdict(look, settings)
    who = guess(url, look.home)
    organ = wish.organ or (known.organ if known else who.organ)
    province = wish.province or (known.province if known else who.province)
    who = Guess(known.name if known else who.name, Organ(organ) if organ else None, province)
    key = wish.key or (known.key if known else who.key(url))
    fields = _fields(url, who, look)
    problem = _problem(fields, finding)
    written = _write(wish, settings, book, key, fields, look) if wish.write and problem is None else ()
    return Probe(
        url=url,
        key=key,
        verdict=finding.verdict,
        evidence=finding.evidence,
        moved_to=finding.moved_to,
        requests=look.report.requests,
        fields=described(look),
        problem=problem,
        toml=overlay.toml(fields),
        file=str(overlay.path_of(book.folder, key)),
        written=written,
    )


def _url(given: str) -> str:
    try:
        url = canonical(given if "://" in given else f"https://{given}")
        Site.model_validate({**_ANYBODY, "url": url})
    except ValueError:
        raise UsageError(f"{given!r} is no http or https URL") from None
    return url


def _asked(url: str, known: Site | None, wish: Wish) -> Site:
    """The site to look at, as if for the first time: only what reaching it needs is taken over."""
    reach = {name: getattr(known, name) for name in ("hosts", "ca", "tls")} if known else {}
    told = {name: value for name in ("key", "organ", "province") if (value := getattr(wish, name))}
    key = {"key": known.key} if known else {}
    try:
        return Site.model_validate({**_ANYBODY, **reach, **key, **told, "url": url})
    except ValueError:
        raise UsageError(
            f"--key is small letters, digits and hyphens, --organ one of {', '.join(Organ)}, "
            "--province a slug of schemas/provinces.csv such as cao-bang"
        ) from None


def _require_free(wish: Wish, book: Registry, known: Site | None, url: str) -> None:
    taken = book.sites.get(wish.key or "")
    if taken is not None and url not in SiteHosts(taken) and not wish.force:
        raise UsageError(f"the key {taken.key} is taken by {taken.url}; --force gives it to {url}")
    key = wish.key or (known.key if known else None)
    if wish.write and key and overlay.path_of(book.folder, key).exists() and not wish.force:
        raise UsageError(f"{overlay.path_of(book.folder, key)} is there already; --force changes it")


def _fields(url: str, who: Guess, look: Look) -> dict[str, object]:
    """The site's TOML. A family that only structure gave is left to be recognised again, and listings that the home
    page shows are found there each time."""
    family = look.family.name if look.family and look.family.name != "generic" else None
    return {
        "name": who.name,
        "organ": who.organ.value if who.organ else None,
        "province": who.province,
        "url": url,
        "family": family,
        "status": SiteStatus.CANDIDATE.value,
    }


def _problem(fields: dict[str, object], finding: checking.Finding) -> str | None:
    """Why the TOML cannot be written; None: it can."""
    if finding.verdict is not checking.Word.FINE:
        return f"the site is {finding.told}: {finding.evidence}"
    missing = [name for name in ("organ", "province") if fields[name] is None]
    flags = {"organ": f"--organ ({', '.join(Organ)})", "province": "--province SLUG"}
    said = " and ".join(flags[name] for name in missing)
    return f"nothing on {fields['url']} says its {' and '.join(missing)}; give {said}" if missing else None


def _write(
    wish: Wish, settings: Settings, book: Registry, key: str, fields: dict[str, object], look: Look
) -> tuple[str, ...]:
    packaged = book.sites.get(key)
    own = {k: v for k, v in fields.items() if v is not None and k != "status"}
    if packaged is None:
        own |= {"name": fields["name"] or key, "status": fields["status"]}
    else:
        own = {k: v for k, v in own.items() if getattr(packaged, k) != v}
    today = datetime.now(HANOI).date()
    head = (f"Probed on {today}.", f"Take it into the nights with: tintinh sites enable {key}")
    file = overlay.write(book.folder, key, own, head, wish.force) if own else None
    site = registry.load(settings.sites, settings.home).pick([key])[0]
    return (*((str(file),) if file else ()), *_record(wish.out or settings.home / "fixtures", site, look, wish.force))


def _record(root: Path, site: Site, look: Look, force: bool) -> tuple[str, ...]:
    """The fixture of the article, as `tintinh record` would write it."""
    if not look.parts:
        return ()
    folder = root / site.key / record.slug(look.parts[0][0].url)
    record.require_free(folder, force)
    files, _ = record.files_of(root, site, look.parts, folder)
    record.write(files, folder)
    return tuple(str(path) for path in files)
