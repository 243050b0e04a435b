"""Whole crawls of a replica in a child process."""

from replica import nukeviet, serving


def test_every_article_once(planned, crawl):
    with serving(nukeviet()) as site:
        done = crawl(planned(site.url))
    print(done.log, done.report)
    assert done.code == 0
    assert len(done.captures) == 16
