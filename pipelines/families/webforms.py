"""Pages made by hand in ASP.NET or PHP: layout tables, font tags, one script for all articles (domain.md §3.5)."""

import re
from typing import ClassVar
from urllib.parse import urlsplit

from pipelines.families.links import query
from pipelines.families.product import Marks, Product
from pipelines.page import Page

_SCRIPT = re.compile(r"/(?P<name>[\w-]+)\.(aspx?|php|jsp|cfm)$", re.I)
_DETAIL = re.compile(
    r"(chi[-_]?tiet|detail|xem[-_]?(tin|bai|chitiet)|doc[-_]?(tin|bai)|view[-_]?(news|article|tin|bai|content)|read[-_]?news|show[-_]?news"
    r"|(noi[-_]?dung|nd)[-_]?(tin|bai)|(tin|bai)[-_]?viet|article|news[-_]?(view|item|content))",
    re.I,
)
_KEYS = ("newsid", "tinid", "idtin", "id_tin", "tin_id", "bvid", "baivietid", "articleid", "itemid", "nid", "id", "ma")
_SURE = frozenset(("newsid", "tinid", "idtin", "id_tin", "tin_id", "bvid", "baivietid", "articleid"))
_VALUE = re.compile(r"\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", re.I)
_ROUTED = re.compile(r"/detailview/(?P<id>\d+)/", re.I)
_OTHER = re.compile(
    r"(in-?tin|in-?bai|ban-?in|print\w*|send-?mail|gui-?mail|gui-?tin|captcha|dang-?nhap|log-?in|tim-?kiem|search"
    r"|lien-?he|contact|rss|so-?do|sitemap|y-?kien|binh-?luan|download\w*|tai-?(ve|file|lieu)|(get|view)-?file)",
    re.I,
)
_FONT = re.compile(r"<font\b", re.I)
_MODERN = re.compile(r"<(?:article|main|section|nav|header)\b", re.I)
_TABLE = re.compile(r"<table\b", re.I)


class WebForms(Product):
    """No product at all, but its time's habits: a script's name says what is shown, a parameter says which."""

    name = "webforms"
    ignores_case = True
    marks: ClassVar[Marks] = Marks()
    twin_parameters: ClassVar[re.Pattern[str]] = re.compile(r"^(in|ban-?in|print\w*|prt)$", re.I)

    def recognise(self, page: Page) -> float:
        """View state with the ids or the tables of old; without it only tables and font tags throughout."""
        html = page.html
        state = "__VIEWSTATE" in html
        if state and ("ctl00_" in html or 'id="aspnetForm"' in html):
            return 0.6
        tables = len(_TABLE.findall(html))
        if state and tables >= 3:
            return 0.6
        fonts = len(_FONT.findall(html)) if tables >= 2 else 0
        if (fonts >= 4 and tables >= 4) or (state and tables):
            return 0.4
        if fonts >= 4 and _MODERN.search(html) is None:
            return 0.3
        return 0.3 if (fonts or tables) and self.detail(page.url) is not None else 0.0

    def detail(self, url: str) -> str | None:
        """Numbers count within a table that only its script knows, so the script's name goes before them."""
        path, asked = urlsplit(url).path, query(url)
        if routed := _ROUTED.search(path):
            return routed.group("id")
        key = next((k for k in _KEYS if _VALUE.fullmatch(asked.get(k, ""))), None)
        if key is None:
            return None
        script = _SCRIPT.search(path)
        name = script.group("name") if script else path.rstrip("/").rsplit("/", 1)[-1]
        shown = next((asked[k] for k in ("mod", "module", "option", "act", "view", "do") if asked.get(k)), "")
        if not _DETAIL.search(f"{name} {shown}") and key not in _SURE:
            return None
        what = f"{name}-{shown}" if shown else name
        return f"{what.lower()}:{asked[key].lower()}"

    def is_no_article(self, url: str) -> bool:
        """Scripts that print, send, search or give files."""
        script = _SCRIPT.search(urlsplit(url).path)
        return script is not None and _OTHER.fullmatch(script.group("name")) is not None
