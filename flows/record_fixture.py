"""A fixture: a page as its site sent it, and beside it what must be read from it, for a person to review.

<folder>/<site>/<slug>/page.html       the payload, byte for byte; page-2.html, ... are its further pages
                       capture.json    where each came from, when, and the response headers
                       expected.toml   the record, field by field; `reviewed = false` until a person read it
<folder>/sites/<site>.toml             what the reading needs of a site that the packaged registry does not say
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, ValidationError

from pipelines.page import RawPage
from pipelines.refinery import refine, refine_saved_text
from schemas.article import Content, Rejected, Verdict
from schemas.errors import UsageError
from schemas.frozen import Frozen
from schemas.site import Site

REVIEWED = "reviewed"
VERDICT = ("outcome", "reason")
ARTICLE = (
    *("family", "title", "lead", "body", "markdown", "captions", "authors", "author_role", "source", "category"),
    *("tags", "published_at", "updated_at", "published_from", "canonical_url", "images", "attachments"),
    "document_refs",
)
"""The fields of an accepted page, in the order of expected.toml. `body` is a list of paragraphs, the lead not in it."""
_OF_SITE = ("name", "organ", "province", "url", "hosts", "family", "undated")
_HEAD = """\
# What must be read from this page. An empty string or list: the page tells none.
# To review it, open the page beside it, mend every field that a careful person would have written otherwise, then
# set reviewed = true. Until then the tests fail.
"""

Record = Mapping[str, Any]
"""Field name to a string, a list of strings or a list of tables of strings and whole numbers."""


class Part(Frozen):
    """One page of the article as it came."""

    file: str
    url: str
    fetched_at: AwareDatetime
    headers: Mapping[str, str] = {}
    """Of the response, names in lower case, without cookies; empty for a page that somebody saved."""


class Taken(Frozen):
    """capture.json."""

    site: str
    pages: tuple[Part, ...]


@dataclass(frozen=True)
class Fixture:
    """One folder, read."""

    folder: Path
    taken: Taken
    expected: Record
    reviewed: bool

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the record is held to."""
        return (*VERDICT, *ARTICLE) if self.expected.get("outcome") == "accepted" else VERDICT

    def found(self, site: Site) -> Record:
        """The record as it is read today."""
        parts = [(part, (self.folder / part.file).read_bytes()) for part in self.taken.pages]
        return record(verdict(parts, site))

    @property
    def unreviewed(self) -> str:
        """What to do about a fixture that nobody has reviewed."""
        return (
            f"{self.folder / 'expected.toml'} is not reviewed: compare it with {self.taken.pages[0].file} beside it, "
            "mend what a careful person would have written otherwise, then set reviewed = true"
        )


def verdict(parts: list[tuple[Part, bytes]], site: Site) -> Verdict:
    """What the refinery says of the pages, without any template memory: a fixture stands alone."""
    first, body = parts[0]
    if first.file.endswith(".txt"):
        return refine_saved_text(body.decode("utf-8", "replace"), first.url, first.fetched_at)
    pages = [RawPage(part.url, page, part.fetched_at, part.headers.get("content-type")) for part, page in parts]
    return refine(pages, site, None)


def record(said: Verdict) -> Record:
    """A verdict as expected.toml holds it."""
    if isinstance(said, Rejected):
        return {"outcome": "rejected", "reason": said.reason.value}
    content = said.content.model_dump(mode="json", include=set(Content.model_fields) & set(ARTICLE))
    content["body"] = said.content.body.split("\n\n") if said.content.body else []
    fields = {name: _told(content[name]) for name in ARTICLE}
    return {"outcome": "accepted", "reason": "", **fields}


def _told(value: Any) -> Any:
    if isinstance(value, list):
        return [{k: v for k, v in one.items() if v is not None} if isinstance(one, dict) else one for one in value]
    return "" if value is None else value


def folders(root: Path) -> list[Path]:
    """Every fixture below a folder of fixtures."""
    return sorted(path.parent for path in root.glob("*/*/expected.toml"))


def read(folder: Path) -> Fixture:
    """Read one fixture.

    Raises:
        UsageError: a file is missing or is not what it should be; it names the file.
    """
    name = folder / "expected.toml"
    try:
        table = tomllib.loads(name.read_text(encoding="utf-8"))
        name = folder / "capture.json"
        taken = Taken.model_validate_json(name.read_bytes())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise UsageError(f"{name} cannot be read: {error}") from None
    strange = table.keys() - {REVIEWED, *VERDICT, *ARTICLE}
    if strange:
        raise UsageError(f"{folder / 'expected.toml'} has fields that no record has: {', '.join(sorted(strange))}")
    return Fixture(folder, taken, {k: v for k, v in table.items() if k != REVIEWED}, table.get(REVIEWED) is True)


def files(taken: Taken, bodies: list[bytes], said: Verdict) -> dict[str, bytes]:
    """The files of a new fixture, not reviewed, by name."""
    named = {part.file: body for part, body in zip(taken.pages, bodies, strict=True)}
    capture = json.dumps(taken.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n"
    return {**named, "capture.json": capture.encode(), "expected.toml": toml(record(said)).encode()}


def toml(expected: Record) -> str:
    """expected.toml of a record that nobody has reviewed."""
    lines = (f"{name} = {_value(value, name == 'markdown')}\n" for name, value in expected.items())
    return f"{_HEAD}{REVIEWED} = false\n\n{''.join(lines)}"


def site_toml(site: Site) -> bytes:
    """What reading a page needs to know of its site."""
    facts = site.model_dump(mode="json", include=set(_OF_SITE), exclude_defaults=True)
    return "".join(f"{name} = {_value(facts[name])}\n" for name in _OF_SITE if facts.get(name)).encode()


def same_site(one: Site | None, other: Site) -> bool:
    """Whether two descriptions of a site make no difference to reading its pages."""
    return one is not None and all(getattr(one, name) == getattr(other, name) for name in _OF_SITE)


def _value(value: Any, block: bool = False) -> str:
    if isinstance(value, (list, tuple)):
        return "[\n" + "".join(f"    {_value(one)},\n" for one in value) + "]" if value else "[]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_value(one)}" for name, one in value.items()) + " }"
    if block and value and "'''" not in value and not value.endswith("'"):
        return f"'''\n{value}'''"
    return json.dumps(value, ensure_ascii=False)  # JSON's strings and numbers are TOML's too
