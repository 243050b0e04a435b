"""A site that no product explains: listings, pages and articles by structure, words last."""

import re
from urllib.parse import urlsplit

from pipelines.families import generic_article
from pipelines.families.base import Family, Found, Listing
from pipelines.families.links import Link, host, links, never_article, page_number, query, without_twin
from pipelines.families.listing import listed
from pipelines.families.split import own_pagers
from pipelines.families.structure import PAGE_PARAMETER, articles_by_structure, same_or_paged, sections_by_structure
from pipelines.page import Page

_MOST_PAGES = 60
_ENDING = re.compile(r"(.*?)/?(\.\w{2,5})?", re.S)
_ADDED = re.compile(r"[-_/](?:p|page|trang)?[-_/]?([0-9]{1,4})", re.I)
"""What paths of further pages have more: `/2`, `-p2`, `/trang-2`."""


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
        """Numbered links to this very URL with a page number more, in a pager of the article's own."""
        if _shown(page.url, 1) != 1:
            return ()
        numbered = [link for link in links(page) if _is_further(link, page)]
        own = own_pagers(page, [link.element for link in numbered]) if numbered else ()
        pages = {page_number(link.text) or 0: link.url for link in numbered if link.element in own}
        return tuple(pages[n] for n in sorted(pages))

    def article(self, page: Page) -> Found | None:
        """The container with the most prose, and the fields around it."""
        return generic_article.read(page)


def _is_further(link: Link, page: Page) -> bool:
    number = page_number(link.text) or 1
    if not 1 < number <= _MOST_PAGES or host(link.url) != host(page.url):
        return False
    if same_or_paged(link.url, page.url):
        return number - _shown(link.url, 0) in (0, 1)  # some count from nought
    here, there = urlsplit(page.url), urlsplit(link.url)
    stem, ending = _ENDING.fullmatch(here.path).groups("")  # type: ignore[union-attr]
    longer = there.path.startswith(stem) and here.query == there.query
    added = there.path[len(stem) :].removeprefix(ending).rstrip("/").removesuffix(ending) if longer else ""
    return (found := _ADDED.fullmatch(added)) is not None and int(found[1]) == number


def _shown(url: str, default: int) -> int:
    """The page that a URL asks for; `default` if it asks for none, 0 if that is no number."""
    said = next((value for name, value in query(url).items() if PAGE_PARAMETER.match(name)), str(default))
    return page_number(said) or 0
