"""Document-sharing pages: the text of a PDF in a page. Facts: domain.md §4 (seed 3); there is no one product."""

import re
from typing import ClassVar
from urllib.parse import urlsplit

from pipelines.families.product import Marks, Product, classed
from pipelines.page import Page

_DOCUMENT = re.compile(
    r"/(?:tai-?lieu|document|doc|van-?ban|luan-van|ebook|xem-tai-lieu)/(?:[^/]+-)?(?P<id>\d{2,})(?:-[^/]+)?(?:\.html?|\.htm|/)?$",
    re.I,
)
_LETTERED = re.compile(r"/(?P<id>\d{4,})-[^/]+\.html?$", re.I)
_SAID = re.compile(
    r"xem toàn bộ \d+ trang tài liệu|trang mẫu của tài liệu|bạn đang xem (?:trang|\d+ trang)[^<]{0,40}tài liệu", re.I
)
_OTHER = re.compile(r"/(tai-ve|download|tai-xuong|dang-(tai|nhap|ky)|upload|thanh-vien|user|nap-tien)(/|$)", re.I)
_CATEGORY = re.compile(r"/(danh-muc|chu-de)(/|$)", re.I)


class DocShare(Product):
    """A viewer's page: one line of a PDF in each element, the site's own offers between them."""

    name = "docshare"
    marks: ClassVar[Marks] = Marks(
        scope=("//*[@id='page-container'][.//*[contains(@class,'pf ')]]", classed("textLayer")),
        chrome=(classed("related-in", "loading-indicator", "annotationLayer"),),
    )

    def recognise(self, page: Page) -> float:
        """What such viewers print under a slice; the classes of pdf2htmlEX and pdf.js."""
        html = page.html
        if "pdf2htmlEX" in html or 'class="textLayer"' in html:
            return 0.7
        return 0.7 if "trang" in html and "ài liệu" in html and _SAID.search(html) else 0.0

    def detail(self, url: str) -> str | None:
        """The number of the document."""
        path = urlsplit(url).path
        elsewhere = _OTHER.search(path) or _CATEGORY.search(path)
        found = None if elsewhere else _DOCUMENT.search(path) or _LETTERED.search(path)
        return found.group("id") if found else None

    def is_category(self, url: str) -> bool:
        """Categories and topics."""
        return _CATEGORY.search(urlsplit(url).path) is not None

    def is_no_article(self, url: str) -> bool:
        """Downloads and accounts."""
        return _OTHER.search(urlsplit(url).path) is not None
