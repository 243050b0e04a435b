"""Sites that moved, and the sites that carry their articles on. Pure."""

from collections.abc import Mapping

from schemas.site import Site, SiteKey, SiteStatus


def problems(sites: Mapping[str, Site]) -> dict[SiteKey, str]:
    """What is wrong with the successor that a site names, by the site's key."""
    found: dict[SiteKey, str] = {}
    for key, site in sites.items():
        if site.successor is None:
            continue
        if site.successor not in sites:
            found[key] = f"no site that can be read has the key {site.successor!r}"
        elif site.status is not SiteStatus.MOVED:
            found[key] = f'only a site with status = "moved" has one, and this one is {site.status.value}'
        elif key in heirs(sites, key):
            found[key] = f"{' -> '.join((key, *heirs(sites, key)))} is a circle"
    return found


def heirs(sites: Mapping[str, Site], key: str) -> tuple[SiteKey, ...]:
    """The successors of a site, the next one first; of a circle each site once, the last one being its first."""
    line: list[SiteKey] = []
    while key in sites and (following := sites[key].successor) is not None and following not in line:
        line.append(key := following)
    return tuple(line)


def heir(sites: Mapping[str, Site], key: str) -> Site | None:
    """The site that carries on the articles of a moved one today; None: it has no successor."""
    return sites[line[-1]] if (line := heirs(sites, key)) else None


def carried_on(sites: Mapping[str, Site]) -> dict[SiteKey, Site]:
    """The sites, each with those whose articles it carries on."""
    before: dict[SiteKey, list[SiteKey]] = {}
    for key in sorted(sites):
        for following in heirs(sites, key):
            before.setdefault(following, []).append(key)
    return {
        key: site.model_copy(update={"carries_on": tuple(before[key])}) if key in before else site
        for key, site in sites.items()
    }
