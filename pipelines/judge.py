"""Is the page an article of this site, whole and in Vietnamese? If not, which outcome and why."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement

from pipelines import text
from pipelines.blocks import Block, Reader, hidden
from pipelines.families.links import host, is_home
from pipelines.page import Page
from pipelines.stamps import Refusal, is_classified, stamped
from pipelines.walls import titles, wall
from schemas.outcome import Outcome

__all__ = [
    "Material",
    "Refusal",
    "advertises",
    "is_classified",
    "missing",
    "of_article",
    "of_page",
    "out_of_scope",
    "says_gone",
    "wall",
]


_MISSING = re.compile(
    r"\b404\b|không (?:được )?tìm thấy|không tồn tại|page not found|not be found|no longer (?:exists|available)"
    r"|(?:đã )?bị (?:xóa|xoá|gỡ)(?: bỏ)?\b|lỗi truy cập|(?:trang|nội dung|dữ liệu) (?:này )?đang (?:được )?cập nhật"
    r"|(?:không|chưa) có (?:dữ liệu|nội dung|bài viết)"
    r"|(?:hệ thống|trang|cổng|website)[^.]{0,40} đang [^.]{0,20}(?:bảo trì|nâng cấp)"
)
_GONE = re.compile(
    r"(?:bài viết|bản tin|tin bài|nội dung|trang|văn bản|địa chỉ|đường dẫn|liên kết)[^.]{0,50}"
    r"(?:không (?:còn )?tồn tại|không (?:được )?tìm thấy|bị (?:xóa|xoá|gỡ))|không tìm thấy (?:trang|bài viết|nội dung)"
)
_ERROR_PAGE = re.compile(
    r"server error in|runtime error|internal server error|bad gateway|service unavailable|database error"
    r"|error establishing a database|stack trace|fatal error|exception details"
)
_GAMBLING = (
    "nhà cái",
    "casino",
    "nổ hũ",
    "baccarat",
    "tài xỉu",
    "xóc đĩa",
    "kubet",
    "jun88",
    "789bet",
    "188bet",
    "fun88",
    "fb88",
    "shbet",
    "hi88",
    "new88",
    "8xbet",
    "kèo bóng đá",
    "tỷ lệ kèo",
    "soi cầu",
    "rồng bạch kim",
    "cá cược",
    "lô đề online",
    "slot game",
    "bắn cá đổi thưởng",
    "game bài đổi thưởng",
    "slot gacor",
    "judi",
    "togel",
    "viagra",
    "cialis",
)
_GAMBLES = re.compile("|".join(map(re.escape, _GAMBLING)))
_OUTWARD = etree.XPath("descendant::a[contains(@href, '//')]")
_OFFSCREEN = re.compile(r"(left|top|text-indent)\s*:\s*-\d{3,}|height\s*:\s*[01]px|opacity\s*:\s*0\b")
_AGAINST = re.compile(r"phòng|chống|đấu tranh|triệt phá|bắt|xử lý|tệ nạn|cảnh báo|ngăn chặn|khởi tố|tuyên truyền")
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
    return _hijacked(page)


def of_article(page: Page, title: str, blocks: Sequence[Block], found: "Material") -> Refusal | None:
    """What can be told once it was read: emptiness, listings, soft 404s, language, stamps of restriction."""
    words = " ".join(block.text for block in blocks)
    rich = bool(found.attachments or found.captions)
    heads = " ".join((title, words[:300])).lower()
    short = len(words) < 700 and not found.attachments
    if short and (_ERROR_PAGE.search(heads) or missing(title, words) or _says_missing(page, words)):
        return Refusal(Outcome.SOFT_404, "the page says that there is nothing here")
    if _is_listing(page, blocks, found):
        return Refusal(Outcome.NOT_AN_ARTICLE, "the page lists articles and is none")
    if len(words.split()) < 5 and not rich:
        return Refusal(Outcome.TOO_SHORT, "the article has no text, picture story or document")
    if (refusal := stamped(blocks)) is not None:
        return refusal
    if advertises(title, words):
        return Refusal(Outcome.HIJACKED, "the text advertises gambling")
    if not text.looks_vietnamese(f"{title} {words[:1500]}"):
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


def out_of_scope(page: Page, title: str, blocks: Sequence[Block]) -> bool:
    """Whether a text without a site is a thesis or a slice of one: no organ, number or date of an issue over it."""
    heads = " ".join([title, *titles(page)]).lower()
    thesis = any(mark in heads for mark in _THESIS)
    if not thesis:
        chapters = any(_CHAPTER.match(block.text) for block in blocks)
        if not chapters or _SHARED.search(page.html) is None:
            return False
    over = [block.text for block in blocks[:12] if len(block.text) < 150]
    # a thesis names organs too: they are what it is about
    return not any(_ISSUED.search(line) or (not thesis and _is_organ(line)) for line in over)


def _is_organ(line: str) -> bool:
    return line.isupper() and len(line.split()) <= 9 and _ORGAN.match(line) is not None


def advertises(title: str, words: str) -> bool:
    """Whether a text is an advertisement for gambling; one that fights it is none."""
    head, said = title.lower(), words.lower()
    if _AGAINST.search(head):
        return False
    if _GAMBLES.search(head):
        return True
    return _GAMBLES.search(said) is not None and sum(mark in said for mark in _GAMBLING) >= 4


def missing(title: str, words: str) -> bool:
    """Whether a short text under its title says that what was asked for is not there."""
    head, said = title.lower(), words.lower()
    if len(said.split()) >= 80:
        return False
    if len(head) < 90 and _MISSING.search(head):
        return True
    return (
        len(said.split()) < 50
        and _MISSING.search(said) is not None
        and not re.search(r"\b(ngày|sáng|chiều)\s+\d", said)
    )


def says_gone(line: str) -> bool:
    """Whether a short line is the notice that a page or an article is gone."""
    return len(line) <= 140 and _GONE.search(line.lower()) is not None


def _says_missing(page: Page, words: str) -> bool:
    """Whether some short line of a page without prose says that the article is gone."""
    if len(words) >= 300:
        return False
    body = page.tree.find("body")
    lines = Reader("").read(body if body is not None else page.tree).blocks
    return any(says_gone(b.text) for b in lines if b.link_share < 0.5)


def _is_listing(page: Page, blocks: Sequence[Block], found: Material) -> bool:
    prose = [len(b.text) for b in blocks if b.link_share < 0.5]
    if is_home(page.url) and page.url.startswith("http") and found.article_links >= 5:
        return True
    if found.teasers >= 3 and found.teasers >= 0.25 * len(prose):
        return True
    return found.article_links >= 5 and sum(size for size in prose if size >= 60) < 200


def _hijacked(page: Page) -> Refusal | None:
    here = host(page.url)
    concealed = 0
    for anchor in _OUTWARD(page.tree):
        href = anchor.get("href")
        said = f"{''.join(anchor.itertext())} {href}".lower()
        if _GAMBLES.search(said) and host(href) != here:
            concealed += any(hidden(n) or _offscreen(n) for n in (anchor, *anchor.iterancestors()))
    if concealed >= 3:
        return Refusal(Outcome.HIJACKED, f"{concealed} hidden links to gambling sites")
    return None


def _offscreen(node: HtmlElement) -> bool:
    return _OFFSCREEN.search(node.get("style") or "") is not None
