"""Pagers of ASP.NET that are no links: a script, or a button, sends the page's form back to the server."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from lxml.html import HtmlElement

from pipelines.families.links import Link, page_number, squeeze
from pipelines.families.pager import NEXT_WORDS, following_number
from pipelines.page import Page, absolute
from schemas.capture import PostBack

_MARKS = ("__doPostBack", "WebForm_PostBackOptions", "__VIEWSTATE")
_CALL = re.compile(
    r"""(?:__doPostBack|WebForm_PostBackOptions)\(\s*(?P<q>['"])(?P<target>.*?)(?P=q)\s*,\s*(?P<r>['"])(?P<argument>.*?)(?P=r)"""
)
_NUMBER = re.compile(r"(?:^|Page\$)(\d{1,4})$")
"""The page in an argument: `Page$11` of a GridView, `11` of AspNetPager."""
_NO_PAGE = re.compile(r"^V-?\d+$|^(?!Page\$)\w+\$|FireCommand")
"""Arguments of other commands: months of a calendar, sorting and rows of a grid."""
_ELLIPSIS = re.compile(r"^(\.{2,3}|…)$")
_NEXT_NAME = re.compile(
    r"(^|[\s_$-])(lnk|link|lbt?n?|i?btn|img|image|cmd|hl|a)?_?(page)?_?(next|sau|tiep)_?(page|button|link|trang)?(\s|$)"
    r"|rgPageNext",
    re.I,
)
_NEXT_PICTURE = re.compile(r"(^|[/_-])(next|sau|tiep)\w{0,8}\.(gif|png|jpe?g|svg|webp)", re.I)
_DISABLED = re.compile(r"disabled", re.I)
_PRESSED = frozenset({"submit", "button", "image", "reset", "file"})
_EVENT = frozenset({"__EVENTTARGET", "__EVENTARGUMENT"})


@dataclass(frozen=True)
class _Control:
    """What can be clicked to send the form: by its script's event, or as a button by its name."""

    element: HtmlElement
    text: str
    target: str = ""
    argument: str = ""
    sent: tuple[tuple[str, str], ...] = ()
    """Fields that a button adds."""


def next_form(page: Page) -> PostBack | None:
    """The form to send for the next page of a listing, with the control of its pager; None: it has no such pager.

    The control is the number after this page's (GridView, DataPager, RadGrid, AspNetPager, a Repeater's links), else
    what says `next` in words, by its name or its picture. Calendars, sorting and rows of grids are none.
    """
    if not any(mark in page.html for mark in _MARKS):
        return None
    controls = [control for control in _controls(page) if not _NO_PAGE.search(control.argument)]
    numbered = {str(at): Link(str(at), _number(c), c.element) for at, c in enumerate(controls)}
    following = following_number(page, list(numbered.values()))
    chosen = controls[int(following.url)] if following else next((c for c in controls if _says_next(c)), None)
    form = next((n for n in chosen.element.iterancestors("form")), None) if chosen is not None else None
    if chosen is None:
        return None
    form = form if form is not None else next(page.tree.iter("form"), None)
    url = absolute(page.base_url, (form.get("action") if form is not None else None) or page.url)
    fields = _fields(form) if form is not None else ()
    if not any(name.startswith("__VIEWSTATE") for name, _ in fields):
        fields = _fields(page.tree)  # a form inside a table is cut short by the parser
    if url is None or not fields:
        return None
    return PostBack(url=url, target=chosen.target, argument=chosen.argument, fields=(*fields, *chosen.sent))


def _controls(page: Page) -> Iterator[_Control]:
    for node in page.tree.iter("a", "input", "button"):
        parent = node.getparent()
        names = f"{node.get('class') or ''} {parent.get('class') or '' if parent is not None else ''}"
        script = (
            f"{node.get('href') or ''} {node.get('onclick') or ''}" if node.tag == "a" else node.get("onclick") or ""
        )
        idle = (node.get("onclick") or "").replace(" ", "").startswith("returnfalse")
        if idle or node.get("disabled") is not None or _DISABLED.search(names):
            continue
        if call := _CALL.search(unquote(script) if "%27" in script else script):
            yield _Control(node, _said(node), call.group("target"), call.group("argument"))
        elif node.tag != "a" and node.get("name") and (node.get("type") or "submit").lower() in ("submit", "image"):
            name, value = node.get("name", ""), node.get("value") or ""
            image = (node.get("type") or "").lower() == "image"
            yield _Control(
                node, _said(node), sent=((f"{name}.x", "5"), (f"{name}.y", "5")) if image else ((name, value),)
            )


def _said(node: HtmlElement) -> str:
    if node.tag == "input":
        text = "" if node.get("type") == "image" else node.get("value") or ""
    else:
        text = squeeze("".join(node.itertext()))
    pictured = next((i.get("alt") or "" for i in node.iter("img")), "")
    return squeeze(text).strip("[]|() ") or squeeze(node.get("title") or node.get("alt") or pictured)


def _number(control: _Control) -> str:
    """The page that a pager's control shows, as digits; empty for any other control."""
    if control.sent:
        return ""
    argued = _NUMBER.search(control.argument)
    if (said := page_number(control.text)) is not None:
        # a calendar's day is sent as a number of days since 2000
        far = argued is not None and abs(int(argued.group(1)) - said) > 1
        return "" if far or (control.argument.isdecimal() and argued is None) else str(said)
    if not _ELLIPSIS.match(control.text):
        return ""
    if argued is not None:
        return argued.group(1)
    node = control.element
    before = node.getprevious() if node.getprevious() is not None else node.getparent().getprevious()
    last = squeeze("".join(before.itertext())) if before is not None else ""
    return str(number + 1) if (number := page_number(last)) is not None else ""


def _says_next(control: _Control) -> bool:
    node = control.element
    if NEXT_WORDS.match(control.text) or control.argument == "Page$Next":
        return True
    if _NEXT_NAME.search(f"{node.get('class') or ''} {node.get('id') or ''} {control.target} {node.get('name') or ''}"):
        return True
    pictures = [node.get("src") or "", *(i.get("src") or "" for i in node.iter("img"))]
    return any(_NEXT_PICTURE.search(source) for source in pictures)


def _fields(form: HtmlElement) -> tuple[tuple[str, str], ...]:
    """What a browser would send of the form, but for its buttons and the event."""
    found: list[tuple[str, str]] = []
    for node in form.iter("input", "textarea", "select"):
        name, kind = node.get("name"), (node.get("type") or "text").lower()
        if not name or name in _EVENT or node.get("disabled") is not None:
            continue
        if node.tag == "select":
            options = list(node.iter("option"))
            picked = [o for o in options if o.get("selected") is not None] or options[:1]
            found += [(name, o.get("value") or squeeze(o.text or "")) for o in picked]
        elif node.tag == "textarea":
            found.append((name, node.text or ""))
        elif kind not in _PRESSED and (kind not in ("checkbox", "radio") or node.get("checked") is not None):
            found.append((name, node.get("value") or ("on" if kind in ("checkbox", "radio") else "")))
    return tuple(found)
