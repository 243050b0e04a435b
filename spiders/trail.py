"""The way of one article through redirects: what is known of each answer, and when it is written."""

from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.families.base import Family
from pipelines.warc import ALIAS, ANSWERED, ARTICLE, REFUSED, PageFacts
from schemas.urls import canonical, url_key
from spiders.answer import REDIRECTS
from spiders.capture import Exchange
from spiders.failures import NoAnswerError
from spiders.frontier import Candidate

if TYPE_CHECKING:
    from spiders.harvest import Harvest


class HaveItError(NoAnswerError):
    """A redirect leads to a page that was asked already, or is known."""


class HalfMetError(NoAnswerError):
    """A redirect leads to an article that a killed crawl captured some pages of."""


class Trail:
    """The redirects of one article on their way: they are written once it is known where they led."""

    def __init__(self, harvest: "Harvest", link: Candidate, family: Family, found_on: str | None, again: bool) -> None:
        self._harvest, self._link, self._family, self._found_on = harvest, link, family, found_on
        self._again = again
        self.refused = False
        """The site has the page, known to us, and not for us: that is a capture."""
        self.reached = link
        """What is to be asked again if no answer comes: an alias has given its own, the article behind it has not."""
        self._redirects: list[Exchange] = []
        self._page: Exchange | None = None
        self.home = False
        """It led to the home page or a listing: the page is missing, and that is a capture."""

    def facts(self, url: str) -> PageFacts:
        """What is known of the answer at `url`."""
        return PageFacts(
            kind=ARTICLE,
            url_key=self._link.key
            if canonical(url) == canonical(self._link.url)
            else self._harvest.key_of(self._family, url),
            found_on=self._found_on,
            listed_at=self._link.listed_at,
            tls=self._harvest.visitor.tls(url),
            family=self._family.name,
            again=self._again,
        )

    def take(self, status: int, exchange: Exchange) -> None:
        """Have the records of an answer: a redirect waits for the answer that it leads to, a page for `keep`."""
        if status in REDIRECTS:
            self._redirects.append(exchange)
        elif status == 200:
            self._page = exchange
        elif status in ANSWERED or (self._again and status in REFUSED):
            self.refused = status in REFUSED
            self._answered(status, exchange)
        else:
            self._harvest.write(exchange)

    def keep(self, more: bool) -> None:
        """Write the article's page. `more`: pages or documents follow, which are written as they come."""
        if self._page is not None:
            self._answered(200, stated(self._page, more=more))
            self._page = None

    def close(self) -> None:
        """Write the redirects, which nothing followed."""
        self._harvest.write(*self._led())

    def abandon(self) -> None:
        """The crawl ends here: the redirects are kept, and say nothing, for nobody saw what they lead to."""
        self._harvest.write(*(stated(one, kind=ALIAS) for one in self._redirects))

    def _answered(self, status: int, exchange: Exchange) -> None:
        """Redirects are written together with their answer: a kill leaves no alias of a page that nobody has."""
        self._harvest.answered(self._link, status, (*self._led(), exchange), self._found_on)

    def _led(self) -> tuple[Exchange, ...]:
        redirects, self._redirects = tuple(self._redirects), []
        for exchange in redirects:
            if exchange.facts.alias_of or exchange.facts.leads_home:
                self._harvest.count()
        return redirects

    def follow(self, target: str) -> None:
        """A redirect leads to `target`. Raises NoAnswerError to go no further."""
        try:
            key = self._harvest.key_of(self._family, target)
        except ValueError:
            raise NoAnswerError("bad_redirect") from None
        self.home = target in self._harvest.visitor.hosts and url_key(target) in self._harvest.listings
        known = key != self._link.key and self._harvest.has(key)
        if self._redirects:
            aliased = key != self._link.key and not self.home and target in self._harvest.visitor.hosts
            led = {"alias_of": key} if aliased else {"leads_home": True} if self.home else {}
            self._redirects[-1] = stated(self._redirects[-1], **led)
        if self.home:
            raise NoAnswerError("redirected_home")
        if known:
            raise HaveItError("duplicate")
        self._harvest.note_tried(key, canonical(target))
        if key != self._link.key and target in self._harvest.visitor.hosts:
            self.reached = Candidate(canonical(target), key, self._link.listed_at)
            if not self._again and self._harvest.half(key):
                raise HalfMetError("half")


def stated(exchange: Exchange, **facts: object) -> Exchange:
    """The exchange with other facts."""
    return replace(exchange, facts=exchange.facts.model_copy(update=facts))
