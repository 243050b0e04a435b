"""What the replica sites share: their articles, who is in which section, and what happens between two nights."""

import hashlib
import itertools
import re
import threading
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from html import escape
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from flows.demo import pdf
from flows.demo.server import Reply
from flows.demo.texts import Newsroom, Story
from schemas.outcome import Outcome

VIETNAM = timezone(timedelta(hours=7))
RECENT_DAYS = 3
WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")
WIDE_GAP = "\u00a0" * 24
_GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


@dataclass(frozen=True)
class Expected:
    """What a first full night should publish and refuse on one site."""

    articles: int
    rejected: dict[str, int]


@dataclass(frozen=True)
class Section:
    """A category with its slug and printed name."""

    slug: str
    name: str


@dataclass(frozen=True)
class Entry:
    """One linked page of a replica. `trap`: not an article, to be refused by this name."""

    number: int
    section: Section
    story: Story
    published: datetime
    edited: datetime
    trap: Outcome | None = None
    attached: bool = False
    gone: bool = False

    @property
    def slug(self) -> str:
        """The title as it stands in a URL."""
        return slugify(self.story.title)

    @property
    def etag(self) -> str:
        """Changes with every edit."""
        return f'W/"{self.number:x}-{hashlib.sha256(repr(self.story).encode()).hexdigest()[:12]}"'


class Replica(ABC):
    """One site. Subclasses give it the manner of a product; all text they print is NFC unless a trap says otherwise."""

    key: ClassVar[str]
    title: ClassVar[str]
    organ: ClassVar[str]
    province: ClassVar[str]
    province_name: ClassVar[str]
    sections: ClassVar[tuple[Section, ...]]
    articles: ClassVar[int]
    per_page: ClassVar[int]
    trap: ClassVar[Outcome | None] = None
    family: ClassVar[str | None] = None
    listings: ClassVar[tuple[str, ...]] = ()
    compress: ClassVar[bool] = False
    revalidates: ClassVar[bool] = False
    """Whether its pages carry validators and dates, so that a night sees an edit at the cost of a 304."""
    first_number: ClassVar[int] = 1001
    disallowed: ClassVar[tuple[str, ...]] = ()

    def __init__(self, base: str, today: date, newsroom: Newsroom) -> None:
        self.base, self.today, self.newsroom = base, today, newsroom
        self._lock = threading.Lock()
        self._visits = itertools.count(621)
        self._entries = self._written()

    @abstractmethod
    def path(self, entry: Entry) -> str:
        """Path (and query) of an article."""

    @abstractmethod
    def route(self, path: str, query: dict[str, str]) -> Reply | None:
        """The answer to a decoded path; None: no such page."""

    @abstractmethod
    def layout(self, title: str, main: str, *, head: str = "", kind: str = "") -> str:
        """A whole page around `main`, with the site's menu, counters, footer. `kind`: classes of the body element."""

    def respond(self, target: str) -> Reply:
        """The answer to a request for `target` (path and query)."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if path == "/robots.txt":
            return Reply(self.robots().encode(), content_type="text/plain; charset=utf-8")
        if path.endswith((".jpg", ".png", ".gif")):
            return Reply(_GIF, content_type="image/gif")
        return self.route(path, query) or self.page("Không tìm thấy trang", "<h1>Không tìm thấy trang</h1>", status=404)

    def robots(self) -> str:
        """robots.txt; it forbids nothing that a night needs."""
        return "\n".join(["User-agent: *", *(f"Disallow: {path}" for path in self.disallowed), ""])

    def page(self, title: str, main: str, *, head: str = "", kind: str = "", status: int = 200) -> Reply:
        """A reply holding a whole page."""
        return Reply(self.layout(title, main, head=head, kind=kind).encode(), status=status)

    def redirect(self, path: str) -> Reply:
        """A permanent redirect within the site."""
        return Reply(status=301, location=self.base + path)

    def attachment(self, entry: Entry) -> Reply:
        """The PDF that belongs to an article."""
        lines = (self.title, entry.story.title, *_wrapped(entry.story.paragraphs[0], 80))
        return Reply(pdf.document(lines), content_type="application/pdf", last_modified=entry.edited)

    def gone(self) -> Reply:
        """The answer for an article that was taken down."""
        return self.page("Bài viết đã được gỡ bỏ", "<h1>Bài viết đã được gỡ bỏ</h1>", status=410)

    def listed(self, section: Section | None = None) -> tuple[Entry, ...]:
        """What a listing shows, newest first; without `section` the whole site."""
        with self._lock:
            entries = tuple(self._entries.values())
        shown = (entry for entry in entries if not entry.gone and section in (None, entry.section))
        return tuple(sorted(shown, key=lambda entry: (entry.published, entry.number), reverse=True))

    def neighbours(self, entry: Entry, count: int) -> tuple[Entry, ...]:
        """Other articles of the section, as "related" boxes show them."""
        return tuple(e for e in self.listed(entry.section) if e.number != entry.number)[:count]

    def pages(self, entries: Sequence[Entry]) -> int:
        """How many listing pages `entries` fill."""
        return max(1, -(-len(entries) // self.per_page))

    def cut(self, entries: Sequence[Entry], number: int) -> tuple[Entry, ...]:
        """The entries on listing page `number`, from 1; none past the end."""
        return tuple(entries[(number - 1) * self.per_page : number * self.per_page]) if number > 0 else ()

    def numbered(self, number: int) -> Entry | None:
        """The entry with the site's own id `number`, gone or not."""
        with self._lock:
            return self._entries.get(number)

    def section(self, slug: str) -> Section | None:
        """The section with that slug."""
        return next((section for section in self.sections if section.slug == slug), None)

    def visits(self) -> int:
        """A counter that no two pages share."""
        return next(self._visits)

    def shown(self, entry: Entry) -> Story:
        """What of the story its page tells."""
        return entry.story

    @property
    def expected(self) -> Expected:
        """What a first full night should make of the site as it stands now."""
        entries = self.listed()
        refused = [entry.trap.value for entry in entries if entry.trap]
        return Expected(len(entries) - len(refused), {name: refused.count(name) for name in refused})

    @property
    def truth(self) -> dict[str, Story]:
        """Every article's URL and what its page says, traps left out."""
        return {self.base + self.path(entry): self.shown(entry) for entry in self.listed() if not entry.trap}

    def edit(self) -> str:
        """Rewrite a paragraph of a recent article that was not edited yet; its URL. Raises IndexError: none is left."""
        entry = self._untouched()[0]
        story = self.newsroom.revise(entry.story, self.province_name, entry.published)
        self._put(replace(entry, story=story, edited=datetime.now(VIETNAM).replace(microsecond=0)))
        return self.base + self.path(entry)

    def remove(self) -> str:
        """Take a recent, unedited article down: 410 from now on; its URL. Raises IndexError: none is left."""
        entry = self._untouched()[-1]
        self._put(replace(entry, gone=True))
        return self.base + self.path(entry)

    def add(self) -> str:
        """Publish a new article, dated a minute into today or after the newest one; its URL."""
        newest = self.listed()[0]
        midnight = datetime.combine(self.today, datetime.min.time(), VIETNAM)
        published = max(newest.published, midnight) + timedelta(minutes=1)
        with self._lock:
            number = max(self._entries) + 1
        story = self.newsroom.story(self.province_name, published)
        self._put(Entry(number, self.sections[0], story, published, published))
        return self.base + self.path(self._entries[number])

    def _put(self, entry: Entry) -> None:
        with self._lock:
            self._entries = {**self._entries, entry.number: entry}

    def _untouched(self) -> tuple[Entry, ...]:
        since = self.today - timedelta(days=RECENT_DAYS)
        recent = (e for e in self.listed() if e.published.date() >= since)
        return tuple(e for e in recent if not e.trap and e.edited == e.published)

    def _written(self) -> dict[int, Entry]:
        count = self.articles + (self.trap is not None)
        entries: dict[int, Entry] = {}
        for place in range(count):
            # Numbers rise with time, as a product's own ids do.
            number = self.first_number + (count - 1 - place) * 3
            published = _published(self.today, place, number)
            story = self.newsroom.story(self.province_name, published, middle=self.middle(place))
            entries[number] = Entry(
                number=number,
                section=self.sections[place % len(self.sections)],
                story=story,
                published=published,
                edited=published,
                trap=self.trap if place == _TRAP_PLACE else None,
                attached=place in _ATTACHED_PLACES,
            )
        return entries

    def middle(self, place: int) -> int | None:  # noqa: ARG002 - for subclasses
        """How many middle paragraphs the story at `place` has; None: as it comes."""
        return None


_TRAP_PLACE = 4
_ATTACHED_PLACES = (6, 9)


def _published(today: date, place: int, number: int) -> datetime:
    """Nine in the last week, two or three a day and none today; then every eight days, months back."""
    age = 1 + place * 2 // 3 if place < 9 else 8 * (place - 7)
    minutes = 7 * 60 + number * 37 % (10 * 60)
    return datetime.combine(today - timedelta(days=age), datetime.min.time(), VIETNAM) + timedelta(minutes=minutes)


def slugify(title: str) -> str:
    """A title in plain ASCII with hyphens, as Vietnamese products spell their URLs."""
    plain = unicodedata.normalize("NFD", title.lower().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-")


def text(value: str) -> str:
    """Text as HTML."""
    return escape(value, quote=False)


def integer(value: str | None, default: int = 1) -> int:
    """A page number from a query; `default` when it is none."""
    return int(value) if value and value.isascii() and value.isdigit() else default


def _wrapped(value: str, width: int) -> list[str]:
    words, lines = value.split(" "), [""]
    for word in words:
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
