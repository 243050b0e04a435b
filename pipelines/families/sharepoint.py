"""SharePoint, and the Vietnamese product at `/portal/pages/YYYY-MM-DD/`. Facts: domain.md §3.5."""

import re
from typing import ClassVar
from urllib.parse import urlsplit

from pipelines.families.links import host, query, squeeze
from pipelines.families.product import Marks, Product, classed
from pipelines.page import Page

_DAY = re.compile(r"/portal/pages/\d{4}-\d{1,2}-\d{1,2}/(?P<slug>[^/]+?)(?:\.aspx)?$", re.I)
_NUMBER = re.compile(r"-(\d+)$")
_FORM = re.compile(r"/lists/(?P<list>[^/]+)/dispform\.aspx$", re.I)
_DETAIL = re.compile(r"/(chi-?tiet|detail|xem|view|news-?detail|dispform)[\w-]*\.aspx$", re.I)
_KEYS = ("itemid", "newsid", "articleid", "tinid", "idtin", "bvid", "id")
_OTHER = re.compile(
    r"/_(layouts|catalogs|vti_bin|vti_pvt|controltemplates|login|windows|forms)/|/forms/\w+\.aspx$|/style library/"
    r"|/style%20library/|/(publishingimages|siteassets|sitecollectionimages)/|/portal/pages/print\.aspx$"
    r"|/pages/(search|results|tim-?kiem|sitemap|so-?do\w*|lien-?he)\.aspx$|/(newform|editform)\.aspx$",
    re.I,
)
_CATEGORY = re.compile(
    r"/portal/kenhtin/[^/]+|/lists/[^/]+/allitems\.aspx$|/pages/(home|default|trang-?chu|index)\.aspx$", re.I
)
_PORTAL_LINK = re.compile(
    r"""(?:href|action)=["'](?P<host>https?://[^/"']+)?/portal/(?:pages/\d{4}-\d|kenhtin/)""", re.I
)


class SharePoint(Product):
    """SharePoint's own pages by item number, or dated paths of the portal product."""

    name = "sharepoint"
    ignores_case = True
    marks: ClassVar[Marks] = Marks(
        scope=(
            classed("ms-rtestate-field"),
            "//*[contains(@id,'__ControlWrapper_RichHtmlField')]",
            "//*[contains(@id,'_PlaceHolderMain_') and not(self::input or self::a or self::span)]",
            "//*[@id='DeltaPlaceHolderMain' or @id='MSO_ContentTable']",
            classed("article-content", "ms-webpart-zone", "ms-WPBody"),
        ),
        published=(classed("date-line", "article-date", "ms-dateline"),),
        author=(classed("article-byline"),),
        chrome=(
            classed("ms-navigation", "ms-quicklaunch", "ms-breadcrumb", "ms-socialNotif-Container", "ms-comm-heroLink"),
            "//*[@id='s4-ribbonrow' or @id='suiteBarDelta' or @id='DeltaPlaceHolderLeftNavBar' or @id='sideNavBox'"
            " or @id='s4-leftpanel' or @id='ms-designer-ribbon']",
        ),
    )
    twin_parameters: ClassVar[re.Pattern[str]] = re.compile(r"^(isdlg|printview|mobile)$", re.I)
    idle_parameters: ClassVar[re.Pattern[str]] = re.compile(
        r"^(source|contenttypeid|rootfolder|initialtabid|visibilitycontext)$", re.I
    )

    def recognise(self, page: Page) -> float:
        """The generator and what its master pages cannot do without; of the portal product its links."""
        for meta in page.tree.iterfind(".//head/meta"):
            if (meta.get("name") or "").lower() == "generator" and "sharepoint" in (meta.get("content") or "").lower():
                return 1.0
        html = page.html
        if "_spPageContextInfo" in html or "ngAppSharepoint" in html:
            return 0.98
        if "ctl00_PlaceHolderMain_" in html or 'id="s4-workspace' in html or '="/_layouts/' in html:
            return 0.96
        if "/Style Library/" in html or "/Style%20Library/" in html:
            return 0.9
        here = host(page.url)
        linked = "/portal/" in html or "/Portal/" in html
        if linked and any(not m.group("host") or host(m.group("host")) == here for m in _PORTAL_LINK.finditer(html)):
            return 0.85
        return 0.8 if _DAY.search(urlsplit(page.url).path) else 0.0

    def detail(self, url: str) -> str | None:
        """Numbers count within a list, so its name (or the page that shows it) goes before them."""
        path, asked = urlsplit(url).path, query(url)
        if day := _DAY.search(path):
            number = _NUMBER.search(day.group("slug"))
            return number.group(1) if number else ""
        key = next((k for k in _KEYS if re.fullmatch(r"\d+|[0-9a-f-]{36}", asked.get(k, ""), re.I)), None)
        if key is None or (key == "id" and not _DETAIL.search(path)):
            return None
        form = _FORM.search(path)
        kept = form.group("list") if form else squeeze(asked.get("l") or asked.get("list") or "")
        page = path.rsplit("/", 1)[-1].removesuffix(".aspx")
        return f"{(kept or page).lower()}:{asked[key].lower()}"

    def is_category(self, url: str) -> bool:
        """Channels of the portal product, views of a list, and the front page of a site within the site."""
        return _CATEGORY.search(urlsplit(url).path) is not None

    def is_no_article(self, url: str) -> bool:
        """The product's own folders, forms and print pages."""
        return _OTHER.search(urlsplit(url).path) is not None
