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
    r"|verify(?:ing)? (?:that )?you are (?:a )?human|cf-challenge|challenge-platform|access denied|403 forbidden|incapsula"
    r"|web application firewall|mod_security|website firewall|truy cập (?:của bạn )?(?:đã )?bị (?:từ chối|chặn)"
    r"|xác (?:minh|nhận) (?:bạn )?không phải (?:là )?(?:robot|người máy)|ddos protection|too many requests"
)
_COOKIE_CHECK = re.compile(r"document\.cookie\s*=|location\.reload|location\.href\s*=|http-equiv=.refresh")
_SESSION = re.compile(
    r"phiên (?:làm việc|đăng nhập|truy cập|giao dịch)[^.]{0,30}(?:hết hạn|kết thúc|hết hiệu lực)|hết phiên (?:làm việc|đăng nhập)"
    r"|session (?:has )?(?:expired|timed? ?out)"
)
_LOGIN = re.compile(r"đăng nhập|log ?in|sign ?in|single sign|xác thực")
_MISSING = re.compile(
    r"\b404\b|không (?:được )?tìm thấy|không tồn tại|page not found|not be found|no longer (?:exists|available)"
    r"|(?:đã )?bị (?:xóa|xoá|gỡ)(?: bỏ)?\b|lỗi truy cập|(?:trang|nội dung|dữ liệu) (?:này )?đang (?:được )?cập nhật"
    r"|(?:không|chưa) có (?:dữ liệu|nội dung|bài viết)"
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
_AGAINST = re.compile(r"phòng|chống|đấu tranh|triệt phá|bắt|xử lý|tệ nạn|cảnh báo|ngăn chặn|khởi tố|tuyên truyền")
_STAMP = re.compile(r"^[\[(<«|\s]*(?:độ mật\s*:?\s*)?(TUYỆT|TỐI)?\s*M\s?Ậ\s?T[\])>»|\s.]*$")
# how the letter of MẬT may stand in the bytes: NFC, three decompositions, windows-1258, entities, UTF-16
_STAMP_LETTERS = (
    b"\xe1\xba\xac",
    b"\xc3\x82\xcc\xa3",
    b"\xe1\xba\xa0\xcc\x82",
    b"A\xcc\x82\xcc\xa3",
    b"A\xcc\xa3\xcc\x82",
)
_STAMP_LETTERS += (b"\xc2\xf2", b"&#7852;", b"&#x1eac;", b"&#x1EAC;", b"&Acirc;&#803;")
_STAMP_BYTES = (*(letter + end for letter in _STAMP_LETTERS for end in (b"T", b" T")), b"\xac\x1eT", b"\x1e\xac\x00T")
_INTERNAL = re.compile(r"^\W*((tài liệu|văn bản|thông tin)\s+)?(chỉ\s+)?lưu hành nội bộ\W*$", re.I)
_SMALL = 40_000
"""Characters of markup up to which a page may be nothing but a wall."""
_PROSE = 150
"""Characters from which a block is a paragraph and no heading line."""
_THESIS = ("luận văn", "luận án", "khóa luận", "khoá luận", "đồ án tốt nghiệp", "tiểu luận")
_SHARED = ("trang tài liệu này", "tải xuống tài liệu", "tải về tài liệu", "tải tài liệu", "trang mẫu của tài liệu")
_CHAPTER = re.compile(r"^(?:chương\s+[\divx]+\b|\d{1,2}\.\d{1,2}(?:\.\d{1,2})*\.?\s)", re.I)
_ISSUED = re.compile(r"\bsố\s*:?\s*\d+\s*[-/]|ngày\s+\d{1,2}\s+tháng\s+\d{1,2}\s+năm\s+\d{4}", re.I)


def wall(page: Page) -> Outcome | None:
    """What stands before a listing or an article instead of it: `blocked`, `login_wall`, `session_expired`, or None.

    A login box beside real content is no wall: the page must hold little else.
    """
    has_password = _has_password(page)
    heads = " ".join(_titles(page)).lower()
    small = len(page.html) < _SMALL
    suspicious = has_password or small or "hết hạn" in page.html or "expired" in page.html or _BLOCKED.search(heads)
    if not suspicious:
        return None
    said = _visible(page).lower()
    contents = sum(1 for link in links(page) if len(link.text) >= 30 and not in_chrome(link.element))
    if len(said) > 2500 or contents >= 8:
        return None
    markup = page.html.lower() if small and len(said) < 600 and not has_password else ""
    if _BLOCKED.search(f"{heads} {said[:800]}") or _BLOCKED.search(markup):
        return Outcome.BLOCKED
    if len(said) < 80 and "<script" in markup and _COOKIE_CHECK.search(markup):
        return Outcome.BLOCKED
    if _SESSION.search(said):
        return Outcome.SESSION_EXPIRED
    if has_password and _LOGIN.search(f"{heads} {said}"):
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
    rich = bool(found.attachments or found.captions)
    heads = " ".join((title, words[:300])).lower()
    short = len(words) < 700 and not found.attachments
    if short and (_ERROR_PAGE.search(heads) or _missing(title, words) or _says_missing(page, words)):
        return Refusal(Outcome.SOFT_404, "the page says that there is nothing here")
    if _is_listing(page, blocks, found):
        return Refusal(Outcome.NOT_AN_ARTICLE, "the page lists articles and is none")
    if len(words.split()) < 5 and not rich:
        return Refusal(Outcome.TOO_SHORT, "the article has no text, picture story or document")
    if (refusal := _stamps(blocks)) is not None:
        return refusal
    if _advertises(title, words):
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
    """Whether a text without a site is a thesis or a slice of one: no number and date of an issuing body over it."""
    heads = " ".join([title, *_titles(page)]).lower()
    shared = "ài liệu" in page.html and any(mark in page.html.lower() for mark in _SHARED)
    chapters = sum(1 for block in blocks if _CHAPTER.match(block.text))
    if not any(mark in heads for mark in _THESIS) and not (shared and chapters >= 1):
        return False
    return not any(_ISSUED.search(block.text) for block in blocks[:12] if len(block.text) < _PROSE)


def is_classified(raw: RawPage) -> bool:
    """Whether the page bears a secrecy stamp in its heading zone. Cheap when no stamp can be in the bytes."""
    if not any(needle in raw.body for needle in _STAMP_BYTES):
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


def _advertises(title: str, words: str) -> bool:
    head, said = title.lower(), words.lower()
    if _AGAINST.search(head):
        return False
    if any(mark in head for mark in _GAMBLING):
        return True
    return sum(mark in said for mark in _GAMBLING) >= 4


def _missing(title: str, words: str) -> bool:
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


def _says_missing(page: Page, words: str) -> bool:
    """Whether some short line of a page without prose says that the article is gone."""
    if len(words) >= 300:
        return False
    body = page.tree.find("body")
    lines = Reader("").read(body if body is not None else page.tree).blocks
    return any(len(b.text) <= 140 and _GONE.search(b.text.lower()) for b in lines if b.link_share < 0.5)


def _is_listing(page: Page, blocks: Sequence[Block], found: Material) -> bool:
    prose = [len(b.text) for b in blocks if b.link_share < 0.5]
    if is_home(page.url) and page.url.startswith("http") and found.article_links >= 5:
        return True
    if found.teasers >= 3 and found.teasers >= 0.25 * len(prose):
        return True
    return found.article_links >= 5 and (sum(prose) < 150 * found.article_links or max(prose, default=0) < _PROSE)


def _hijacked(page: Page) -> Refusal | None:
    here = host(page.url)
    concealed = 0
    for anchor in page.tree.iter("a"):
        href = anchor.get("href") or ""
        if "//" not in href or host(href) == here:
            continue
        said = f"{''.join(anchor.itertext())} {href}".lower()
        if any(mark in said for mark in _GAMBLING):
            concealed += any(hidden(n) or _offscreen(n) for n in (anchor, *anchor.iterancestors()))
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


def _titles(page: Page) -> list[str]:
    return [squeeze("".join(n.itertext())) for n in page.tree.iter("title", "h1", "h2")]


def _has_password(page: Page) -> bool:
    return "password" in page.html and any((n.get("type") or "").lower() == "password" for n in page.tree.iter("input"))


def _visible(page: Page) -> str:
    pieces = []
    for node in page.tree.iter():
        if isinstance(node.tag, str) and node.tag not in ("script", "style", "noscript", "title", "option"):
            pieces.append(node.text or "")
        pieces.append(node.tail or "")
    return squeeze(" ".join(pieces))
