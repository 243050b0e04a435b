"""What a probe found of a site, field by field with its evidence, and what it could not find."""

from collections.abc import Iterator

from flows.probing import Look
from schemas.article import Accepted, Content, Rejected
from schemas.frozen import Frozen
from spiders import robots

AGENT = "tintinh"


class Told(Frozen):
    """One field of a site. `value` is None for what was not found; `evidence` says where it shows, or why not."""

    field: str
    value: str | None
    evidence: str


def described(look: Look) -> tuple[Told, ...]:
    """All that the probe looked for, in the order in which it looked."""
    return (*_site(look), *_listing(look), *_article(look))


def _site(look: Look) -> Iterator[Told]:
    yield _robots(look)
    home = next((one for one in look.of("home") if one.status == 200), None)
    if home is not None:
        yield Told(field="home", value=home.url, evidence=f"200, {home.headers.get('content-type', 'no type')}")
    elif look.of("home"):
        last = look.of("home")[-1]
        yield Told(field="home", value=None, evidence=f"{last.url} answered {last.status}")
    else:
        why = look.report.site_error or "not asked: the family and the listings are known"
        yield Told(field="home", value=None, evidence=why)
    family = look.family
    page = look.home
    if family is None:
        yield Told(field="family", value=None, evidence="no page was answered to recognise it by")
    elif look.site.family:
        yield Told(field="family", value=family.name, evidence="as the site's TOML says")
    else:
        sure = f", {family.recognise(page):.2f} sure" if page is not None and family.name != "generic" else ""
        said = "by structure: no product shows" if family.name == "generic" else f"the home page's fingerprints{sure}"
        yield Told(field="family", value=family.name, evidence=said)


def _robots(look: Look) -> Told:
    answers = look.of("robots")
    if not answers:
        return Told(field="robots", value=None, evidence=look.report.site_error or "robots.txt was not answered")
    last = answers[-1]
    rules = robots.read(last.status or 0, last.payload, AGENT)
    if rules is None:
        return Told(field="robots", value="hold off", evidence=f"{last.url} answered {last.status}")
    if rules.parsed is None:
        return Told(field="robots", value="allowed", evidence=f"{last.url} answered {last.status}: there are no rules")
    wish = f", crawl delay {rules.crawl_delay:g} s" if rules.crawl_delay else ""
    allowed = rules.allows(look.site.url)
    evidence = f"{last.url} {'allows' if allowed else 'forbids'} {look.site.url}{wish}"
    return Told(field="robots", value="allowed" if allowed else "disallowed", evidence=evidence)


def _listing(look: Look) -> Iterator[Told]:
    report, pages = look.report, look.listings
    if report.listings:
        source = "the site's TOML names them" if look.site.listings else "the home page and its menu show them"
        shown = ", ".join(report.listings[:5]) + (", ..." if len(report.listings) > 5 else "")
        yield Told(field="listings", value=str(len(report.listings)), evidence=f"{source}: {shown}")
    else:
        yield Told(field="listings", value=None, evidence=report.site_error or "the home page shows none")
    if not pages:
        walls = ", ".join(f"{walk.listing} is {walk.wall}" for walk in report.walks if walk.wall)
        why = walls or report.site_error or "none of those tried lists articles"
        for field in ("listing", "listing_dates", "next_page", "page_2"):
            yield Told(field=field, value=None, evidence=why)
        return
    url, listing = pages[0]
    dated = sum(link.listed_at is not None for link in listing.links)
    yield Told(field="listing", value=url, evidence=f"{len(listing.links)} article links, first {listing.links[0].url}")
    some = next((link.listed_at for link in listing.links if link.listed_at), None)
    shows = f"{dated} of {len(listing.links)} links" + (f", such as {some}" if some else "")
    yield Told(field="listing_dates", value="shown" if dated else None, evidence=shows)
    following = listing.next_page or (f"form {listing.next_form.target}" if listing.next_form else None)
    yield Told(field="next_page", value=following, evidence=f"on {url}" if following else f"{url} links none")
    yield _second(look, following)


def _second(look: Look, following: str | None) -> Told:
    """Whether the pager leads on: its second page is there and lists other articles."""
    if following is None:
        return Told(field="page_2", value=None, evidence="there is no next page to ask")
    (_, first), *more = look.listings
    if not more:
        return Told(field="page_2", value=None, evidence=f"{following} lists no article")
    old, new = {link.url for link in first.links}, {link.url for link in more[0][1].links}
    if not new - old:
        return Told(field="page_2", value=None, evidence=f"{following} lists the very articles of page 1")
    return Told(field="page_2", value="differs", evidence=f"{len(new - old)} of its {len(new)} links are new")


def _article(look: Look) -> Iterator[Told]:
    said = look.verdict
    if said is None:
        failed = ", ".join(f"{one.url}: {one.reason}" for one in look.report.troubles[:3])
        why = failed or look.report.site_error or "no article link could be asked"
        yield Told(field="article", value=None, evidence=why)
        return
    url = look.parts[0][0].url
    if isinstance(said, Rejected):
        yield Told(field="article", value=None, evidence=f"{url} is rejected as {said.reason.value}: {said.detail}")
        return
    pages = f", {len(look.parts)} pages" if len(look.parts) > 1 else ""
    yield Told(field="article", value=url, evidence=f"accepted{pages}")
    yield from _content(said)


def _content(said: Accepted) -> Iterator[Told]:
    content: Content = said.content
    day = content.published_at.isoformat() if content.published_at else None
    origin = f"{content.published_from}: {content.published_raw!r}" if day else "no date of its own shows on the page"
    yield Told(field="published_at", value=day, evidence=origin)
    fields = {
        "title": content.title,
        "lead": content.lead,
        "authors": ", ".join(content.authors),
        "source": content.source,
        "category": content.category,
        "text": content.text and f"{len(content.text.split())} words",
        "images": len(content.images) and str(len(content.images)),
        "attachments": len(content.attachments) and str(len(content.attachments)),
    }
    for field, value in fields.items():
        yield Told(field=field, value=value or None, evidence="on the article" if value else "the article shows none")
