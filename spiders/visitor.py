"""One polite question to a site, and its answer: robots, lane, retries and redirects in one place.

When a host is to be left alone is `spiders.patience`'s."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from scrapy import FormRequest, Request
from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Response

from pipelines.payload import PayloadTooLargeError
from pipelines.warc import PageFacts
from schemas.capture import CrawlPlan, PostBack
from schemas.urls import host_port
from spiders import robots
from spiders.answer import Answer, answered, retry_after, target_of
from spiders.capture import FACTS, TAKE, Exchange
from spiders.failures import NETWORK_ERRORS, NoAnswerError, reason_of
from spiders.guard import Guard, SiteHosts
from spiders.lanes import MAX_WAIT, LaneClosedError, Lanes
from spiders.notes import Notebook
from spiders.patience import Patience

MAX_HOPS = 8

Take = Callable[[int, Exchange], None]
"""What may decide on an answer's records: called with the status and the records, before they are written."""


class Visitor:
    """Asks a site's URLs, one at a time per host:port, as its robots.txt and its answers allow."""

    def __init__(
        self,
        plan: CrawlPlan,
        download: Callable[[Request], Awaitable[Response]],
        guard: Guard,
        lanes: Lanes,
        notebook: Notebook,
    ) -> None:
        self._plan = plan
        self._download = download
        self._guard = guard
        self._lanes = lanes
        self._rules: dict[str, robots.Rules] = {}
        self._origins: dict[tuple[str, str], tuple[str, str]] = {}
        self._patience = Patience(plan.site.key, self._is_own, notebook)
        self.hosts = SiteHosts(plan.site)
        for lane, until in plan.not_before.items():
            lanes.not_before(lane, until.timestamp())

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
            NoAnswerError: guarded, moved, robots, redirect_loop, bad_redirect, timeout, http_503, left_alone, ...
            SiteError: the site's own host is to be left alone.
        """
        asked, seen = url, set[str]()
        for _ in range(MAX_HOPS + 1):
            url = self._settled(url)
            if url in seen:
                break
            seen.add(url)
            await self._require(url)
            response = await self._persist(url, {FACTS: facts(url), TAKE: take}, headers, form)
            target = target_of(url, response)
            if target is None:
                return answered(asked, url, response)
            follow(target)
            self._learn(url, target)
            url, headers, form = target, None, None
        raise NoAnswerError("redirect_loop")

    async def rules_of(self, url: str) -> robots.Rules:
        """What the robots.txt of the URL's host says. Raises as `ask` does."""
        lane = host_port(url)
        if lane not in self._rules:
            self._rules[lane] = await self._read_robots(url)
        return self._rules[lane]

    async def _require(self, url: str) -> None:
        if self._guard.refuses(url):
            raise NoAnswerError("guarded", url)
        if url not in self.hosts:
            raise NoAnswerError("moved", url)
        self._patience.require(host_port(url))
        if not (await self.rules_of(url)).allows(url):
            raise NoAnswerError("robots")

    async def _read_robots(self, url: str) -> robots.Rules:
        """A host whose rules cannot be had is in trouble, and left alone (RFC 9309)."""
        try:
            status, body = await self._ask_robots(urljoin(url, "/robots.txt"))
            why = f"http_{status}"
        except NoAnswerError as error:
            why, body = error.reason, b""
            status = int(why.removeprefix("http_")) if why.startswith("http_") else 0
        except PayloadTooLargeError:
            why, status, body = "too_large", 0, b""
        rules = robots.read(status, body, self._plan.user_agent)
        if rules is None:
            self._patience.leave_alone(host_port(url), f"robots.txt: {why}")
        return rules

    async def _ask_robots(self, address: str) -> tuple[int, bytes]:
        """Status and text of a robots.txt, redirects followed wherever the guard lets; those that lead nowhere make it
        unavailable, like a 404 (RFC 9309 2.3.1.2)."""
        facts = PageFacts(kind="robots", tls=self.tls(address))
        for _ in range(MAX_HOPS):
            if self._guard.refuses(address):
                raise NoAnswerError("guarded")
            response = await self._persist(address, {FACTS: facts}, None)
            try:
                target = target_of(address, response)
            except NoAnswerError:
                break
            if target is None:
                return response.status, answered(address, address, response).body
            address = target
        return 404, b""

    async def _persist(
        self, url: str, meta: dict[str, Any], headers: Mapping[str, str] | None, form: PostBack | None = None
    ) -> Response:
        """One URL until it answers; a failure is tried again a little later, an answer that asks to wait is obeyed."""
        lane, tries = host_port(url), 0
        while True:
            try:
                response = await self._send(lane, url, meta, headers, form)
            except LaneClosedError as error:
                self._patience.close(lane, error, "host")
            except NETWORK_ERRORS as error:
                reason = self._reason(error, url)
            else:
                if response.status < 400 or response.status in (404, 410):
                    self._patience.renew(lane)
                    return response
                reason = f"http_{response.status}"
                if (until := time.time() + retry_after(response)) > time.time() + MAX_WAIT:
                    self._patience.close(lane, LaneClosedError(until), reason)
            if tries == self._patience.retries(lane, reason):
                break
            await asyncio.sleep(self._plan.delay * 2**tries)
            tries += 1
        self._patience.count(lane, reason)
        raise NoAnswerError(reason)

    async def _send(
        self, lane: str, url: str, meta: dict[str, Any], headers: Mapping[str, str] | None, form: PostBack | None
    ) -> Response:
        """One request. What its answer asks for is obeyed from the moment that the lane is free again."""
        rules = self._rules.get(lane)
        delay = max(self._plan.delay, rules.crawl_delay if rules else 0.0)
        request = Request(url, headers=dict(headers or {}), meta=dict(meta), dont_filter=True)
        if form is not None:
            request = FormRequest(url, formdata=_sent_back(form), meta=dict(meta), dont_filter=True)
        async with self._lanes.hold(lane, delay):
            response = await self._download(request)
            if wait := retry_after(response):
                self._lanes.not_before(lane, time.time() + wait)
            return response

    def _is_own(self, lane: str) -> bool:
        """Whether it is the lane of the site's own address, or of where that leads."""
        own = self._plan.site.url
        return lane in (host_port(own), host_port(self._settled(own)))

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


def _sent_back(form: PostBack) -> list[tuple[str, str]]:
    """The fields of a form as a browser sends them when the control `form.target` was clicked."""
    event = {"__EVENTTARGET": form.target, "__EVENTARGUMENT": form.argument}
    return [*event.items(), *((name, value) for name, value in form.fields if name not in event)]
