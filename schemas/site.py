"""A site: what its TOML says, and nothing that a visit could change."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, HttpUrl, StringConstraints, field_validator

from schemas.frozen import Frozen
from schemas.provinces import PROVINCES

SiteKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


class Organ(StrEnum):
    """Whose site it is."""

    PARTY = "party"
    PARTY_DEPARTMENT = "party_department"
    COUNCIL = "council"
    PAPER = "paper"


class SiteStatus(StrEnum):
    """Whether a night visits the site. `candidate`: known by evidence, never tried from here."""

    CANDIDATE = "candidate"
    ACTIVE = "active"
    MOVED = "moved"
    CLOSED = "closed"


class Expect(Frozen):
    """What the gate may expect of a site before it has a history of its own."""

    per_week: tuple[int, int] = (0, 500)
    """Articles published in seven days: at least, at most."""


class Layout(Frozen):
    """A past design of a site: captures before `until` are read with that `family`, and have ids in its `space`."""

    until: date
    """First local day of the design that came after."""
    family: str
    space: str | None = Field(default=None, pattern=r"^[a-z0-9]{1,16}$")
    """Name of the id space of its articles: given where a relaunched CMS counts from one again."""


class Site(Frozen):
    """One site of the registry. `key` is the TOML's file name, used everywhere the site is named."""

    key: SiteKey
    name: str = Field(min_length=1)
    organ: Organ
    province: str
    """Slug of the province the site was made for (`schemas.provinces`)."""
    url: str
    family: str | None = None
    """Name of a CMS family; None: recognised on first contact."""
    listings: tuple[str, ...] = ()
    """Paths or URLs of listing pages; empty: discovered from the home page."""
    hosts: tuple[str, ...] = ()
    """Further hosts (`host` or `host:port`) of the same site."""
    path_case: Literal["keep", "fold"] | None = None
    """Whether paths that differ in case are one page; None: as the server of its family has it."""
    status: SiteStatus = SiteStatus.CANDIDATE
    reason: str | None = None
    since: date | None = None
    successor: SiteKey | None = None
    """Of a moved site: the site that carries its articles on."""
    carries_on: tuple[SiteKey, ...] = ()
    """The moved sites whose successor it is, at first or second hand. Not of the TOML: the registry fills it in."""
    expect: Expect = Expect()
    undated: Literal["accept", "reject"] = "accept"
    attachments: Literal["all", "documents", "none"] = "all"
    ca: str | None = None
    """PEM file with the intermediate certificate that the site forgets to send."""
    tls: Literal["verified", "unverified"] = "verified"
    layouts: tuple[Layout, ...] = ()
    space: str | None = Field(default=None, pattern=r"^[a-z0-9]{1,16}$")
    """Name of the id space of today's articles: a new one where a relaunched CMS counts from one again."""
    budget_minutes: int = Field(default=60, ge=1, le=24 * 60)
    """Longest crawl of one night, minutes."""
    rechecks_per_night: int = Field(default=40, ge=0, le=10_000)
    """Published pages that a night asks again at most."""

    @property
    def folds_case(self) -> bool | None:
        """Whether paths that differ in case are one page; None: its family knows."""
        return None if self.path_case is None else self.path_case == "fold"

    def space_on(self, day: date) -> str | None:
        """Name of the id space of what was captured on that local day; None: the first one, which has no name."""
        past = min((layout for layout in self.layouts if day < layout.until), key=lambda one: one.until, default=None)
        return past.space if past else self.space

    @property
    def spaces(self) -> tuple[str | None, ...]:
        """The id spaces that it ever had, today's first."""
        return tuple(dict.fromkeys((self.space, *(layout.space for layout in self.layouts))))

    @field_validator("province")
    @classmethod
    def _known_province(cls, slug: str) -> str:
        if slug not in PROVINCES:
            raise ValueError(f"no province has the slug {slug!r}; see schemas/provinces.csv")
        return slug

    @field_validator("url")
    @classmethod
    def _http_url(cls, url: str) -> str:
        parsed = HttpUrl(url)
        if parsed.scheme not in ("http", "https"):
            raise ValueError("url must be http or https")
        return url
