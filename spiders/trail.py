"""The way of one article through redirects: what is known of each answer, and when it is written."""

from typing import TYPE_CHECKING

from pipelines.families.base import Family
from pipelines.warc import ARTICLE, REFUSED, PageFacts
from schemas.urls import canonical, url_key
from spiders.capture import Exchange
from spiders.failures import NoAnswerError
from spiders.frontier import Candidate
from spiders.visitor import REDIRECTS

if TYPE_CHECKING:
    from spiders.harvest import Harvest


class HaveItError(NoAnswerError):
    """A redirect leads to a page that was asked already, or is known."""


class Trail:
    """The redirects of one article on their way: each is written once it is known where it led."""

    def __init__(self, harvest: "Harvest", link: Candidate, family: Family, found_on: str | None, again: bool) -> None:
        self._harvest, self._link, self._family, self._found_on = harvest, link, family, found_on
        self._again = again
        self.refused = False
        """The site has the page, known to us, and not for us: that is a capture."""
        self.reached = link
        """What is to be asked again if no answer comes: an alias has given its own, the article behind it has not."""
        self._held: Exchange | None = None
        self._pages: list[Exchange] = []
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
        """Have the records of an answer: a redirect waits for `follow`, what may have further pages for `keep`."""
        self.close()
        if status in REDIRECTS:
            self._held = exchange
        elif status == 200 and splits(self._family):
            self._pages = [exchange]
        else:
            self.refused = self._again and status in REFUSED
            self._harvest.answered(self._link, status, (exchange,), self._found_on)

    def take_further(self, _: int, exchange: Exchange) -> None:
        """Have an answer to a further page."""
        self._pages.append(exchange)

    def keep(self, kind: str = ARTICLE) -> None:
        """Write the pages of the article, now that all are there; `HALF`: they are not."""
        pages, self._pages = self._pages, []
        if pages and kind == ARTICLE:
            self._harvest.answered(self._link, 200, pages, self._found_on)
        elif pages:
            self._harvest.write(pages, kind)

    def close(self) -> None:
        """Write the redirect that nothing followed."""
        if self._held is not None:
            self._harvest.write([self._held], ARTICLE)
            self._held = None

    def follow(self, target: str) -> None:
        """A redirect leads to `target`. Raises NoAnswerError to go no further."""
        try:
            key = self._harvest.key_of(self._family, target)
        except ValueError:
            raise NoAnswerError("bad_redirect") from None
        exchange, self._held = self._held, None
        self.home = url_key(target) in self._harvest.listings
        known = key != self._link.key and self._harvest.has(key)
        if exchange is not None:
            aliased = key != self._link.key and not self.home and target in self._harvest.visitor.hosts
            led = {"alias_of": key} if aliased else {"leads_home": True} if self.home else {}
            self._harvest.write([exchange], ARTICLE, **led)
            if led:
                self._harvest.count()
        if self.home:
            raise NoAnswerError("redirected_home")
        if known:
            raise HaveItError("duplicate")
        self._harvest.note_tried(key, canonical(target))
        if key != self._link.key and target in self._harvest.visitor.hosts:
            self.reached = Candidate(canonical(target), key, self._link.listed_at)


def splits(family: Family) -> bool:
    """Whether the product splits articles over several pages."""
    return type(family).further_pages is not Family.further_pages
