"""Every article once, whatever the URLs by which a site shows it; and once known, not asked again by any of them."""

from collections.abc import Callable

from schemas.capture import CrawlPlan, Revalidation
from tests.spiders.child import Done
from tests.spiders.replica import Replica, Reply, Route, article, html, serving

Planned = Callable[..., CrawlPlan]
Crawl = Callable[[CrawlPlan], Done]

WORDPRESS = '<meta name="generator" content="WordPress 6.5">'


def moved(place: str) -> Reply:
    return Reply(status=301, headers={"Location": place})


def listed(*paths: str, head: str = "") -> Reply:
    """A listing whose every item leads to one of the paths."""
    items = "".join(
        f"""<article class="post type-post hentry"><h2 class="entry-title"><a href="{path}" rel="bookmark">
        Phiên họp số {n} của Thường trực Hội đồng nhân dân</a></h2></article>"""
        for n, path in enumerate(paths)
    )
    return html(f"{head}<main>{items}</main>")


def asked(site: Replica, plan: CrawlPlan, crawl: Crawl) -> tuple[Done, list[str]]:
    site.seen.clear()
    done = crawl(plan)
    return done, [path for path in site.paths if path not in ("/robots.txt", "/tin/", "/")]


def test_an_alias_that_redirects_is_known_the_next_night(planned: Planned, crawl: Crawl) -> None:
    routes: dict[str, Route] = {
        "/tin/": listed("/cu/phien-hop-mot/", "/cu/phien-hop-hai/", "/tin/phien-hop-ba/", head=WORDPRESS),
        "/cu/phien-hop-mot/": moved("/tin/phien-hop-mot/"),
        "/cu/phien-hop-hai/": moved("/tin/phien-hop-hai/"),
        "/tin/phien-hop-mot/": article(1),
        "/tin/phien-hop-hai/": Reply(status=500),
        "/tin/phien-hop-ba/": article(3),
    }
    with serving(routes) as site:
        site_of = {"listings": ["/tin/"], "family": "wordpress"}
        first, _ = asked(site, planned(site.url, site_of), crawl)
        routes["/tin/phien-hop-hai/"] = article(2)
        second, again = asked(site, planned(site.url, site_of, **first.next_plan()), crawl)
        third, silence = asked(site, planned(site.url, site_of, **second.next_plan(first)), crawl)
    assert {c.alias_of for c in first.captures if c.alias_of} == {"/tin/phien-hop-mot", "/tin/phien-hop-hai"}
    assert first.failed == {"http_500": 1}
    assert again == ["/tin/phien-hop-hai/"]  # the article behind the alias was not lost with its server's bad day
    assert silence == [] and third.captures == []


def test_variants_of_one_url_are_asked_once(planned: Planned, crawl: Crawl) -> None:
    variants = (
        "/ChiTietTin.aspx?NewsID=1&Cat=2",
        "/CHITIETTIN.ASPX?CAT=2&NEWSID=1",
        "/(S(k2jd1545m3fzxq55))/ChiTietTin.aspx;jsessionid=1F?NewsID=1&Cat=2&utm_source=zalo",
        "/chitiettin.aspx?newsid=1&cat=3&print=1&p_auth=a",
    )
    other = "/ChiTietTin.aspx?NewsID=2&Cat=2"
    routes: dict[str, Route] = {"/tin/": listed(*variants, other), "*": lambda _: article(7)}
    with serving(routes) as site:
        done, paths = asked(site, planned(site.url, {"listings": ["/tin/"], "family": "webforms"}), crawl)
    assert paths == [variants[0], other]
    assert len(done.captures) == 2 and not done.failed


def test_a_relaunched_site_that_counts_from_one_again(planned: Planned, crawl: Crawl) -> None:
    paths = [f"/tin/bai-{number}.html" for number in (1, 2)]
    routes: dict[str, Route] = {"/tin/": listed(*paths), **{path: article(n) for n, path in enumerate(paths)}}
    with serving(routes) as site:
        site_of = {"listings": ["/tin/"], "family": "nukeviet"}
        first, _ = asked(site, planned(site.url, site_of), crawl)
        due = [Revalidation(url=f"{site.url}{path[1:]}", url_key=f"id:{n}") for n, path in enumerate(paths, start=1)]
        told = first.next_plan() | {"revalidate": due[1:]}
        second, again = asked(site, planned(site.url, site_of, **told, space="2"), crawl)
    assert {c.url_key for c in first.captures} == {"id:1", "id:2"}
    assert {c.url_key for c in second.captures} == {"id:2~1", "id:2~2", "id:2"}, again
