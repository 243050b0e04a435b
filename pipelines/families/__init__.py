"""The CMS products that are known, one module each, and how a page is told to be of one."""

from collections.abc import Mapping
from types import MappingProxyType

from pipelines.families.base import DateClaim, Family, Found, Listing
from pipelines.families.generic import Generic
from pipelines.families.nukeviet import NukeViet
from pipelines.families.wordpress import WordPress
from pipelines.page import Page

FAMILIES: Mapping[str, Family] = MappingProxyType({f.name: f for f in (NukeViet(), WordPress(), Generic())})
"""Every family by its name, as a site's TOML spells it."""


def recognise(page: Page) -> Family:
    """The family that is surest of the page; `generic` when none is."""
    best, surest = FAMILIES["generic"], 0.0
    for family in FAMILIES.values():
        sure = family.recognise(page)
        if sure >= 1.0:  # the product names itself
            return family
        if sure > surest:
            best, surest = family, sure
    return best


__all__ = ["FAMILIES", "DateClaim", "Family", "Found", "Listing", "recognise"]
