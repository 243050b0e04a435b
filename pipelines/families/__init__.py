"""The CMS products that are known, one module each, and how a page is told to be of one."""

from collections.abc import Mapping
from types import MappingProxyType

from pipelines.families.base import DateClaim, Family, Found, Listing
from pipelines.families.docshare import DocShare
from pipelines.families.dotnetnuke import DotNetNuke
from pipelines.families.generic import Generic
from pipelines.families.liferay import Liferay
from pipelines.families.nukeviet import NukeViet
from pipelines.families.sharepoint import SharePoint
from pipelines.families.vnpt import Vnpt
from pipelines.families.webforms import WebForms
from pipelines.families.wordpress import WordPress
from pipelines.page import Page

_KNOWN: tuple[Family, ...] = (
    NukeViet(),
    WordPress(),
    DotNetNuke(),
    Liferay(),
    SharePoint(),
    Vnpt(),
    WebForms(),
    DocShare(),
    Generic(),
)
FAMILIES: Mapping[str, Family] = MappingProxyType({family.name: family for family in _KNOWN})
"""Every family by its name, as a site's TOML spells it."""
_CERTAIN = 0.98
"""What only a product's own words give: no other family is asked then."""


def recognise(page: Page) -> Family:
    """The family that is surest of the page; `generic` when none is."""
    best, most = FAMILIES["generic"], 0.0
    for family in FAMILIES.values():
        sure = family.recognise(page)
        if sure > most:
            best, most = family, sure
        if most >= _CERTAIN:
            break
    return best


__all__ = ["FAMILIES", "DateClaim", "Family", "Found", "Listing", "recognise"]
