"""Pages that no link leads to but a script: `onclick="location.href='…'"`, and lists to choose a page number from."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

from lxml.html import HtmlElement

from pipelines.families.links import Link, page_number, squeeze
from pipelines.page import Page, absolute

_GOES = re.compile(
    r"""\blocation(?:\.href)?\s*=\s*(?P<q>['"])(?P<to>[^'"]+)(?P=q)(?!\s*\+)"""
    r"""|\blocation\.(?:assign|replace)\(\s*(?P<r>['"])(?P<into>[^'"]+)(?P=r)\s*\)"""
)
_CHOSEN = re.compile(
    r"""\blocation\b[\w.]*\s*[=(]\s*(?:['"](?P<before>[^'"]*)['"]\s*\+\s*)?this\b[\w.\[\]]*"""
    r"""(?:\s*\+\s*['"](?P<after>[^'"]*)['"])?"""
)
_ADDRESS = re.compile(r"https?://|[/?]", re.I)
_SENDS = re.compile(r"\bsubmit\(")
_OF_DATES = re.compile(r"[?&](nam|thang|ngay|quy|year|month|day)=", re.I)
"""A year or a month is chosen, and no page."""
_FIRST_YEAR = 1000


def scripted(page: Page) -> Iterator[Link]:
    """What clicks and choices lead to by script, as links; of choices only those worded like a page's number."""
    if "location" in page.html:
        yield from _clicked(page)
    if "<select" in page.html or "<SELECT" in page.html:
        yield from _chosen(page)


def _clicked(page: Page) -> Iterator[Link]:
    for node in page.tree.iterfind(".//body//*"):
        said = node.get("onclick") or (node.get("href") if node.tag == "a" else None)
        if said and "location" in said and (found := _GOES.search(said)):
            url = absolute(page.base_url, found.group("to") or found.group("into"))
            words = squeeze("".join(node.itertext())) or squeeze(node.get("value") or node.get("title") or "")
            if url:
                yield Link(url.split("#", 1)[0], words, node)


def _chosen(page: Page) -> Iterator[Link]:
    for option in page.tree.iterfind(".//body//select//option"):
        words = squeeze("".join(option.itertext()))
        number = page_number(words)
        if number is None or number >= _FIRST_YEAR:
            continue
        address = _address(next(option.iterancestors("select")), option.get("value") or str(number))
        url = absolute(page.base_url, address) if address else None
        if url and not _OF_DATES.search(url):
            yield Link(url.split("#", 1)[0], words, option)


def _address(select: HtmlElement, value: str) -> str | None:
    """Where choosing the value leads: it is an address, or part of one in the script, or a field of a form sent."""
    script = select.get("onchange") or ""
    if _ADDRESS.match(value):
        return value
    if found := _CHOSEN.search(script):
        return f"{found.group('before') or ''}{value}{found.group('after') or ''}"
    form = next(select.iterancestors("form"), None)
    if form is None or not _SENDS.search(script) or (form.get("method") or "get").lower() != "get":
        return None
    fields = {n.get("name"): n.get("value") or "" for n in form.iter("input") if n.get("type") == "hidden"}
    fields[select.get("name")] = value
    return f"{(form.get('action') or '').partition('?')[0]}?{urlencode({k: v for k, v in fields.items() if k})}"
