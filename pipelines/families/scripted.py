"""Pages that no link leads to but a script: `onclick="location.href='…'"`, and lists to choose a page number from."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from lxml.html import HtmlElement

from pipelines.families.links import Link, page_number, squeeze
from pipelines.page import Page, absolute

_GOES = re.compile(
    r"""\blocation(?:\.href)?\s*=\s*(?P<q>['"])(?P<to>[^'"]+)(?P=q)(?!\s*\+)"""
    r"""|\b(?:location\.(?:assign|replace)|window\.open)\(\s*(?P<r>['"])(?P<into>[^'"]+)(?P=r)\s*[,)]"""
)
_FUNCTION = re.compile(
    r"""\bfunction\s+(?P<name>\w+)\s*\(\s*(?P<given>\w+)[^)]*\)\s*\{[^{}]{0,400}?\blocation(?:\.href)?\s*=\s*"""
    r"""(['"])(?P<before>[^'"]*)\3\s*\+\s*(?P=given)\b(?:\s*\+\s*(['"])(?P<after>[^'"]*)\5)?"""
)
"""A script's own function that goes where its first argument says."""
_CALL = re.compile(r"""(?:^|\bjavascript:|;|\breturn\b)\s*(?P<name>\w+)\(\s*['"]?(?P<given>[0-9]{1,4})['"]?\s*[,)]""")
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
    yield from _clicked(page)
    if "<select" in page.html or "<SELECT" in page.html:
        yield from _chosen(page)


def _clicked(page: Page) -> Iterator[Link]:
    functions = {found["name"]: found for found in _FUNCTION.finditer(page.html)} if "location" in page.html else {}
    for node in page.tree.iterfind(".//body//*"):
        address = _clicks_to(node, functions)
        url = absolute(page.base_url, address) if address else None
        if url:
            words = squeeze("".join(node.itertext())) or squeeze(node.get("value") or node.get("title") or "")
            yield Link(url.split("#", 1)[0], words, node)


def _clicks_to(node: HtmlElement, functions: Mapping[str, re.Match[str]]) -> str | None:
    """Where clicking leads: an address in the script, or beside it for the script, or made of a number."""
    said = node.get("onclick") or (node.get("href") if node.tag == "a" else None) or ""
    if found := _GOES.search(said):
        return str(found["to"] or found["into"])
    kept = str(node.get("data-href") or node.get("data-url") or "")
    if _ADDRESS.match(kept):
        return kept
    call = _CALL.search(said) if functions else None
    if call and (function := functions.get(call["name"])):
        return f"{function['before']}{call['given']}{function['after'] or ''}"
    return None


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
