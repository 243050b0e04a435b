"""Where a site's template memory lives between runs, and how a run learns: from a bounded sample, before refining."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from flows.refining import Refiners
from pipelines.page import RawPage
from pipelines.store.bucket import Bucket, MissingObjectError
from schemas import keys
from schemas.frozen import Frozen

if TYPE_CHECKING:
    from pipelines.template import Template

WINDOW = 200
"""Most pages that are refined with one version."""
SAMPLE = 40
"""Most pages of a window that are parsed once more, to learn."""
ENOUGH = 5
"""Fewer pages of an unknown site teach nothing that could be used."""
REMEMBERED = 1000
"""Versions that a site's index names; the objects of older ones stay."""

Item = TypeVar("Item")


class Version(Frozen):
    """One entry of a site's `templates/<site>/index.json`."""

    version: str
    learned_at: AwareDatetime


_INDEX = TypeAdapter(list[Version])


def sample(items: Sequence[Item], most: int = SAMPLE) -> list[Item]:
    """At most `most` of them, spread evenly."""
    if len(items) <= most:
        return list(items)
    return [items[at * len(items) // most] for at in range(most)]


def versions(clean: Bucket, site: str) -> list[Version]:
    """The site's versions, oldest first. Raises StorageError."""
    return _index(clean, site)[0]


def load(clean: Bucket, site: str, captured: datetime | None = None) -> "Template | None":
    """The site's newest template, or the one that pages captured then were refined with; None: there is none.

    Raises StorageError.
    """
    from pipelines.template import Template

    found = versions(clean, site)
    if not found:
        return None
    chosen = found[-1]
    if captured is not None:
        # a night learns from what it captured before it refines it
        chosen = next((v for v in found if v.learned_at >= captured), chosen)
    try:
        return Template.model_validate_json(clean.get(keys.template_key(site, chosen.version)))
    except (MissingObjectError, ValidationError):
        return None  # another program's, or deleted: the site is learned anew


def is_learned(clean: Bucket, site: str, captured: datetime) -> bool:
    """Whether the site's template was learned after that instant: a page captured then taught it. Pages that teach
    twice would count as two, and what they share as chrome. Raises StorageError."""
    found = versions(clean, site)
    return bool(found) and found[-1].learned_at >= captured


def store(clean: Bucket, site: str, template: "Template", now: datetime | None = None) -> None:
    """Keep a new version and name it in the index; nothing to do when it is the newest. Raises StorageError."""
    at = now or datetime.now(UTC)
    for _ in range(8):
        found, etag = _index(clean, site)
        if found and found[-1].version == template.version:
            return
        clean.put(keys.template_key(site, template.version), template.model_dump_json().encode(), "application/json")
        entries = [*found, Version(version=template.version, learned_at=at)][-REMEMBERED:]
        data = json.dumps([entry.model_dump(mode="json") for entry in entries]).encode()
        key = keys.template_key(site, "index")
        if clean.replace(key, data, etag, "application/json") if etag else clean.put_new(key, data, "application/json"):
            return


def _index(clean: Bucket, site: str) -> tuple[list[Version], str | None]:
    try:
        data, etag = clean.get_tagged(keys.template_key(site, "index"))
    except MissingObjectError:
        return [], None
    try:
        return _INDEX.validate_json(data), etag
    except ValidationError:
        return [], etag


def write(template: "Template", folder: Path) -> Path:
    """The template as a file for the refining processes."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"template-{template.version}.json"
    path.write_text(template.model_dump_json(), encoding="utf-8")
    return path


def by_host(
    hosts: Mapping[Item, str],
    read: Callable[[Item], Iterable[RawPage]],
    refiners: Refiners,
    folder: Path,
    family: str | None = None,
) -> dict[Item, Path]:
    """The template file of each item of a batch: items of one host share a memory, learned window after window.

    Args:
        hosts: each item's host; the items' order says which pages are one window, whatever came first in the input.
        read: the first page of an item; it may raise OSError.
    """
    groups: dict[str, list[Item]] = {}
    for item, host in hosts.items():
        if host:
            groups.setdefault(host, []).append(item)
    result: dict[Item, Path] = {}
    for items in groups.values():
        template: Template | None = None
        for start in range(0, len(items) if len(items) >= ENOUGH else 0, WINDOW):
            window = items[start : start + WINDOW]
            template = refiners.learn(template, list(_readable(sample(window), read)), family)
            if template is not None:
                path = write(template, folder)
                result.update(dict.fromkeys(window, path))
    return result


def _readable(items: Iterable[Item], read: Callable[[Item], Iterable[RawPage]]) -> Iterable[RawPage]:
    for item in items:
        try:
            yield from list(read(item))[:1]
        except OSError:
            continue
