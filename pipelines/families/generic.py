"""A site that no product explains: listings, pages and articles by structure, words last."""

from pipelines.families import generic_article
from pipelines.families.base import Family, Found, Listing
from pipelines.families.links import links, never_article, query, without_twin
from pipelines.families.listing import listed
from pipelines.families.structure import PAGE_PARAMETER, articles_by_structure, same_or_paged, sections_by_structure
from pipelines.page import Page


class Generic(Family):
    """Any site. It never says what it does not know: no ids, no certain URL shapes."""

    name = "generic"

    def recognise(self, page: Page) -> float:  # noqa: ARG002
        """Always possible, never sure."""
        return 0.05

    def is_article_url(self, url: str) -> bool | None:
        """False for what is plainly no article, else unknown."""
        return False if never_article(url) else None

    def original(self, url: str) -> str:
        """Without `/amp`, `?print=1` and the like."""
        return without_twin(url)

    def sections(self, page: Page) -> tuple[str, ...]:
        """Links of the menu and of block titles."""
        return sections_by_structure(page)

    def listing(self, page: Page) -> Listing:
        """Repeated links with headline texts, their dates, and the pager."""
        return listed(page, articles_by_structure(page))

    def further_pages(self, page: Page) -> tuple[str, ...]:
        """Numbered links to this very URL with another page number."""
        pages: dict[int, str] = {}
        current = next((v for k, v in query(page.url).items() if PAGE_PARAMETER.match(k)), "1")
        for link in links(page):
            if link.text.isdigit() and 1 < int(link.text) < 60 and same_or_paged(link.url, page.url):
                number = next((v for k, v in query(link.url).items() if PAGE_PARAMETER.match(k)), "")
                if number == link.text:
                    pages[int(number)] = link.url
        return tuple(pages[n] for n in sorted(pages)) if current == "1" else ()

    def article(self, page: Page) -> Found | None:
        """The container with the most prose, and the fields around it."""
        return generic_article.read(page)
