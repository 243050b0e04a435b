"""`tintinh sites check`: each site is exactly one thing, with the evidence; one broken site never ends the others."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from enum import StrEnum

from flows import certificates, probing
from flows.probing import Look, page_of
from flows.settings import Settings
from pipelines.judge import wall
from pipelines.warc import StoredRecord
from schemas.article import Rejected
from schemas.errors import TintinhError
from schemas.frozen import Frozen
from schemas.outcome import Outcome
from schemas.site import Site
from spiders import registry, succession
from spiders.guard import SiteHosts


class Word(StrEnum):
    """What a site is found to be."""

    FINE = "fine"
    MOVED = "moved to"
    NEEDS_CA = "needs CA"
    BLOCKS = "blocks us"
    FORBIDS = "forbidden by robots"
    UNKNOWN = "layout unknown"
    DEAD = "dead"


class Finding(Frozen):
    """One line of the table."""

    site: str
    verdict: Word
    evidence: str
    moved_to: str | None = None
    requests: int = 0

    @property
    def told(self) -> str:
        """The verdict in words."""
        return f"{self.verdict} {self.moved_to}" if self.moved_to else self.verdict.value


_WALLS = frozenset({Outcome.BLOCKED, Outcome.LOGIN_WALL, Outcome.SESSION_EXPIRED})
_READ = frozenset(
    {Outcome.OUT_OF_SCOPE, Outcome.WRONG_LANGUAGE, Outcome.CLASSIFIED, Outcome.RESTRICTED, Outcome.UNDATED}
)
"""Refusals of an article that was read well: they speak of the article, not of the layout."""
_REASON = re.compile(
    r"\b(http_\d{3}|tls|dns|refused|timeout|connection|cut_short|guarded|robots(?!\.txt)|moved|redirect_loop"
    r"|bad_redirect|blocked|login_wall|session_expired|left_alone|asked us to come back)\b"
)
_WORDS = {
    "robots": Word.FORBIDS,
    **dict.fromkeys(("blocked", "login_wall", "session_expired", "http_401", "http_403", "http_429"), Word.BLOCKS),
    **dict.fromkeys(("left_alone", "asked us to come back"), Word.BLOCKS),
    **dict.fromkeys(
        ("dns", "refused", "timeout", "connection", "cut_short", "guarded", "redirect_loop", "bad_redirect"), Word.DEAD
    ),
}
_SAID = {
    "dns": "its name has no address",
    "refused": "it refuses the connection",
    "timeout": "no answer comes in time",
    "connection": "the connection breaks",
    "cut_short": "its answers are cut short",
    "guarded": "its address is private, and TINTINH_ALLOW_HOSTS does not name it",
    "left_alone": "it refuses or breaks again and again",
    "robots": "its robots.txt forbids us what a night asks",
    "redirect_loop": "its redirects lead in a circle",
    "bad_redirect": "it redirects to what is no URL",
}


def check(sites: Sequence[Site], settings: Settings, say: Callable[[str], None]) -> Iterator[Finding]:
    """Look at the sites, TINTINH_CRAWLS at a time, and yield each finding as it comes."""
    book = registry.load(settings.sites, settings.home)
    with ThreadPoolExecutor(max_workers=settings.crawls) as pool:
        for done in as_completed([pool.submit(_finding, site, settings, say) for site in sites]):
            yield with_successor(done.result(), book.sites)


def with_successor(finding: Finding, sites: Mapping[str, Site]) -> Finding:
    """The finding of a moved site, with the site that carries its articles on, or what is to be written for it."""
    if finding.verdict is not Word.MOVED or finding.moved_to is None:
        return finding
    there = next((k for k, s in sites.items() if k != finding.site and finding.moved_to in SiteHosts(s)), None)
    if (heir := succession.heir(sites, finding.site)) is not None:
        said = f"its successor is {heir.key}"
    elif there is not None:
        said = f'status = "moved" and successor = "{there}" say that its articles go on there'
    else:
        said = (
            "if it is the same site, make that its `url` and the old host one of its `hosts`: articles keep their ids"
        )
    return finding.model_copy(update={"evidence": f"{finding.evidence}; {said}"})


def _finding(site: Site, settings: Settings, say: Callable[[str], None]) -> Finding:
    try:
        return verdict(probing.look(site, settings, say), settings)
    except TintinhError as error:
        return Finding(site=site.key, verdict=Word.UNKNOWN, evidence=f"it could not be looked at: {error}")
    except Exception as error:  # a page nobody thought of must not hide the other sites
        said = f"a bug of ours, {type(error).__name__}: {error}"
        return Finding(site=site.key, verdict=Word.UNKNOWN, evidence=said)


def verdict(look: Look, settings: Settings) -> Finding:
    """The one word for a site. A certificate that was not trusted is looked at again, by one handshake."""
    word, evidence, target = _judged(look, settings)
    if look.report.alarm:
        evidence = f"{evidence}; {look.report.alarm}"
    return Finding(site=look.site.key, verdict=word, evidence=evidence, moved_to=target, requests=look.report.requests)


def _judged(look: Look, settings: Settings) -> tuple[Word, str, str | None]:
    said = look.verdict
    if said is not None and not (isinstance(said, Rejected) and said.reason not in _READ):
        return Word.FINE, _read(look), None
    if look.moved_to and said is None:
        answer, target = look.moved_to
        return Word.MOVED, f"{answer.url} answers {answer.status} with that address", target
    if isinstance(said, Rejected):
        word = Word.BLOCKS if said.reason in _WALLS else Word.UNKNOWN
        return word, f"{look.parts[0][0].url} is rejected as {said.reason.value}: {said.detail}", None
    error = look.report.site_error or ", ".join(f"{n} articles {why}" for why, n in look.report.failed.items())
    found = _REASON.search(error)
    return (*_of_reason(look, settings, error, found.group(1) if found else ""), None)


def _of_reason(look: Look, settings: Settings, error: str, reason: str) -> tuple[Word, str]:
    if reason == "tls":
        url = next((one.headers["location"] for one in look.answers if "location" in one.headers), look.site.url)
        url = url if url.startswith("https:") else look.site.url
        trust = certificates.examine(url, settings.allow_hosts, look.site.ca)
        return (Word.NEEDS_CA if trust.distrusted else Word.DEAD), f"{error}: {trust.told}"
    if reason == "http_503":
        return (Word.BLOCKS if _asks_to_wait(look) else Word.DEAD), error
    if reason.startswith("http_5") or (reason in ("http_404", "http_410") and error.startswith("home page")):
        return Word.DEAD, error
    if reason in _WORDS:
        said = _SAID.get(reason)
        return _WORDS[reason], f"{error} ({said})" if said else error
    answers = _answers(look)
    return Word.UNKNOWN, f"{error or 'no article link was found'}{f'; {answers}' if answers else ''}"


def _asks_to_wait(look: Look) -> bool:
    """Whether a 503 is a refusal: it says when to come back, or its page is a challenge."""
    return any(one.status == 503 and ("retry-after" in one.headers or _is_wall(one)) for one in look.answers)


def _is_wall(answer: StoredRecord) -> bool:
    page = page_of(answer, answer.status)
    return page is not None and wall(page) is not None


def _answers(look: Look) -> str:
    """What was asked, and what it answered: the evidence of a layout that nobody knows."""
    asked = [one for one in look.answers if one.facts and one.facts.kind in ("home", "listing", "article")]
    told = ", ".join(f"{one.url} {one.status}" for one in asked[:4])
    return f"read as {look.report.family or 'nothing'}: {told}" if told else ""


def _read(look: Look) -> str:
    said, url = look.verdict, look.parts[0][0].url
    links = len(look.listings[0][1].links) if look.listings else 0
    read = f"{look.report.family}, {links} links on {look.listings[0][0] if look.listings else 'its listing'}"
    if said is None or isinstance(said, Rejected):
        return f"{read}; {url} was read and is {said.reason.value if said else 'no article'}"
    content = said.content
    day = f"{content.published_at:%Y-%m-%d}" if content.published_at else "no date"
    return f"{read}; {day}: {content.title}"
