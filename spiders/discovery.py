"""What a site offers to read: its family, its listings, and the article links of a listing page. Pure."""

from collections.abc import Iterable
from urllib.parse import urljoin

from pipelines.families import FAMILIES, recognise
from pipelines.families.base import Family
from pipelines.identity import key_of
from pipelines.judge import wall
from pipelines.page import Page
from schemas.capture import ArticleLink
from schemas.site import Site
from schemas.urls import canonical, url_key
from spiders.frontier import Candidate
from spiders.guard import SiteHosts

MAX_LISTINGS = 80
"""Listings of one site; a menu with more is a site map."""
MAX_URL = 2_000
"""Characters; longer ones are made by a broken template."""


def family_of(site: Site, page: Page) -> Family:
    """The site's family as its TOML says, else as its first page shows. Raises KeyError for a name not known."""
    return FAMILIES[site.family] if site.family else recognise(page)


def named_listings(site: Site) -> tuple[str, ...]:
    """The listings that the TOML names, absolute; () when they are to be discovered."""
    return tuple(dict.fromkeys(canonical(urljoin(site.url, listing)) for listing in site.listings))


def listings_on(page: Page, family: Family, hosts: SiteHosts, folds_case: bool | None = None) -> tuple[str, ...]:
    """The listings that a home page shows, else the home page itself."""
    found: dict[str, str] = {}
    for url in family.sections(page):
        if url in hosts and len(url) <= MAX_URL:
            found.setdefault(url_key(url, folds_case=family.ignores_case if folds_case is None else folds_case), url)
    return tuple(map(canonical, found.values()))[:MAX_LISTINGS] or (canonical(page.url),)


def candidates(
    links: Iterable[ArticleLink],
    family: Family,
    hosts: SiteHosts,
    folds_case: bool | None = None,
    space: str | None = None,
) -> tuple[Candidate, ...]:
    """The links of a listing page that can be articles of this site, each article once."""
    found: dict[str, Candidate] = {}
    for link in links:
        if len(link.url) > MAX_URL or link.url not in hosts:
            continue
        try:
            url = canonical(family.original(canonical(link.url)))
            key = key_of(family, url, folds_case, space)
        except ValueError:
            continue  # not a URL after all
        before = found.get(key)
        if family.is_article_url(url) is not False and (before is None or (link.listed_at and not before.listed_at)):
            found[key] = Candidate(before.url if before else url, key, link.listed_at)
    return tuple(found.values())


def wall_on(page: Page) -> str | None:
    """The name of the outcome that a listing page is, if it is a login, an error or a block instead of a listing."""
    outcome = wall(page)
    return outcome.value if outcome else None
