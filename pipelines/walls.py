"""What stands before a page instead of it: challenges, login forms, expired sessions."""

import re
from collections.abc import Sequence
from itertools import chain, islice

from lxml.html import HtmlElement

from pipelines import notices, text
from pipelines.blocks import Block, Reader
from pipelines.families.chrome import in_chrome
from pipelines.families.links import links, squeeze
from pipelines.page import Page
from schemas.outcome import Outcome

_BLOCKED = re.compile(
    r"request rejected|requested url was rejected|support id is|attention required|just a moment\.\.\."
    r"|checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human|cf-challenge|challenge-platform"
    r"|access (?:is )?denied|403(?: -)? forbidden|web page blocked"
    r"|attack id|verify your browser|not have permission to view"
    r"|incapsula|web application firewall|mod_security|website firewall"
    r"|ddos protection|too many requests"
    r"|truy cập (?:của bạn )?(?:đã )?bị (?:từ chối|chặn)"
    r"|xác (?:minh|nhận) (?:bạn )?không phải (?:là )?(?:robot|người máy)"
)
_COOKIE_CHECK = re.compile(r"document\.cookie\s*=|location\.reload|location\.href\s*=|http-equiv=.refresh")
_SESSION = re.compile(r"session (?:has )?(?:expired|timed? ?out)")
_SCRIPTED_SESSION = re.compile(r"alert\([\"'][^\"']*phiên [^\"']*hết hạn", re.I)
_LOGIN = re.compile(r"đăng (?:nhập|ký)|log ?in|sign ?in|single sign|xác thực|quên mật khẩu|register")
_LOGIN_TITLE = re.compile(
    r"(?:trang |form |mẫu )?(?:đăng nhập|đăng ký (?:thành viên|tài khoản|người dùng)|quên mật khẩu|log ?in|sign ?in"
    r"|register)\b"
)
SMALL = 40_000
"""Characters of markup up to which a page may be nothing but a wall."""
_PROSE = 300
"""Characters from which a piece of text is prose beyond doubt."""
_VIETNAMESE = re.compile("[\u1ea0-\u1ef9]")
_FEW = 8
"""Links under headlines from which a page has contents of its own."""


def wall(page: Page) -> Outcome | None:
    """What stands before a listing or an article instead of it: `blocked`, `login_wall`, `session_expired`, or None.

    A login box beside real content is no wall: the page must hold little else.
    """
    password = _password(page)
    if password is None and _tells_at_length(page):
        return None
    heads = " ".join(titles(page)).lower()
    small = len(page.html) < SMALL
    if not (
        small or password is not None or "hết hạn" in page.html or "expired" in page.html or _BLOCKED.search(heads)
    ):
        return None
    own = notices.own_lines(page)
    tells = any(_is_prose(block.text) for block in own)
    contents = sum(1 for link in links(page) if len(link.text) >= 30 and not in_chrome(link.element))
    if password is not None and _asks_to_log_in(page, password, own, contents):
        return Outcome.LOGIN_WALL
    said = " ".join(block.text for block in own).lower()
    if tells and _tells_in_vietnamese(own):
        return None
    if contents < _FEW and len(said) < 2500:
        markup = page.html.lower() if small and len(said) < 600 and password is None else ""
        if _BLOCKED.search(f"{heads} {said[:800]}") or _BLOCKED.search(markup):
            return Outcome.BLOCKED
        if len(said) < 80 and "<script" in markup and _SCRIPTED_SESSION.search(markup):
            return Outcome.SESSION_EXPIRED
        bare = not contents and len(said) < 80 and "<script" in markup and sum(1 for _ in links(page)) < _FEW
        if bare and _COOKIE_CHECK.search(markup):
            return Outcome.BLOCKED
        if _SESSION.search(said):
            return Outcome.SESSION_EXPIRED
    if tells:
        return None
    outcome = notices.of_lines(block.text for block in own)
    return None if outcome is Outcome.SOFT_404 else outcome


def told(said: str) -> Outcome | None:
    """What the few visible words (lower case) of a page without an article say that stands before it."""
    if _BLOCKED.search(said):
        return Outcome.BLOCKED
    return Outcome.SESSION_EXPIRED if _SESSION.search(said) else None


def titles(page: Page) -> list[str]:
    """The document's titles and first headings."""
    return [squeeze("".join(n.itertext())) for n in page.tree.iter("title", "h1", "h2")]


def _password(page: Page) -> HtmlElement | None:
    if "password" not in page.html:
        return None
    return next((n for n in page.tree.iter("input") if (n.get("type") or "").lower() == "password"), None)


def _asks_to_log_in(page: Page, password: HtmlElement, own: Sequence[Block], contents: int) -> bool:
    """Whether the page is the login form: by its own title, or because there is nothing but the form on it."""
    if any(_is_login_title(" ".join((title.text or "").split())) for title in page.tree.iter("title")):
        return True
    if contents >= _FEW or not _LOGIN.search(" ".join(block.text for block in own).lower()):
        return False
    inside = {block.text for block in Reader("").read(_form(password)).blocks}
    return not any(_is_prose(block.text) and block.text not in inside for block in own)


def _is_prose(line: str) -> bool:
    return len(line) >= notices.PARAGRAPH and notices.of_line(line) is None and not notices.is_imprint(line)


def _is_login_title(title: str) -> bool:
    first = re.split(r"\s[-–|]\s", title, maxsplit=1)[0]
    return len(first.split()) <= 5 and _LOGIN_TITLE.match(first.lower()) is not None


def _form(password: HtmlElement) -> HtmlElement:
    """The nearest box with another input: a `<form>` may be the whole page (ASP.NET)."""
    near = islice(password.iterancestors(), 8)
    boxes = (n for n in near if sum((i.get("type") or "").lower() != "hidden" for i in n.iter("input")) >= 2)
    return next(boxes, password)


def _tells_at_length(page: Page) -> bool:
    """Whether some piece of text is plainly Vietnamese prose: cheap, and true of nearly every article."""
    # first where an editor's prose nearly always stands
    for node in chain(page.tree.iter("p", "br", "span", "div"), page.tree.iter()):
        inside, after = node.text, node.tail
        if inside and len(inside) >= _PROSE and _VIETNAMESE.search(inside) and node.tag not in ("script", "style"):
            return True
        if after and len(after) >= _PROSE and _VIETNAMESE.search(after):
            return True
    return False


def _tells_in_vietnamese(own: Sequence[Block]) -> bool:
    return text.looks_vietnamese(" ".join(block.text for block in own)[:3000])
