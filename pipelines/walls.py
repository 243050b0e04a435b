"""What stands before a page instead of it: challenges, login forms, expired sessions."""

import re

from pipelines.blocks import Reader
from pipelines.families.links import in_chrome, links, squeeze
from pipelines.page import Page
from schemas.outcome import Outcome

_BLOCKED = re.compile(
    r"request rejected|requested url was rejected|support id is|attention required|just a moment\.\.\."
    r"|checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human|cf-challenge|challenge-platform"
    r"|access denied|403 forbidden|incapsula|web application firewall|mod_security|website firewall"
    r"|ddos protection|too many requests"
    r"|truy cập (?:của bạn )?(?:đã )?bị (?:từ chối|chặn)"
    r"|xác (?:minh|nhận) (?:bạn )?không phải (?:là )?(?:robot|người máy)"
)
_COOKIE_CHECK = re.compile(r"document\.cookie\s*=|location\.reload|location\.href\s*=|http-equiv=.refresh")
_SESSION = re.compile(
    r"phiên (?:làm việc|đăng nhập|truy cập|giao dịch)[^.]{0,30}(?:hết hạn|kết thúc|hết hiệu lực)"
    r"|hết phiên (?:làm việc|đăng nhập)|session (?:has )?(?:expired|timed? ?out)"
)
_LOGIN = re.compile(r"đăng nhập|log ?in|sign ?in|single sign|xác thực")
_PARAGRAPH = 120
"""Characters from which a block is prose and no notice."""
_SMALL = 40_000
"""Characters of markup up to which a page may be nothing but a wall."""


def wall(page: Page) -> Outcome | None:
    """What stands before a listing or an article instead of it: `blocked`, `login_wall`, `session_expired`, or None.

    A login box beside real content is no wall: the page must hold little else.
    """
    has_password = _has_password(page)
    heads = " ".join(titles(page)).lower()
    small = len(page.html) < _SMALL
    suspicious = has_password or small or "hết hạn" in page.html or "expired" in page.html or _BLOCKED.search(heads)
    if not suspicious:
        return None
    said = _visible(page).lower()
    if len(said) > 2500:
        return None
    contents = sum(1 for link in links(page) if len(link.text) >= 30 and not in_chrome(link.element))
    if contents >= 8:
        return None
    markup = page.html.lower() if small and len(said) < 600 and not has_password else ""
    if _BLOCKED.search(f"{heads} {said[:800]}") or _BLOCKED.search(markup):
        return Outcome.BLOCKED
    if len(said) < 80 and "<script" in markup and _COOKIE_CHECK.search(markup):
        return Outcome.BLOCKED
    if _SESSION.search(said) and not _tells(page):
        return Outcome.SESSION_EXPIRED
    named = _LOGIN.search(" ".join(t.text or "" for t in page.tree.iter("title")).lower())
    if has_password and _LOGIN.search(said) and (not _tells(page) or (named and not contents)):
        return Outcome.LOGIN_WALL
    return None


def told(said: str) -> Outcome | None:
    """What the few visible words (lower case) of a page without an article say that stands before it."""
    if _BLOCKED.search(said):
        return Outcome.BLOCKED
    return Outcome.SESSION_EXPIRED if _SESSION.search(said) else None


def titles(page: Page) -> list[str]:
    """The document's titles and first headings."""
    return [squeeze("".join(n.itertext())) for n in page.tree.iter("title", "h1", "h2")]


def _has_password(page: Page) -> bool:
    return "password" in page.html and any((n.get("type") or "").lower() == "password" for n in page.tree.iter("input"))


def _tells(page: Page) -> bool:
    """Whether the page has a paragraph of prose: a login box or a notice beside it is no wall."""
    body = page.tree.find("body")
    blocks = Reader("").read(body if body is not None else page.tree).blocks
    return any(len(block.text) >= _PARAGRAPH and block.link_share < 0.5 for block in blocks)


def _visible(page: Page) -> str:
    pieces = []
    for node in page.tree.iter():
        if isinstance(node.tag, str) and node.tag not in ("script", "style", "noscript", "title", "option"):
            pieces.append(node.text or "")
        pieces.append(node.tail or "")
    return squeeze(" ".join(pieces))
