"""DotNetNuke (DNN), whatever news module and skin. Facts: domain.md §3.3; ids and panes are the core's own."""

import re
from typing import ClassVar
from urllib.parse import urlsplit

from pipelines.families.links import query
from pipelines.families.product import Marks, Product, classed
from pipelines.page import Page

_KEYED = re.compile(r"/(itemid|articleid|ndid|newsid|post|postid|nid|tinid|idtin|baivietid)/(\d+)(?=/|$|\.)", re.I)
_KEYS = ("itemid", "articleid", "newsid", "ndid", "postid", "nid", "tinid")
_TAB = re.compile(r"/tabid/(\d+)(?=/)", re.I)
_CATEGORY = re.compile(
    r"(/(language/[\w-]+|(cat|cate|catid|cateid|categoryid|category|groupid|zoneid|chuyenmuc|chuyenmucid)/\d+))*/default\.aspx",
    re.I,
)
"""What follows a tab's number where the tab as a whole is shown, or a category of it."""
_CONTROL = re.compile(
    r"/ctl/(login|logoff|register|sendpassword|terms|privacy|profile|edit\w*|module)(?=/|$)|/linkclick\.aspx"
    r"|/(desktopmodules|portals|providers|userid|searchid)/|/(search-?results?|login|register)(\.aspx)?/?$",
    re.I,
)


class DotNetNuke(Product):
    """DNN: key and number stand in the path (`/ItemID/12/`), modules have numbers of their own (`dnn_ctr412_`)."""

    name = "dotnetnuke"
    ignores_case = True
    marks: ClassVar[Marks] = Marks(
        scope=(
            "//*[starts-with(@id,'dnn_ctr') and contains(@id,'_ModuleContent')]",
            classed("DNNModuleContent", "DnnModule"),
            "//*[starts-with(@id,'dnn_') and contains(@id,'ContentPane')]",
        ),
        published=(
            "//*[starts-with(@id,'dnn_ctr') and (contains(@id,'lblPublishDate') or contains(@id,'lblDatePublish')"
            " or contains(@id,'lblNgayDang') or contains(@id,'lblCreatedDate'))]",
        ),
        chrome=(
            classed(
                "DnnModule-UsersOnline",
                "DnnModule-Polls",
                "DnnModule-Survey",
                "DnnModule-SurveyList",
                "dnnActionMenu",
                "DnnModule-Feedback",
                "eds_commentBox",
                "SkinObject",
            ),
            "//*[contains(@id,'_dnnPRINTMODULE') or contains(@id,'_dnnACTION') or contains(@id,'_dnnSYNDICATE')"
            " or contains(@id,'_dnnTITLE_')]",
        ),
    )
    twin_parameters: ClassVar[re.Pattern[str]] = re.compile(
        r"^(dnnprintmode|skinsrc|containersrc|popup|mobileview)$", re.I
    )

    def recognise(self, page: Page) -> float:
        """The generator, then the ids and paths that core writes into every page."""
        for meta in page.tree.iterfind(".//head/meta"):
            if (meta.get("name") or "").lower() == "generator":
                made = (meta.get("content") or "").strip().lower()
                if made.startswith(("dotnetnuke", "dnn")):
                    return 1.0
        html = page.html
        if "__dnnVariable" in html or 'id="dnn_ctr' in html or "id='dnn_ctr" in html:
            return 0.98
        if 'id="dnn_' in html or any(f'="/{folder}/' in html for folder in ("Portals/_default", "DesktopModules")):
            return 0.9
        return 0.0

    def detail(self, url: str) -> str | None:
        """`itemid` numbers belong to a module, so to its tab; the other keys to one table of the site."""
        path, asked = urlsplit(url).path, query(url)
        if keyed := _KEYED.search(path):
            key, number = keyed.group(1).lower(), keyed.group(2)
        else:
            key = next((k for k in _KEYS if asked.get(k, "").isdecimal()), "")
            number = asked.get(key, "")
        if not key:
            return None
        if key != "itemid":
            return f"{key}:{number}"
        tab = _TAB.search(path)
        return f"{tab.group(1) if tab else asked.get('tabid') or _first(path)}:{number}"

    def is_category(self, url: str) -> bool:
        """A tab that names no item."""
        path = urlsplit(url).path
        tab = _TAB.search(path)
        return tab is not None and _CATEGORY.fullmatch(path, tab.end()) is not None and self.detail(url) is None

    def is_no_article(self, url: str) -> bool:
        """Logins, controls, and files behind `LinkClick.aspx`."""
        asked = query(url).get("ctl", "").lower()
        return _CONTROL.search(urlsplit(url).path) is not None or asked in ("login", "register", "terms", "privacy")


def _first(path: str) -> str:
    """The first segment before the key: the tab's own name."""
    return next((s for s in path.lower().split("/") if s), "")
