"""The registry of sites: one TOML a site, packaged, with the operator's own laid over it."""

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from pipelines.families import FAMILIES
from schemas.errors import SiteFileError, UsageError
from schemas.site import Site, SiteStatus
from spiders import succession

_FIELDS = tuple(name for name in Site.model_fields if name not in ("key", "carries_on"))
_EXPECTED = {
    "organ": "one of party, party_department, council, paper",
    "status": "one of candidate, active, moved, closed",
    "listings": 'a list of paths or URLs, such as ["/tin-tuc/"]',
    "hosts": 'a list of host names, such as ["www.example.vn"]',
    "since": "a date, such as 2025-07-01",
    "path_case": "keep or fold",
    "undated": "accept or reject",
    "attachments": "all, documents or none",
    "tls": "verified or unverified",
    "layouts": "tables [[layouts]] with `until` (a date), `family` and, where ids began again later, `space`",
    "space": "a name of 1 to 16 small letters a-z and digits, such as 2",
    "expect": "a table such as { per_week = [2, 120] }",
    "budget_minutes": "whole minutes from 1 to 1440",
    "url": "an http or https URL, such as https://hdnd.example.vn/",
    "successor": "the key of another site",
}


@dataclass(frozen=True)
class Registry:
    """All sites that are known here, and the files that cannot be read: one broken site does not hide another."""

    sites: Mapping[str, Site]
    broken: Mapping[str, SiteFileError]
    folder: Path
    """Where the operator's own files are or go."""

    def pick(self, keys: Iterable[str] = (), include_candidates: bool = False) -> list[Site]:
        """The sites of a run, in order of their keys: those named, whatever their status, else all active ones.

        Raises:
            SiteFileError: a named site's file cannot be read.
            UsageError: a key is not known, or nothing is active.
        """
        wanted = sorted(set(keys))
        if wanted:
            return [self._named(key) for key in wanted]
        statuses = {SiteStatus.ACTIVE} | ({SiteStatus.CANDIDATE} if include_candidates else set())
        picked = [self.sites[key] for key in sorted(self.sites) if self.sites[key].status in statuses]
        if not picked:
            raise UsageError(self._nothing_to_do())
        return picked

    def _named(self, key: str) -> Site:
        if key in self.broken:
            raise self.broken[key]
        if key not in self.sites:
            near = get_close_matches(key, self.sites, n=1)
            hint = f"did you mean {near[0]}?" if near else "`tintinh sites list` shows the keys that are"
            raise UsageError(f"no site has the key {key!r}; {hint}")
        return self.sites[key]

    def _nothing_to_do(self) -> str:
        candidates = sum(site.status is SiteStatus.CANDIDATE for site in self.sites.values())
        broken = f" ({len(self.broken)} site files cannot be read: {', '.join(sorted(self.broken))})"
        return (
            f"no site is active{broken if self.broken else ''}; {candidates} candidates are known: take them with "
            f'--include-candidates or --site KEY, or write status = "active" into {self.folder}/KEY.toml'
        )


def load(sites_folder: Path | None, home: Path) -> Registry:
    """Read the registry.

    Args:
        sites_folder: a folder of TOMLs that replaces everything else.
        home: without it, `home/sites/` is laid over the packaged sites, field by field of each key; it may be absent.

    Raises:
        UsageError: `sites_folder` is no folder.
    """
    if sites_folder is not None:
        if not sites_folder.is_dir():
            raise UsageError(f"TINTINH_SITES is {sites_folder}, which is no folder")
        return _read([sites_folder], sites_folder)
    own = home / "sites"
    return _read([files("spiders") / "sites", *([own] if own.is_dir() else [])], own)


def packaged_fields(key: str) -> Mapping[str, Any]:
    """What the packaged TOML of a site says, field by field; empty when none of that name is packaged."""
    file = files("spiders") / "sites" / f"{key}.toml"
    return _table(file) if file.is_file() else {}


def _read(layers: list[Traversable], folder: Path) -> Registry:
    tables: dict[str, dict[str, Any]] = {}
    sources: dict[str, Traversable] = {}
    broken: dict[str, SiteFileError] = {}
    for file in (file for layer in layers for file in sorted(layer.iterdir(), key=lambda entry: entry.name)):
        key, dot, ending = file.name.rpartition(".")
        if not dot or ending != "toml" or key.startswith("."):
            continue
        try:
            tables[key] = tables.get(key, {}) | _table(file)
            sources[key] = file
        except SiteFileError as error:
            broken[key] = error
    sites: dict[str, Site] = {}
    for key in tables.keys() - broken.keys():
        try:
            sites[key] = _site(key, tables[key], sources[key])
        except SiteFileError as error:
            broken[key] = error
    while wrong := succession.problems(sites):
        for key, problem in wrong.items():
            broken[key] = SiteFileError(f"{sources[key]}: successor: {problem}")
            del sites[key]
    sites = succession.carried_on(sites)
    return Registry(MappingProxyType(dict(sorted(sites.items()))), MappingProxyType(broken), folder)


def _table(file: Traversable) -> dict[str, Any]:
    try:
        text = unicodedata.normalize("NFC", file.read_bytes().decode("utf-8-sig"))
        return tomllib.loads(text)
    except OSError as error:
        raise SiteFileError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SiteFileError(f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SiteFileError(f"{file}: this is not TOML: {str(error)[0].lower()}{str(error)[1:]}") from error


def _site(key: str, table: Mapping[str, Any], file: Traversable) -> Site:
    try:
        site = Site.model_validate({**table, "key": key})
    except ValidationError as error:
        raise SiteFileError(f"{file}: {_sentence(error, table)}") from error
    if site.carries_on:
        raise SiteFileError(f"{file}: carries_on: there is no such field; a moved site names its `successor`")
    names = [("family", site.family), *(("layouts", layout.family) for layout in site.layouts)]
    for field, name in names:
        if name is not None and name not in FAMILIES:
            raise SiteFileError(f"{file}: {field}: no family is called {name!r}; there are {', '.join(FAMILIES)}")
    for listing in site.listings:
        if not listing.startswith("/") and urlsplit(listing).scheme not in ("http", "https"):
            raise SiteFileError(f"{file}: listings: {listing!r} is neither a path beginning with / nor a URL")
    return site.model_copy(update={"ca": _pinned(site.ca, file)}) if site.ca else site


def _pinned(ca: str, file: Traversable) -> str:
    """The certificate's absolute path; a relative one is beside the TOML."""
    path = Path(str(file)).parent / ca
    if not path.is_file():
        raise SiteFileError(f"{file}: ca: there is no file {path}")
    return str(path.resolve())


def _sentence(error: ValidationError, table: Mapping[str, Any]) -> str:
    """The first thing that is wrong, with what is expected instead, and how many more there are."""
    first, *more = error.errors(include_url=False)
    field = str(first["loc"][0]) if first["loc"] else "file"
    rest = f" (and {len(more)} more)" if more else ""
    if field == "key":
        return "the file name is the site's key: small letters a-z, digits and single hyphens, at most 60" + rest
    if first["type"] == "extra_forbidden" and len(first["loc"]) == 1:
        near = get_close_matches(field, _FIELDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(_FIELDS)}"
        return f"{field}: there is no such field; {hint}{rest}"
    if first["type"] == "missing" and len(first["loc"]) == 1:
        return f"{field}: this field is missing{_expectation(field)}{rest}"
    said = first["msg"].removeprefix("Value error, ")
    where = ".".join(str(part) for part in first["loc"])
    got = f"{table.get(field)!r} does not fit" if field in _EXPECTED else said
    return f"{where}: {got}{_expectation(field)}{rest}"


def _expectation(field: str) -> str:
    return f"; expected {_EXPECTED[field]}" if field in _EXPECTED else ""
