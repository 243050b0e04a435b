"""Pages that strangers took over: gambling instead of an article, titles and hidden links put into one."""

import re
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipelines import text
from pipelines.blocks import hidden
from pipelines.families.links import host
from pipelines.page import Page

_NAMES = tuple(
    name
    for line in (
        "nhà cái|casino|nổ hũ|baccarat|tài xỉu|xóc đĩa|kèo bóng đá|kèo nhà cái|tỷ lệ kèo|soi cầu|cá cược",
        "rồng bạch kim|lô đề online|xổ số online|slot game|đá gà trực tiếp|bắn cá đổi thưởng|game bài|đổi thưởng",
        "slot gacor|slot online|judi|togel|sbobet|kubet|shbet|sunwin|hitclub|rikvip|viagra|cialis|situs slot",
        "娱乐场|百家乐|博彩|บาคาร่า|สล็อต|คาสิโน",
    )
    for name in line.split("|")
)
_BRAND = r"\b(?!ql|tl|đt|dt|hl)(?:\d{2,3}(?:bet|win)|[a-z]{1,6}(?:88|79)(?:bet|win)?|(?:bet|win)\d{2,3})\b"
_GAMBLES = re.compile("|".join((*map(re.escape, _NAMES), _BRAND)))
_PROMISES = re.compile(
    r"nạp rút|nạp tiền|rút tiền|đăng ký (?:ngay|tài khoản)|khuyến mãi|(?:tặng|nhận) (?:ngay|thưởng|\d)|hoàn trả"
    r"|tải app|link vào|uy tín|người chơi|game thủ|siêu tốc|đặt cược|bonus|jackpot|đẳng cấp|hấp dẫn|trực tuyến|mỗi ngày"
)
_AGAINST = re.compile(
    r"phòng,? chống|đấu tranh|triệt (?:phá|xóa)|bắt (?:giữ|quả tang|khẩn cấp|tạm giam)|xử lý|xử phạt|tệ nạn|cảnh báo"
    r"|ngăn chặn|khởi tố|tuyên truyền|công an|bị can|bị cáo|đối tượng|cơ quan điều tra|chuyên án|quản lý|trái phép"
)
_OFFSCREEN = re.compile(r"(left|top|text-indent)\s*:\s*-\d{3,}|height\s*:\s*[01]px|opacity\s*:\s*0\b")
_USUAL = re.compile(
    r"(?:\.vn|(?:^|\.)(?:facebook|youtube|google|twitter|x|zalo|tiktok|instagram|linkedin|apple)\.\w+)$"
)
_LINKS = 3
"""Hidden links to gambling that are no accident."""
_HOSTS = 5
"""Foreign hosts to which a page leads in secret only when somebody sold it."""


def retitled(page: Page, title: str) -> bool:
    """Whether the document's title sells gambling while the article's own does not speak of it."""
    titles = [" ".join((node.text or "").split()).lower() for node in page.tree.iterfind("head/title")]
    return any(_AGAINST.search(t) is None and _gambles(t) and not _gambles(title.lower()) for t in titles)


def advertises(title: str, words: str) -> bool:
    """Whether the text sells gambling. To report on gambling is not to sell it."""
    head, said = title.lower(), words.lower()
    if not _gambles(head) and sum(name in said for name in _NAMES) < 4:
        return False
    whole = f"{head} {said}"
    if not text.looks_vietnamese(whole[:1500]):
        return True
    promises, against = set(_PROMISES.findall(whole)), set(_AGAINST.findall(whole))
    return len(promises) >= 2 and len(promises) > len(against)


def hidden_links(page: Page) -> str | None:
    """What is wrong with the links of the page that nobody can see, or None."""
    here = host(page.url)
    own = f"//{urlsplit(page.url).netloc}"
    outward: list[tuple[HtmlElement, str]] = []
    for anchor in page.tree.iter("a"):
        href = anchor.get("href") or ""
        if "//" not in href[:8] or (own in href[: len(own) + 6] and href.partition(own)[2][:1] in ("", "/")):
            continue
        there = host(href)
        if there not in (here, ""):
            outward.append((anchor, there))
    if len(outward) < min(_LINKS, _HOSTS):
        return None
    selling, hosts = 0, set()
    shown: set[HtmlElement] = set()
    for anchor, there in outward:
        if _is_shown(anchor, shown):
            continue
        selling += _gambles(f"{''.join(anchor.itertext())} {anchor.get('href')}".lower())
        if not _USUAL.search(there):
            hosts.add(there)
    if selling >= _LINKS:
        return f"{selling} hidden links to gambling sites"
    return f"hidden links to {len(hosts)} foreign sites" if len(hosts) >= _HOSTS else None


def _gambles(said: str) -> bool:
    return _GAMBLES.search(said) is not None


def _is_shown(anchor: HtmlElement, shown: set[HtmlElement]) -> bool:
    """Whether a reader sees the link; `shown`: elements that are known to be seen, added to."""
    above: list[HtmlElement] = []
    for node in (anchor, *anchor.iterancestors()):
        if node in shown:
            break
        if _unseen(node):
            return False
        above.append(node)
    shown.update(above)
    return True


def _unseen(node: HtmlElement) -> bool:
    css = node.get("style")
    return hidden(node) or (css is not None and _OFFSCREEN.search(css) is not None)
