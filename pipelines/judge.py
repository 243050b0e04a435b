"""Is the page an article of this site, whole and in Vietnamese? If not, which outcome and why."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

from pipelines import text
from pipelines.blocks import Block, Reader, hidden
from pipelines.families.links import host, in_chrome, is_home, links, squeeze
from pipelines.page import Page, RawPage, UnreadablePage, parse
from schemas.outcome import Outcome


@dataclass(frozen=True)
class Refusal:
    """Why a page is no article to publish."""

    reason: Outcome
    detail: str


_BLOCKED = re.compile(
    r"request rejected|requested url was rejected|support id is|attention required|just a moment\.\.\.|checking your browser"
    r"|verify(ing)? (that )?you are (a )?human|cf-challenge|challenge-platform|access denied|403 forbidden|incapsula|web application firewall"
    r"|mod_security|sucuri website firewall|truy cập (của bạn )?(đã )?bị (từ chối|chặn)|xác (minh|nhận) (bạn )?không phải (là )?(robot|người máy)"
    r"|ddos protection|too many requests|document\.cookie\s*=[^;]{0,200};?[^<]{0,80}location\.(reload|href)",
    re.I,
)
_SESSION = re.compile(
    r"phiên (làm việc|đăng nhập|truy cập|giao dịch)[^.]{0,30}(đã )?(hết hạn|kết thúc|hết hiệu lực)|session (has )?(expired|timed? ?out)"
    r"|hết phiên (làm việc|đăng nhập)",
    re.I,
)
_LOGIN = re.compile(r"đăng nhập|log ?in|sign ?in|single sign|xác thực", re.I)
_MISSING = re.compile(
    r"\b404\b|không (được )?tìm thấy|không tồn tại|page not found|not be found|no longer (exists|available)"
    r"|(đã )?bị (xóa|xoá|gỡ)( bỏ)?\b|lỗi truy cập|(trang|nội dung|dữ liệu) (này )?đang (được )?cập nhật|không có (dữ liệu|nội dung|bài viết)"
    r"|chưa có (dữ liệu|nội dung|bài viết)",
    re.I,
)
_ERROR_PAGE = re.compile(
    r"server error in|runtime error|internal server error|bad gateway|service unavailable|database error"
    r"|error establishing a database|stack trace|fatal error|exception details",
    re.I,
)
_GAMBLING = re.compile(
    r"nhà cái|casino|nổ hũ|baccarat|tài xỉu|xóc đĩa|kubet|\bku ?casino|jun88|789bet|188bet|\bw88\b|fun88|\bbk8\b|m88\b|fb88"
    r"|shbet|hi88|new88|\b8xbet|kèo (nhà cái|bóng đá)|tỷ lệ kèo|soi cầu|rồng bạch kim|cá cược|lô đề (online|trực tuyến)"
    r"|slot game|bắn cá đổi thưởng|game bài đổi thưởng|slot gacor|judi|togel|viagra|cialis|đại lý cấp 1",
    re.I,
)
_STAMP = re.compile(r"^[\[(<«|\s]*(?:độ mật\s*:?\s*)?(TUYỆT|TỐI)?\s*M\s?Ậ\s?T[\])>»|\s.]*$")
_STAMP_BYTES = re.compile(
    rb"M ?(?:\xe1\xba\xac|\xc3\x82\xcc\xa3|\xe1\xba\xa0\xcc\x82|A\xcc\x82\xcc\xa3|A\xcc\xa3\xcc\x82|\xc2\xf2|&#7852;|&#x1eac;"
    rb"|&Acirc;&#803;) ?T|M\x00\xac\x1eT|\x00M\x1e\xac\x00T",
    re.I,
)
_INTERNAL = re.compile(r"^\W*((tài liệu|văn bản|thông tin)\s+)?(chỉ\s+)?lưu hành nội bộ\W*$", re.I)
_PROSE = 150
"""Characters from which a block is a paragraph and no heading line."""
_THESIS = re.compile(
    r"luận (văn|án)|khóa luận|khoá luận|đồ án (tốt nghiệp|môn)|tiểu luận|trang tài liệu này|tải (xuống|về) (tài liệu|bản đầy đủ)|\d+ trang tài liệu",
    re.I,
)
_ISSUED = re.compile(r"\bsố\s*:?\s*\d+\s*[-/]|ngày\s+\d{1,2}\s+tháng\s+\d{1,2}\s+năm\s+\d{4}", re.I)


def wall(page: Page) -> Outcome | None:
    """What stands before a listing or an article instead of it: `blocked`, `login_wall`, `session_expired`, or None.

    A login box beside real content is no wall: the page must hold little else.
    """
    has_password = "password" in page.html and next(_passwords(page), None) is not None
    marked = _BLOCKED.search(page.html) or _SESSION.search(page.html)
    if not has_password and not marked:
        return None
    said = _visible(page)
    contents = sum(1 for link in links(page) if len(link.text) >= 30 and not in_chrome(link.element))
    if len(said) > 2500 or contents >= 8:
        return None
    heads = " ".join([*_titles(page), said[:600]])
    script = _BLOCKED.search(page.html)
    if _BLOCKED.search(heads) or (script and len(said) < 400 and not has_password):
        return Outcome.BLOCKED
    if _SESSION.search(said):
        return Outcome.SESSION_EXPIRED
    if has_password and _LOGIN.search(heads):
        return Outcome.LOGIN_WALL
    return None


def of_page(page: Page) -> Refusal | None:
    """What can be told before the article is read: walls, hijacking."""
    if (outcome := wall(page)) is not None:
        return Refusal(outcome, f"the page is a wall: {outcome.value}")
    return _hijacked(page)


def of_article(page: Page, title: str, blocks: Sequence[Block], found: "Material") -> Refusal | None:
    """What can be told once it was read: emptiness, listings, soft 404s, language, stamps of restriction."""
    words = " ".join(block.text for block in blocks)
    rich = bool(found.attachments) or len(found.captions) > 0 or found.images >= 2
    heads = " ".join((title, words[:300]))
    if len(words) < 700 and not found.attachments and (_ERROR_PAGE.search(heads) or _missing(page, title, words)):
        return Refusal(Outcome.SOFT_404, "the page says that there is nothing here")
    if _is_listing(page, blocks, found):
        return Refusal(Outcome.NOT_AN_ARTICLE, "the page lists articles and is none")
    if len(words.split()) < 5 and not rich:
        return Refusal(Outcome.TOO_SHORT, "the article has no text, picture story or document")
    if (refusal := _stamps(blocks)) is not None:
        return refusal
    if len(_GAMBLING.findall(title)) >= 1 and not re.search(r"phòng|chống|đấu tranh|triệt phá|bắt|xử lý", title, re.I):
        return Refusal(Outcome.HIJACKED, "the headline advertises gambling")
    if len({w.lower() for w in _matches(_GAMBLING, words)}) >= 4:
        return Refusal(Outcome.HIJACKED, "the text advertises gambling")
    if not _vietnamese(f"{title} {words}"):
        return Refusal(Outcome.WRONG_LANGUAGE, "the text is not Vietnamese")
    return None


@dataclass(frozen=True)
class Material:
    """What of an article beside its text bears on the verdict."""

    attachments: int = 0
    captions: tuple[str, ...] = ()
    images: int = 0
    article_links: int = 0
    """Links in the container that look like other articles."""


def out_of_scope(page_text: str, blocks: Sequence[Block]) -> bool:
    """Whether a text without a site is a thesis or a slice of one: no number and date of an issuing body over it."""
    if not _THESIS.search(page_text):
        return False
    return not any(_ISSUED.search(block.text) for block in blocks[:12] if len(block.text) < _PROSE)


def is_classified(raw: RawPage) -> bool:
    """Whether the page bears a secrecy stamp in its heading zone. Cheap when no stamp can be in the bytes."""
    if not _STAMP_BYTES.search(raw.body):
        return False
    try:
        page = parse(raw)
    except UnreadablePage:
        return False
    body = page.tree.find("body")
    refusal = _stamps(Reader("").read(body if body is not None else page.tree).blocks)
    return refusal is not None and refusal.reason is Outcome.CLASSIFIED


def _stamps(blocks: Sequence[Block]) -> Refusal | None:
    zone: list[str] = []
    prose = 0
    for block in blocks:
        if len(block.text) >= _PROSE and block.link_share < 0.5:
            prose += 1
            if prose > 2:
                break
        zone.extend(block.cells or (block.text,))
    if any(re.search(r"giải mật", line, re.I) for line in zone):
        return None
    for before, line in zip(["", *zone], zone, strict=False):
        if _STAMP.match(line) and not re.search(r"giải\s*$", before, re.I):
            return Refusal(Outcome.CLASSIFIED, f"the heading bears the stamp {line.strip()!r}")
    if any(_INTERNAL.match(line) for line in zone):
        return Refusal(Outcome.RESTRICTED, "the heading says that the text is for internal use")
    return None


def _missing(page: Page, title: str, words: str) -> bool:
    if _MISSING.search(title) and len(title) < 90 and len(words.split()) < 80:
        return True
    return (
        len(words) < 300
        and _MISSING.search(words) is not None
        and len(words.split()) < 50
        and not re.search(r"\b(ngày|sáng|chiều)\s+\d", words)
    )


def _is_listing(page: Page, blocks: Sequence[Block], found: Material) -> bool:
    prose = sum(len(b.text) for b in blocks if b.link_share < 0.5)
    longest = max((len(b.text) for b in blocks if b.link_share < 0.5), default=0)
    if is_home(page.url) and found.article_links >= 5:
        return True
    return found.article_links >= 5 and (prose < 350 * found.article_links or longest < _PROSE)


def _hijacked(page: Page) -> Refusal | None:
    if not _GAMBLING.search(page.html):
        return None
    here = host(page.url)
    concealed = 0
    for link in links(page):
        if host(link.url) != here and _GAMBLING.search(f"{link.text} {link.url}"):
            concealed += any(hidden(n) or _offscreen(n) for n in (link.element, *link.element.iterancestors()))
    if concealed >= 3:
        return Refusal(Outcome.HIJACKED, f"{concealed} hidden links to gambling sites")
    return None


def _offscreen(node: HtmlElement) -> bool:
    return (
        re.search(
            r"(left|top|text-indent)\s*:\s*-\d{3,}|height\s*:\s*[01]px|opacity\s*:\s*0\b", node.get("style") or ""
        )
        is not None
    )


def _vietnamese(words: str) -> bool:
    return text.looks_vietnamese(words)


def _matches(pattern: re.Pattern[str], words: str) -> list[str]:
    return [m.group(0) for m in pattern.finditer(words)]


def _titles(page: Page) -> list[str]:
    return [squeeze("".join(n.itertext())) for n in page.tree.iter("title", "h1", "h2")]


def _passwords(page: Page) -> list[HtmlElement] | object:
    return (n for n in page.tree.iter("input") if (n.get("type") or "").lower() == "password")


def _visible(page: Page) -> str:
    pieces = []
    for node in page.tree.iter():
        if isinstance(node.tag, str) and node.tag not in ("script", "style", "noscript", "title", "option"):
            pieces.append(node.text or "")
        pieces.append(node.tail or "")
    return squeeze(" ".join(pieces))
