"""One polite question to a site, and its answer: robots, lane, retries and redirects in one place."""

import asyncio
import email.utils
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit, urlunsplit

from scrapy import FormRequest, Request
from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Response
from w3lib.url import safe_url_string

from pipelines.page import Page, RawPage, UnreadablePage, parse
from pipelines.payload import PayloadTooLargeError, decoded
from pipelines.warc import PageFacts
from schemas.capture import CrawlPlan, PostBack
from schemas.urls import host_port
from spiders import robots
from spiders.capture import FACTS, TAKE, Exchange
from spiders.failures import NETWORK_ERRORS, REFUSALS, RETRIED, reason_of
from spiders.guard import Guard, SiteHosts
from spiders.lanes import Lanes

RETRIES = 2
MAX_HOPS = 8
MAX_RETRY_AFTER = 120.0
"""Seconds that a crawl waits when it is asked to; a host that asks for more is left alone for the night."""
MAX_TROUBLE = 10
"""Failures in a row after which a host is left alone; an explicit refusal counts twice."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_READ_LIMIT = 24 * 2**20

Take = Callable[[int, Exchange], None]
"""What may decide on an answer's records: called with the status and the records, before they are written."""


class NoAnswerError(Exception):
    """A URL gave no answer that says anything of the page; `reason` is a word for the report's `failed`, `target`
    where a redirect led that was not followed."""

    def __init__(self, reason: str, target: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.target = target


class SiteError(Exception):
    """The site as a whole is not to be asked further tonight; the message says why."""


@dataclass(frozen=True)
class Answer:
    """What a URL answered, after redirects."""

    url: str
    status: int
    content_type: str | None
    content_encoding: str | None
    sent: bytes
    fetched_at: datetime
    asked: str
    """The URL first asked."""

    @cached_property
    def body(self) -> bytes:
        """The payload, decoded. Raises `pipelines.payload.PayloadTooLargeError`."""
        return decoded(self.sent, self.content_encoding, _READ_LIMIT)

    def raw(self) -> RawPage:
        """The answer, not read yet. Raises `pipelines.payload.PayloadTooLargeError`."""
        return RawPage(self.url, self.body, self.fetched_at, self.content_type)

    def page(self) -> Page | None:
        """The answer as the families read it; None when it is no readable page."""
        try:
            return parse(self.raw())
        except (UnreadablePage, PayloadTooLargeError):
            return None


class Visitor:
    """Asks a site's URLs, one at a time per host:port, as its robots.txt and its answers allow."""

    def __init__(
        self, plan: CrawlPlan, download: Callable[[Request], Awaitable[Response]], guard: Guard, lanes: Lanes
    ) -> None:
        self._plan = plan
        self._download = download
        self._guard = guard
        self._lanes = lanes
        self._rules: dict[str, robots.Rules] = {}
        self._origins: dict[tuple[str, str], tuple[str, str]] = {}
        self._trouble: Counter[str] = Counter()
        self.hosts = SiteHosts(plan.site)
        self.requests = 0
        """Every request sent."""

    async def ask(
        self,
        url: str,
        facts: Callable[[str], PageFacts],
        headers: Mapping[str, str] | None = None,
        follow: Callable[[str], None] = lambda _: None,
        take: Take | None = None,
        form: PostBack | None = None,
    ) -> Answer:
        """Ask `url` and follow its redirects within the site.

        Args:
            facts: what to write beside the answer of a URL (each hop is asked for its own).
            headers: further request headers, for the first hop only.
            follow: called with each redirect's target; may raise NoAnswerError to go no further.
            take: gets each hop's records instead of the spool.
            form: send it back to `url`, which shows the page.

        Raises:
            NoAnswerError: guarded, moved, robots, redirect_loop, timeout, http_503, ...
            SiteError: the host is to be left alone.
        """
        asked, seen = url, set[str]()
        for _ in range(MAX_HOPS + 1):
            url = self._settled(url)
            if url in seen:
                break
            seen.add(url)
            await self._require(url)
            response = await self._persist(url, {FACTS: facts(url), TAKE: take}, headers, form)
            target = _target(url, response)
            if target is None:
                return _answer(asked, url, response)
            follow(target)
            self._learn(url, target)
            url, headers, form = target, None, None
        raise NoAnswerError("redirect_loop")

    async def _require(self, url: str) -> None:
        if self._guard.refuses(url):
            raise NoAnswerError("guarded")
        if url not in self.hosts:
            raise NoAnswerError("moved", url)
        if not (await self._rules_of(url)).allows(url):
            raise NoAnswerError("robots")

    async def _rules_of(self, url: str) -> robots.Rules:
        lane = host_port(url)
        if lane not in self._rules:
            self._rules[lane] = await self._read_robots(url)
        return self._rules[lane]

    async def _read_robots(self, url: str) -> robots.Rules:
        """Raises SiteError when the host is in trouble: without its rules we hold off (RFC 9309)."""
        address = urljoin(url, "/robots.txt")
        facts = PageFacts(kind="robots", tls=self.tls(address))
        try:
            for _ in range(MAX_HOPS):
                if self._guard.refuses(address):
                    raise NoAnswerError("guarded")
                response = await self._persist(address, {FACTS: facts}, None)
                target = _target(address, response)
                if target is None:
                    break
                address = target
            else:
                return robots.Rules(robots.product_token(self._plan.user_agent))
        except NoAnswerError as error:
            status = int(error.reason.removeprefix("http_")) if error.reason.startswith("http_") else 0
            rules = robots.read(status, b"", self._plan.user_agent)
            if rules is None:
                raise SiteError(f"robots.txt: {error.reason}") from error
            return rules
        body = _answer(address, address, response).body
        rules = robots.read(response.status, body, self._plan.user_agent)
        if rules is None:
            raise SiteError(f"robots.txt: http_{response.status}")
        return rules

    async def _persist(
        self, url: str, meta: dict[str, Any], headers: Mapping[str, str] | None, form: PostBack | None = None
    ) -> Response:
        """One URL until it answers; a failure is tried again a little later, an answer that asks to wait is obeyed."""
        for attempt in range(RETRIES + 1):
            wait = self._plan.delay * 2**attempt
            try:
                response = await self._send(url, meta, headers, form)
            except NETWORK_ERRORS as error:
                reason = self._reason(error, url)
            else:
                if response.status < 400 or response.status in (404, 410):
                    self._trouble.clear()
                    return response
                reason = f"http_{response.status}"
                wait = max(wait, _retry_after(response))
            if wait > MAX_RETRY_AFTER:
                raise SiteError(f"{reason}: asked us to come back in {wait:.0f} s")
            if attempt == RETRIES or reason not in RETRIED:
                break
            await asyncio.sleep(wait)
        self._count(url, reason)
        raise NoAnswerError(reason)

    async def _send(
        self, url: str, meta: dict[str, Any], headers: Mapping[str, str] | None, form: PostBack | None
    ) -> Response:
        lane = host_port(url)
        rules = self._rules.get(lane)
        delay = max(self._plan.delay, rules.crawl_delay if rules else 0.0)
        request = Request(url, headers=dict(headers or {}), meta=dict(meta), dont_filter=True)
        if form is not None:
            request = FormRequest(url, formdata=_sent_back(form), meta=dict(meta), dont_filter=True)
        async with self._lanes.hold(lane, delay):
            self.requests += 1
            return await self._download(request)

    def _count(self, url: str, reason: str) -> None:
        """Leave a host alone that fails again and again."""
        if reason == "guarded":
            return
        self._trouble[reason] += 2 if reason in REFUSALS else 1
        if self._trouble.total() >= MAX_TROUBLE:
            worst = self._trouble.most_common(1)[0][0]
            raise SiteError(f"{worst}, again and again, from {host_port(url)}")

    def _reason(self, error: Exception, url: str) -> str:
        if isinstance(error, CannotResolveHostError) and self._guard.refuses(url):
            return "guarded"
        return reason_of(error)

    def tls(self, url: str) -> str:
        """How the connection for `url` is secured: `verified`, `unverified` or `none` (http)."""
        return self._plan.site.tls if url.startswith("https:") else "none"

    def _learn(self, url: str, target: str) -> None:
        """A redirect that changes nothing but scheme or host is asked once, not for every page."""
        a, b = urlsplit(url), urlsplit(target)
        if (a.path, a.query) == (b.path, b.query) and target in self.hosts:
            self._origins[a.scheme, a.netloc] = (b.scheme, b.netloc)

    def _settled(self, url: str) -> str:
        parts = urlsplit(url)
        scheme, netloc = self._origins.get((parts.scheme, parts.netloc), (parts.scheme, parts.netloc))
        return urlunsplit((scheme, netloc, parts.path, parts.query, parts.fragment))


def _answer(asked: str, url: str, response: Response) -> Answer:
    return Answer(
        url=url,
        status=response.status,
        content_type=_header(response, "Content-Type"),
        content_encoding=_header(response, "Content-Encoding"),
        sent=response.body,
        fetched_at=datetime.now(UTC),
        asked=asked,
    )


def _sent_back(form: PostBack) -> list[tuple[str, str]]:
    """The fields of a form as a browser sends them when the control `form.target` was clicked."""
    event = {"__EVENTTARGET": form.target, "__EVENTARGUMENT": form.argument}
    return [*event.items(), *((name, value) for name, value in form.fields if name not in event)]


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def _target(url: str, response: Response) -> str | None:
    """Where a redirect leads, absolute; None: this is no redirect. Raises NoAnswerError if it is no URL."""
    location = response.headers.get("Location")
    if response.status not in REDIRECTS or not location:
        return None
    try:
        return urldefrag(urljoin(url, safe_url_string(location.strip(), encoding="utf-8")))[0]
    except ValueError:
        raise NoAnswerError("bad_redirect") from None


def _retry_after(response: Response) -> float:
    """Seconds that a 429 or 503 asks us to wait; 0: it asks nothing."""
    value = _header(response, "Retry-After")
    if value is None or response.status not in (429, 503):
        return 0.0
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (email.utils.parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
