"""`provinces/hosts.csv`: each host of the registry, whose it is, and where it went."""

import csv
import io
from collections.abc import Mapping
from urllib.parse import urlsplit

from schemas.provinces import PROVINCES
from schemas.site import Site, SiteStatus

COLUMNS = ("host", "site", "organ", "province", "province_now", "status", "since", "successor", "now_at")


def as_csv(sites: Mapping[str, Site]) -> bytes:
    """One row a host in UTF-8. `now_at`: the host at which the articles go on, of its own site or of the last
    successor; empty where the site is closed, or moved and nobody knows where."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for site in sites.values():
        about = (site.key, site.organ.value, site.province, PROVINCES[site.province].successor, site.status.value)
        rest = (site.since or "", site.successor or "", _now_at(site, sites))
        for host in dict.fromkeys((_host(site.url), *(_host(f"https://{name}") for name in site.hosts))):
            writer.writerow((host, *about, *rest))
    return out.getvalue().encode()


def _now_at(site: Site, sites: Mapping[str, Site]) -> str:
    while site.successor is not None and site.successor in sites:
        site = sites[site.successor]
    return "" if site.status in (SiteStatus.MOVED, SiteStatus.CLOSED) else _host(site.url)


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()
