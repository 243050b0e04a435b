"""`tintinh sites enable | disable | diff`: the operator's overlay, and how it differs from what is packaged."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from flows.settings import Settings
from schemas.errors import UsageError
from schemas.frozen import Frozen
from schemas.site import Site, SiteStatus
from schemas.zone import HANOI
from spiders import overlay, registry


class Edit(Frozen):
    """What became, or would become, of one site's file."""

    site: str
    before: SiteStatus
    status: SiteStatus
    file: str
    toml: str
    """The file as it is then."""
    written: bool


def enable(keys: Sequence[str], settings: Settings, dry_run: bool = False) -> list[Edit]:
    """Have the nights visit the sites. Raises UsageError, SiteFileError, MachineError; then nothing is written."""
    today = datetime.now(HANOI).date()
    fields = {"status": SiteStatus.ACTIVE.value, "since": today, "reason": None}
    return _edit(keys, SiteStatus.ACTIVE, fields, settings, dry_run)


def disable(keys: Sequence[str], reason: str, settings: Settings, dry_run: bool = False) -> list[Edit]:
    """Have no night visit the sites. Their articles stay. Raises as `enable`."""
    if not reason.strip():
        raise UsageError("--reason is empty; say why, somebody will ask")
    today = datetime.now(HANOI).date()
    fields = {"status": SiteStatus.CLOSED.value, "since": today, "reason": " ".join(reason.split())}
    return _edit(keys, SiteStatus.CLOSED, fields, settings, dry_run)


def _edit(
    keys: Sequence[str], status: SiteStatus, fields: dict[str, Any], settings: Settings, dry_run: bool
) -> list[Edit]:
    book = registry.load(settings.sites, settings.home)
    sites = book.pick(_some(keys))
    texts = {site.key: _text(book.folder, site, fields) for site in sites}
    if not dry_run:
        for key, text in texts.items():
            overlay.put(overlay.path_of(book.folder, key), text)
    return [
        Edit(
            site=site.key,
            before=site.status,
            status=status,
            file=str(overlay.path_of(book.folder, site.key)),
            toml=texts[site.key],
            written=not dry_run,
        )
        for site in sites
    ]


def _text(folder: Path, site: Site, fields: dict[str, Any]) -> str:
    """A site that is so already keeps its file as it is, and the day since when."""
    same = fields["status"] == site.status and (site.reason or None) == fields["reason"]
    return overlay.changed(folder, site.key, {} if same else fields)


def _some(keys: Sequence[str]) -> Sequence[str]:
    if not keys:
        raise UsageError("name the sites; tintinh sites list shows their keys")
    return keys


class Difference(Frozen):
    """One field of one site."""

    site: str
    field: str
    packaged: Any = None
    """None: the packaged site does not set it, or there is none."""
    overlay: Any = None


def differences(keys: Iterable[str], settings: Settings) -> list[Difference]:
    """The overlay against the packaged registry, field by field. Raises UsageError, SiteFileError."""
    if settings.sites is not None:
        raise UsageError(f"TINTINH_SITES is {settings.sites}: nothing is laid over it, so there is nothing to compare")
    book = registry.load(None, settings.home)
    own = {path.stem for path in book.folder.glob("*.toml") if not path.name.startswith(".")}
    wanted = sorted(set(keys)) or sorted(own)
    known = [key for key in wanted if key in own or book.pick([key])]
    return [found for key in known if key in own for found in _of_site(key, book.folder)]


def _of_site(key: str, folder: Path) -> list[Difference]:
    packaged, own = registry.packaged_fields(key), overlay.read(folder, key)
    return [
        Difference(site=key, field=name, packaged=packaged.get(name), overlay=value)
        for name, value in own.items()
        if name not in packaged or packaged[name] != value
    ]
