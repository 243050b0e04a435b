"""Somebody else's answers of one site, drafted as pages of ours: which may be articles, and which are news to us."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from flows import visit as visiting
from flows.refining import Material
from flows.visit import Desk
from pipelines import warc_writing
from pipelines.families import FAMILIES, Family, recognise
from pipelines.foreign import Foreign, ForeignFile
from pipelines.identity import key_of
from pipelines.ledger import is_final
from pipelines.page import Page, RawPage, UnreadablePage, parse
from pipelines.payload import PayloadTooLargeError, decoded
from schemas.frozen import Frozen
from schemas.site import Site
from schemas.urls import canonical, url_hash, url_key
from schemas.window import Window
from schemas.zone import HANOI
from spiders.guard import SiteHosts

EXAMPLES = 3
"""URLs told of each kind of what was left."""
SAMPLE = 40
"""Pages by which the family of a site is recognised that names none."""
_NUMBER = re.compile(r"/?\d+/?")


class Haul(Frozen):
    """What an import took and what it left."""

    taken: int = 0
    """Captures: pages that became ours."""
    articles: int = 0
    """Articles that they are of."""
    left: dict[str, int] = {}
    """What was not taken, by reason."""
    examples: dict[str, tuple[str, ...]] = {}
    """URLs of what was left."""
    broken: dict[str, str] = {}
    """Files that could not be read to their end, and why."""
    family: str | None = None
    dry_run: bool = False
    would_take: tuple[str, ...] = ()
    """Of a dry run: the URLs, at most a hundred."""


@dataclass
class Tally:
    """The haul while it is being made."""

    files: Sequence[Path]
    window: Window
    dry_run: bool = False
    taken: list[tuple[str, str]] = field(default_factory=list)
    """(URL key, URL) of each capture taken."""
    left: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    family: str | None = None

    def leave(self, why: str, url: str) -> None:
        """Note what is not taken."""
        self.left[why] += 1
        told = self.examples.setdefault(why, [])
        if len(told) < EXAMPLES:
            told.append(url)

    def haul(self) -> Haul:
        """What it came to."""
        return Haul(
            taken=len(self.taken),
            articles=len({key for key, _ in self.taken}),
            left=dict(sorted(self.left.items())),
            examples={why: tuple(urls) for why, urls in sorted(self.examples.items())},
            broken=self.broken,
            family=self.family,
            dry_run=self.dry_run,
            would_take=tuple(url for _, url in self.taken[:100]) if self.dry_run else (),
        )


@dataclass(frozen=True)
class Candidate:
    """A page in the draft: where its response record stands, and what it is of."""

    offset: int
    length: int
    record_id: str
    url: str
    page: str
    """URL key of this very page, which that of the article need not tell from the article's other pages."""
    key: str
    """URL key of the article."""
    date: datetime
    parts: tuple[str, ...] = ()
    """`page` of its further pages, in order."""
    part_of: str | None = None
    part: int = 1


class Known:
    """What the ledger and the files that wait hold of the site's pages."""

    def __init__(self, run: Desk, site: Site) -> None:
        self._suppressed = run.suppressed(site).urls(site.key)
        columns = ("url_hash", "digest", "fetched_at", "article_id", "outcome")
        self._digests: set[tuple[int, str]] = set()
        self._met: set[tuple[int, str]] = set()
        self._newest: dict[int, datetime] = {}
        for row in run.tables.ledger(site.key, columns).to_pylist():
            if row["digest"] and is_final(row["outcome"]):
                self._digests.add((row["url_hash"], row["digest"]))
            if row["article_id"]:
                before = self._newest.get(row["url_hash"])
                self._newest[row["url_hash"]] = max(before or row["fetched_at"], row["fetched_at"])
        for file in visiting.due(run, site):
            for capture in (one for article in file.articles for one in article):
                self._digests.add((url_hash(capture.url_key), capture.digest or ""))

    def why(self, key: str, digest: str, date: datetime) -> str | None:
        """Why a page is not to be taken; None: it is news."""
        number = url_hash(key)
        if number in self._suppressed:
            return "suppressed"
        if (number, digest) in self._digests:
            return "known"
        if (number, digest) in self._met:
            return "repeated"
        if number in self._newest and date <= self._newest[number]:
            return "older_than_known"  # it would overwrite what the site said later
        self._met.add((number, digest))
        return None


class Draft:
    """The pages that may be articles, as records of ours in a file on local disk."""

    def __init__(self, stream: BinaryIO, site: Site, family: Family, tally: Tally, known: Known) -> None:
        self._stream, self._site, self._family, self._tally, self._known = stream, site, family, tally, known
        self._hosts = SiteHosts(site)
        self._captures: defaultdict[str, list[Candidate]] = defaultdict(list)
        """All that was drafted, by page; known pages too: one may be a part of an article that is not known."""
        self._numbered: list[Candidate] = []
        """Further pages by their URL."""

    def material(self) -> Iterator[Material[Candidate]]:
        """Each page as the refinery wants it."""
        for answer in _answers(self._tally):
            url = self._page_of_site(answer)
            if url is not None and (item := self._drafted(answer, url)):
                yield item

    def _page_of_site(self, answer: Foreign) -> str | None:
        """The URL of an answer that may be an article's page: the article's own, or that of its further page."""
        leave = partial(self._tally.leave, url=answer.url)
        if answer.url not in self._hosts or not answer.url.startswith(("http:", "https:")):
            return leave("other_site")
        try:
            own = canonical(answer.url)
            url = canonical(self._family.original(own))
        except ValueError:
            return leave("bad_url")
        if answer.left:
            return leave(answer.left)
        if answer.type != "revisit" and answer.status != 200:
            return leave(f"http_{answer.status}")
        if answer.type != "revisit" and not _is_html(answer):
            return leave("not_html")
        if self._family.is_article_url(url) is False or url == canonical(self._site.url):
            return leave("not_an_article")
        return own if _is_numbered(own, url) else url

    def _drafted(self, answer: Foreign, url: str) -> Material[Candidate] | None:
        leave = partial(self._tally.leave, url=answer.url)
        if answer.type == "revisit":
            return leave("revisit")  # the page itself stands in a record of its own
        try:
            page = _raw(answer, url)
        except PayloadTooLargeError:
            return leave("too_large")
        record_id = warc_writing.new_id()
        record = warc_writing.response(url, answer.date, 200, answer.headers, answer.body, record_id=record_id)
        offset = self._stream.seek(0, 2)
        self._stream.write(record)
        key, parts = self._key(url, answer.date), self._parts(page)
        found = Candidate(offset, len(record), record_id, url, self._page_key(url), key, answer.date, parts)
        self._captures[found.page].append(found)
        if _is_numbered(url, canonical(self._family.original(url))):
            self._numbered.append(found)
            return None
        if why := self._known.why(key, f"sha256:{hashlib.sha256(answer.body).hexdigest()}", answer.date):
            return leave(why)
        return Material(found, (page,), self._site, self._family.name)

    def _key(self, url: str, captured: datetime) -> str:
        space = self._site.space_on(captured.astimezone(HANOI).date())
        return key_of(self._family, url, self._site.folds_case, space)

    def _page_key(self, url: str) -> str:
        return url_key(url, folds_case=bool(self._site.folds_case))

    def _parts(self, raw: RawPage) -> tuple[str, ...]:
        """The pages that an article's page names as its further ones, where the product splits articles."""
        family = self._family
        if type(family).further_pages is Family.further_pages:
            return ()
        try:
            further = dict.fromkeys(map(self._page_key, family.further_pages(parse(raw))))
        except ValueError:  # no page, or a link that is no URL
            return ()
        further.pop(self._page_key(raw.url), None)
        return tuple(further)

    def whole(self, proved: Sequence[Candidate]) -> list[Candidate]:
        """The articles in the order of their fetching, each with its further pages, which are none of their own."""
        further = {page for captures in self._captures.values() for one in captures for page in one.parts}
        chosen: list[Candidate] = []
        for first in sorted((one for one in proved if one.page not in further), key=lambda one: one.date):
            chosen += [first, *self._further(first)]
        taken = {one.record_id for one in chosen}
        for one in (*proved, *self._numbered):
            if one.record_id not in taken:
                self._tally.leave("further_page", one.url)
        return chosen

    def _further(self, first: Candidate) -> Iterator[Candidate]:
        """The article's further pages that are here, each in the capture that is nearest in time to the first's."""
        for number, page in enumerate(first.parts, start=2):
            if captures := self._captures.get(page):
                one = min(captures, key=lambda one: abs(one.date - first.date))
                yield replace(one, key=first.key, part_of=first.url, part=number)


def _answers(tally: Tally) -> Iterator[Foreign]:
    for path in tally.files:
        with closing(ForeignFile(path)) as file:
            yield from file
        if file.broken:
            tally.broken[str(path)] = file.broken


def _is_numbered(url: str, article: str) -> bool:
    """Whether the URL is the article's own with a page number below it; else it is the article's, or a twin's."""
    path, own = urlsplit(url).path, urlsplit(article).path
    return path != own and path.startswith(own) and _NUMBER.fullmatch(path[len(own) :]) is not None


def _is_html(answer: Foreign) -> bool:
    kind = (answer.content_type or "").partition(";")[0].strip().lower()
    if kind:
        return kind in ("text/html", "application/xhtml+xml")
    return b"<html" in answer.body[:4096].lower()


def recognised(files: Iterable[Path], site: Site) -> Family:
    """The family of a site that names none, by most of its pages: keys depend on it, so it is one for the whole."""
    hosts, votes = SiteHosts(site), Counter[str]()
    for path in files:
        with closing(ForeignFile(path)) as file:
            pages = (_page(one) for one in file if one.url in hosts and one.status == 200 and _is_html(one))
            votes.update(recognise(page).name for page in islice(filter(None, pages), SAMPLE - votes.total()))
    products = [name for name, _ in votes.most_common() if name != "generic"]
    return FAMILIES[products[0] if products else "generic"]


def _raw(answer: Foreign, url: str) -> RawPage:
    """Raises PayloadTooLargeError."""
    return RawPage(url, decoded(answer.body, answer.header("content-encoding")), answer.date, answer.content_type)


def _page(answer: Foreign) -> Page | None:
    try:
        return parse(_raw(answer, answer.url))
    except (UnreadablePage, PayloadTooLargeError):
        return None
