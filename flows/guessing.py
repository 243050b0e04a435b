"""Who is behind a site that nobody has described: name, organ, province and key, read off its home page and host."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipelines.page import Page
from schemas.provinces import PROVINCES
from schemas.site import Organ

_ORGANS = (
    (Organ.COUNCIL, re.compile(r"hđnd|hội đồng nhân dân|đbqh|đại biểu quốc hội|hdnd|dbqh")),
    (
        Organ.PARTY_DEPARTMENT,
        re.compile(
            r"tuyên giáo|ban tổ chức|dân vận|nội chính|[ủu][ỷy] ban kiểm tra|tuyengiao|bantochuc|danvan|noichinh|ubkt"
        ),
    ),
    (Organ.PARTY, re.compile(r"(?:tỉnh|thành) [ủu][ỷy]|đảng bộ|tinhuy|thanhuy|dangbo")),
    (Organ.PAPER, re.compile(r"\bbáo\b(?! cáo)|(?:^|\.)bao")),
)
_NAME = 120
"""Characters of a name at most."""


@dataclass(frozen=True)
class Guess:
    """What shows; None where nothing does."""

    name: str | None = None
    organ: Organ | None = None
    province: str | None = None

    def key(self, url: str) -> str:
        """`cao-bang-council`; a site that does not say whose it is goes by its host."""
        if self.organ and self.province:
            return f"{self.province}-{'department' if self.organ is Organ.PARTY_DEPARTMENT else self.organ}"
        host = (urlsplit(url).hostname or "").removeprefix("www.")
        return re.sub(r"[^a-z0-9]+", "-", host).strip("-")[:60].strip("-") or "site"


def guess(url: str, home: Page | None) -> Guess:
    """Read the signs of a site; the home page's own words go before its host's."""
    name = _name(home) if home is not None else None
    host = (urlsplit(url).hostname or "").lower().removeprefix("www.")
    said = (name or "").lower()
    organ = next((one for text in (said, host) for one, sign in _ORGANS if text and sign.search(text)), None)
    return Guess(name, organ, _province(said, host))


def _name(home: Page) -> str | None:
    """The site's name as its home page gives it, without what a page adds to it."""
    given = home.tree.xpath("//meta[@property='og:site_name']/@content") + home.tree.xpath("//head/title/text()")
    for said in given:
        parts = re.split(r"\s+[|–—-]\s+|\s*[|»]\s*", " ".join(str(said).split()))
        named = [part for part in parts if part and not re.match(r"(?i)trang (?:chủ|nhất)$|home$", part)]
        if named:
            return unicodedata.normalize("NFC", named[0])[:_NAME]
    return None


def _province(said: str, host: str) -> str | None:
    """The province whose name the text has, the longest first, else whose letters the host has."""
    for one in sorted(PROVINCES.values(), key=lambda p: -len(p.name)):
        if re.search(rf"(?<!\w){re.escape(one.name.lower())}(?!\w)", said):
            return one.slug
    letters = re.sub(r"[^a-z0-9]", "", host)
    found = [slug for slug in PROVINCES if slug.replace("-", "") in letters]
    return max(found, key=len, default=None)
