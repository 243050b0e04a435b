"""Is the page an article of this site, whole and in Vietnamese? If not, which outcome and why."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipelines import hijacking, notices, text
from pipelines.blocks import Block, Reader
from pipelines.families.chrome import in_chrome
from pipelines.families.links import is_home, links, never_article, same_page
from pipelines.families.pager import next_page
from pipelines.page import Page, RawPage, parse
from pipelines.stamps import Refusal, bears_stamp, is_classified, stamped
from pipelines.walls import titles, wall
from schemas.outcome import Outcome

__all__ = ["Material", "Refusal", "bears_stamp", "is_classified", "of_article", "of_page", "out_of_scope", "wall"]


_ERROR_PAGE = re.compile(
    r"server error in|runtime error|internal server error|bad gateway|(?:service|gateway|briefly) (?:temporarily )?"
    r"(?:unavailable|time-?out)|unavailable for scheduled|under (?:maintenance|construction)|database error"
    r"|error establishing a database|stack trace|(?:fatal|parse) error|exception (?:details|report)"
    r"|http status [45]\d\d"
    r"|\b(?:404|500|502|503|504)\b|not found|not be found|no longer (?:exists|available)|requested (?:url|resource)"
    r"|too many connections|(?:mysql|sql|ora)[\w-]*(?: error|\(\))|account (?:has been )?suspended|index of /"
    r"|welcome to nginx|error report|unhandled exception|object reference not set"
)
_SHORT = 700
"""Characters of a text up to which it may be a notice."""
_NOTHING = 60
"""Characters of a text that may be some leftover of the page: what the page says elsewhere counts too."""
_THESIS = ("luận văn", "luận án", "khóa luận", "khoá luận", "đồ án tốt nghiệp", "tiểu luận")
_SHARED = re.compile("trang tài liệu này|tải xuống tài liệu|tải về tài liệu|tải tài liệu|trang mẫu của tài liệu", re.I)
_CHAPTER = re.compile(r"^(?:chương\s+[\divx]+\b|\d{1,2}\.\d{1,2}(?:\.\d{1,2})*\.?\s)", re.I)
# an organ's name over a document stands alone and in capitals; more words are a title
_ORGAN = re.compile(
    r"(?:BAN CHẤP HÀNH|(?:TỈNH|THÀNH|HUYỆN|THỊ|QUẬN|ĐẢNG) [ỦU][YỶ]|ĐẢNG BỘ (?:TỈNH|THÀNH PHỐ|HUYỆN|XÃ)"
    r"|THƯỜNG TRỰC HỘI ĐỒNG|(?:HỘI ĐỒNG|[ỦU][YỶ] BAN) NHÂN DÂN"
    r"|ĐOÀN ĐẠI BIỂU QUỐC HỘI|ĐẢNG CỘNG SẢN VIỆT NAM|[ỦU][YỶ] BAN KIỂM TRA"
    r"|BAN (?:TUYÊN GIÁO|TỔ CHỨC|DÂN VẬN|NỘI CHÍNH))\b"
)
_ISSUED = re.compile(r"\bsố\s*:?\s*\d+\s*[-/]|ngày\s+\d{1,2}\s+tháng\s+\d{1,2}\s+năm\s+\d{4}", re.I)


def of_page(page: Page) -> Refusal | None:
    """What can be told before the article is read: walls, hijacking."""
    if (outcome := wall(page)) is not None:
        return Refusal(outcome, f"the page is a wall: {outcome.value}")
    said = hijacking.hidden_links(page)
    return Refusal(Outcome.HIJACKED, said) if said else None


def of_nothing(page: Page) -> Refusal:
    """Of a page on which the family found no article: what the page says of that, if anything."""
    page = _whole(page)
    if (outcome := notices.of_page(page)) is not None:
        return Refusal(outcome, "the page says that there is nothing here")
    if _is_error_page(page, ""):
        return Refusal(Outcome.SOFT_404, "the page is a server's error message")
    return Refusal(Outcome.NOT_AN_ARTICLE, "no article on the page")


def of_article(page: Page, title: str, blocks: Sequence[Block], found: "Material") -> Refusal | None:
    """What can be told once it was read: emptiness, listings, soft 404s, language, stamps of restriction."""
    words = " ".join(block.text for block in blocks)
    if len(words) < _SHORT:
        words = " ".join(block.text for block in blocks if not notices.is_imprint(block.text))
    rich = bool(found.attachments or found.captions)
    if not rich and len(words) < _SHORT and (outcome := _announces(page, title, blocks, words)) is not None:
        return Refusal(outcome, "the page says that there is nothing here")
    if _is_listing(page, title, blocks, found):
        return Refusal(Outcome.NOT_AN_ARTICLE, "the page lists articles and is none")
    if len(words) < _SHORT and not rich and _is_no_place(page, title, len(words), found.dated):
        return Refusal(Outcome.NOT_AN_ARTICLE, "the page is a section or a form of the site, with a few words on it")
    if len(words.split()) < 5 and not rich:
        whole = _whole(page)
        if _lists_teasers(whole):
            return Refusal(Outcome.NOT_AN_ARTICLE, "the page lists articles and is none")
        if _is_error_page(whole, words):
            return Refusal(Outcome.SOFT_404, "the page is a server's error message")
        if next_page(page) is not None:
            return Refusal(Outcome.NOT_AN_ARTICLE, "the page is one of several of a listing")
        return Refusal(Outcome.TOO_SHORT, "the article has no text, picture story or document")
    if (refusal := stamped(blocks)) is not None:
        return refusal
    if hijacking.retitled(page, title) or hijacking.advertises(title, words):
        return Refusal(Outcome.HIJACKED, "the page advertises gambling")
    middle = len(words) // 2
    if not text.looks_vietnamese(f"{title} {words[:300]} {words[middle : middle + 300]}"):
        if _is_error_page(_whole(page), words):
            return Refusal(Outcome.SOFT_404, "the page is a server's error message")
        return Refusal(Outcome.WRONG_LANGUAGE, "the text is not Vietnamese")
    return None


@dataclass(frozen=True)
class Material:
    """What of an article beside its text bears on the verdict."""

    attachments: int = 0
    captions: tuple[str, ...] = ()
    article_links: int = 0
    """Links in the container that look like other articles."""
    teasers: int = 0
    """Those that are each followed by a text, as in a listing."""
    siblings: int = 0
    """Boxes beside the container that are made like it and headed by a link each."""
    dated: bool = False
    """Whether the product marks a date on the article."""


def out_of_scope(page: Page, title: str, blocks: Sequence[Block]) -> bool:
    """Whether a text without a site is a thesis or a slice of one: no organ, number or date of an issue over it."""
    thesis = any(mark in head for head in (title.lower(), *map(str.lower, titles(page))) for mark in _THESIS)
    if not thesis:
        chapters = any(_CHAPTER.match(block.text) for block in blocks)
        if not chapters or _SHARED.search(page.html) is None:
            return False
    over = [block.text for block in blocks[:12] if len(block.text) < 150]
    # a thesis names organs too: they are what it is about
    return not any(_ISSUED.search(line) or (not thesis and _is_organ(line)) for line in over)


def _is_organ(line: str) -> bool:
    return line.isupper() and len(line.split()) <= 9 and _ORGAN.match(line) is not None


def _announces(page: Page, title: str, blocks: Sequence[Block], words: str) -> Outcome | None:
    """What a text of few words announces instead of telling something."""
    if (outcome := notices.of_lines([title, *(block.text for block in blocks)])) is not None:
        return outcome
    return notices.of_page(_whole(page)) if len(words) < _NOTHING else None


def _whole(page: Page) -> Page:
    """The page with all that the family pruned; read again, which only pages without an article cost."""
    return parse(RawPage(page.url, page.html.encode(), page.fetched_at))


def _is_error_page(page: Page, words: str) -> bool:
    """Whether a page that is not in Vietnamese is a server's error message; `page` as it came."""
    body = page.tree.find("body")
    said = words or " ".join((body if body is not None else page.tree).itertext())[:600]
    heads = " ".join((*titles(page), said[:600])).lower()
    return _ERROR_PAGE.search(heads) is not None and not text.looks_vietnamese(said)


def _may_retell(page: Page, blocks: Sequence[Block]) -> bool:
    """Whether a link ends shortly before most paragraphs in the page's source: cheap, and `_retells` needs it."""
    told = [block.text[:30] for block in blocks if len(block.text) >= 60][:8]
    far = 0
    for words in told:
        at = page.html.find(words)
        far += at >= 0 and "</a>" not in page.html[max(0, at - 400) : at]
        if far > 0.4 * len(told):
            return False
    return len(told) >= 3


def _retells(page: Page, blocks: Sequence[Block]) -> bool:
    """Whether the text is what stands under the headlines of a list: most paragraphs follow a link of their own."""
    body = page.tree.find("body")
    lines = Reader("").read(body if body is not None else page.tree).blocks
    under = {after.text for link, after in pairwise(lines) if link.link_share >= 0.5 and len(link.text) >= 20}
    told = [block.text for block in blocks if len(block.text) >= 60]
    return len(told) >= 3 and sum(words in under for words in told) >= 0.6 * len(told)


def _lists_teasers(page: Page) -> bool:
    """Whether at least three headlines are links with a text of their own below them, a date perhaps between."""
    body = page.tree.find("body")
    lines = Reader("").read(body if body is not None else page.tree).blocks
    told = 0
    for at, line in enumerate(lines):
        if line.link_share >= 0.5 and len(line.text) >= 20:
            told += any(len(below.text) >= 60 and below.link_share < 0.5 for below in lines[at + 1 : at + 3])
    return told >= 3


def _is_listing(page: Page, title: str, blocks: Sequence[Block], found: Material) -> bool:
    prose = [len(b.text) for b in blocks if b.link_share < 0.5]
    if is_home(page.url) and page.url.startswith("http") and found.article_links >= 5:
        return True
    if found.siblings >= 3 or (found.teasers >= 3 and found.teasers >= 0.25 * len(prose)):
        return True
    if found.article_links < 5:
        few = len(prose) <= 30 and _may_retell(page, blocks)
        return few and _is_section(page, title) and _retells(_whole(page), blocks)
    told = sum(size for size in prose if size >= 60)
    return told < 200 or (told < 60 * found.article_links and _is_section(page, title))


def _is_section(page: Page, title: str) -> bool:
    """Whether the page is named as an entry of the site's menu, or goes on on further pages."""
    return _in_menu(page, title) or next_page(page) is not None


def _is_no_place(page: Page, title: str, size: int, dated: bool) -> bool:
    """Whether a page of few words is where the site keeps no articles; `dated`: a date is marked on it.

    The first date of a page with a pager is a listed article's.
    """
    if not dated and page.url.startswith("http") and never_article(page.url):
        return True
    return size < _SHORT / 2 and _in_menu(page, title) and (not dated or next_page(page) is not None)


def _in_menu(page: Page, title: str) -> bool:
    """Whether a menu has an entry of this name; old pages have it in a table, so that a short name is enough."""
    name = text.fold(title)
    short = len(name.split()) <= 5
    return bool(name) and any(
        text.fold(link.text) == name and (in_chrome(link.element) or (short and not same_page(link.url, page.url)))
        for link in links(page)
        if abs(len(link.text) - len(title)) <= 2
    )
