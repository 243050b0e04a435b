"""Fields of an article page that are found alike in every product: titles, metas, JSON-LD, labelled lines, files."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from lxml.html import HtmlElement

from pipelines.blocks import hidden, plain
from pipelines.families.base import DateClaim
from pipelines.families.linked_files import documents as documents
from pipelines.families.linked_files import files as files
from pipelines.families.links import squeeze
from pipelines.page import Page, absolute

AUTHOR = re.compile(
    r"^\W*(tác giả( bài viết)?|người (viết|đăng)|bút danh|thực hiện|(tin|bài)(,| và)? ảnh)\s*:\s*(?P<value>.+)$",
    re.I,
)
SOURCE = re.compile(r"^\W*(nguồn( tin| bài| bài viết)?|theo nguồn|xuất xứ)\s*:\s*(?P<value>.+)$", re.I)
_CHROME = re.compile(
    r"(^|[\s_-])(share|sharing|sharedaddy|social\w*|addthis\w*|addtoany\w*|a2a_\w+|related\w*|relatednews|tinlienquan"
    r"|tin-?lien-?quan|tin-?khac|other-?news|othernews|jp-relatedposts|rating\w*|kk-star\w*|yasr\w*|votes?|comments?"
    r"|binh-?luan|respond|breadcrumbs?|pagination|page-links|post-nav-links|post-page-numbers|page-nav\w*|post-navigation|nav-links|post-views"
    r"|view-?count\w*|luot-?xem|toolbar|print-?(link|button)\w*|td-a-rec|td_spot\w*|ads?|adsbygoogle|banner\w*|advert\w*"
    r"|quangcao|quang-?cao|newsletter|subscribe|author-box|toc_container|ez-toc\w*|tag-?list|tags-links"
    r"|post-tags|sidebar\w*|menu\w*|counter|thong-?ke|cookie\w*|skip-link|nextprev|prev-next|go-?top"
    r"|back-?to-?top|wp-block-template-part|code-block|clearfix-share|fb-\w+|zalo-\w+|likebox|tool-?box|(td-)?module-meta-info|entry-meta|post-meta|article-meta|meta-info)([\s_-]|$)"
    r"|(^|\s)tags?(\s|$)"
    r"|(^|\s)(elementor-widget-(posts|nav-menu|author-box|post-info|theme-post-title|table-of-contents|search-form)"
    r"|(wp-block-)?(latest-posts|latest-comments|query|table-of-contents)|wp-embedded-content|pdfemb-viewer"
    r"|saboxplugin-wrap|m-a-box|abh_box\w*|wpp-list|lwptoc|simpletoc-list|sfsi\w*|ssba\S*|essb_links|pvc_\w+|embed_download|heateor_\w+)(\s|$)",
    re.I,
)
_WIDGET = re.compile(r"(^|\s)(\S+[_-])?widget(_\w+|-area|s)?(\s|$)", re.I)
_BUILDER = re.compile(r"(^|\s)(elementor-\S+|so-panel|so-widget-\S+)(\s|$)")
"""Page builders call every piece of an article a widget: Elementor, SiteOrigin."""
_FIELD_PARTS, _LINE = 8, 160
"""Child elements and characters of the longest line that may be a field."""
_CHROME_TAGS = frozenset(
    {"nav", "aside", "footer", "form", "script", "style", "noscript", "iframe", "button", "select"}
)


def names(node: HtmlElement) -> str:
    """The class and id of an element, camel humps parted (`lblTieuDe` is `lbl-Tieu-De`); one blank when it has none."""
    marks, own = node.get("class"), node.get("id")
    return _parted(f"{marks or ''} {own or ''}") if marks or own else " "


@lru_cache(maxsize=4096)
def _parted(marks: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", marks)


def metas(page: Page, *names: str) -> Iterator[str]:
    """The contents of the metas with one of these names or properties, in the order of `names`."""
    found: dict[str, list[str]] = {}
    for name, raw in page.metas:
        if name in names and (content := squeeze(raw)):
            found.setdefault(name, []).append(content)
    for name in names:
        yield from found.get(name, ())


def first(values: Iterable[str | None]) -> str | None:
    """The first value that is not empty."""
    return next((value for value in values if value), None)


def by_class(root: HtmlElement, *names: str) -> Iterator[HtmlElement]:
    """Elements with one of these classes, in document order; a name ending in `*` is a prefix."""
    yield from [n for n in root.iterdescendants() if (held := n.get("class")) and _bears(held, names)]


@lru_cache(maxsize=16_384)
def _bears(held: str, names: tuple[str, ...]) -> bool:
    prefixes = tuple(n[:-1] for n in names if n.endswith("*"))
    return any(c in names or (prefixes and c.startswith(prefixes)) for c in held.split())


def title(page: Page, *candidates: HtmlElement | None) -> str | None:
    """The headline: a candidate element, the only h1, the og:title, the `<title>` without the site's name."""
    for element in candidates:
        if element is not None and (words := plain(element)):
            return words
    site = first(metas(page, "og:site_name"))
    heads = [plain(h) for h in page.tree.iter("h1")]
    documents = [squeeze(t.text or "") for t in page.tree.iter("title")][:1]
    shared = [h for h in heads if h and h != site and any(h in t for t in documents)]
    if shared:
        return max(shared, key=len)
    og = first(metas(page, "og:title"))
    if og:
        return _without_site(og, site)
    if len([h for h in heads if h and h != site]) == 1:
        return next(h for h in heads if h and h != site)
    return _without_site(documents[0], site) if documents and documents[0] else None


def _without_site(words: str, site: str | None) -> str:
    if site and words != site and words.endswith(site):
        words = words[: -len(site)]
        return words.rstrip(" |-–—»:")
    cut = re.match(r"^(.{20,}?)\s+[|»–—]\s+[^|»–—]{3,60}$", words)
    return cut.group(1) if cut else words


def canonical(page: Page) -> str | None:
    """`link[rel=canonical]`, absolute."""
    for link in page.tree.iter("link"):
        if (link.get("rel") or "").lower() == "canonical" and link.get("href"):
            return absolute(page.base_url, link.get("href"))
    return None


def json_ld(page: Page) -> dict[str, Any]:
    """The first JSON-LD object that is some kind of article; empty when there is none."""
    for script in page.tree.iterfind(".//script[@type='application/ld+json']"):
        try:
            data = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        for item in _objects(data):
            kind = item.get("@type")
            if any("Article" in str(k) or "Posting" in str(k) for k in (kind if isinstance(kind, list) else [kind])):
                return item
    return {}


def _objects(data: object) -> Iterator[dict[str, Any]]:
    queue = [data]
    while queue:
        item = queue.pop(0)
        if isinstance(item, dict):
            yield item
            queue.extend(v for k, v in item.items() if k == "@graph")
        elif isinstance(item, list):
            queue.extend(item)


def claims(rule: str, *raws: object) -> tuple[DateClaim, ...]:
    """Date claims for the raw strings that are not empty."""
    return tuple(DateClaim(raw.strip(), rule) for raw in raws if isinstance(raw, str) and raw.strip())


def lines(root: HtmlElement, outside: HtmlElement | None = None, longest: int | None = _LINE) -> Iterator[str]:
    """The visible lines of `root` of at most `longest` characters, without those inside `outside`."""
    yield from (line for line in _lines(root, outside) if longest is None or len(line) <= longest)


def line(node: HtmlElement) -> str:
    """What a small element says, on one line; empty for one that holds lines itself or says more than a field."""
    if any(child.tag in _LINE_BLOCKS and child.tag != "br" for child in node):
        return ""
    if len(node) > _FIELD_PARTS or sum(map(len, node.itertext())) > 2 * _LINE:
        return ""
    words = squeeze("".join(_texts(node)))
    return words if len(words) <= _LINE else ""


def _lines(node: HtmlElement, outside: HtmlElement | None) -> Iterator[str]:
    """One line per block without blocks inside, and one per inline element that stands beside blocks."""
    if not isinstance(node.tag, str) or node is outside or hidden(node):
        return
    # the footer of an article says who wrote it and when
    if node.tag in _CHROME_TAGS - {"form"} and not (node.tag == "footer" and _is_article(node.getparent())):
        return
    if outside is None or not any(child is outside for child in node.iterdescendants(outside.tag)):
        whole = squeeze("".join(_texts(node)))
        if not whole:
            return
        if next(node.iterdescendants(*_LINE_BLOCKS), None) is None:
            yield whole
            if len(whole) <= _LINE and len(node) > 1 and node.tag != "p" and not _links_a_title(node):
                # several fields on one line: each element may be one
                yield from (words for child in node if (words := squeeze("".join(_texts(child)))) and words != whole)
            return
    if own := squeeze(node.text or ""):
        yield own
    for child in node:
        yield from _lines(child, outside)
        if tail := squeeze(child.tail or ""):
            yield tail


def _is_article(node: HtmlElement | None) -> bool:
    return node is not None and node.tag == "article"


def _links_a_title(node: HtmlElement) -> bool:
    """Whether the line is an item of a list of other articles, whose date is none of this one."""
    return any(len(squeeze("".join(anchor.itertext()))) >= 25 for anchor in node.iter("a"))


_LINE_BLOCKS = ("p", "div", "li", "ul", "ol", "td", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "section", "br")


def _texts(node: HtmlElement) -> Iterator[str]:
    if not isinstance(node.tag, str) or node.tag in ("script", "style") or hidden(node):
        return
    yield node.text or ""
    for child in node:
        yield from _texts(child)
        # what a style sheet keeps apart, no blank does: "<span>16:42</span><span>Lượt xem: 9</span>"
        yield child.tail or " "


def labelled(pattern: re.Pattern[str], said: Iterable[str]) -> str | None:
    """What follows the label in the first line that begins with it."""
    for line in said:
        if found := pattern.match(line):
            value = _NEXT_FIELD.split(found.group("value"))[0].strip()
            return value.rstrip(") ") if line.lstrip().startswith("(") else value
    return None


_NEXT_FIELD = re.compile(
    r"[\s|;,–-]+(?:tác giả|nguồn|ngày|đăng|cập nhật|lượt (?:xem|đọc)|số lượt|chuyên mục)\b[^:]{0,12}:", re.I
)


def prune(container: HtmlElement) -> None:
    """Take out of a container what its class, id or tag says is chrome, unless most of the prose is in it."""
    doomed = []
    for node in container.iterdescendants():
        tag = node.tag
        if not isinstance(tag, str):
            continue
        names = f"{node.get('class') or ''} {node.get('id') or ''}"
        if tag in _CHROME_TAGS or hidden(node) or (names != " " and _is_chrome(names)):
            doomed.append(node)
    whole = _prose(container) if doomed else 0
    for node in doomed:
        if node.getparent() is not None and (_size(node) <= 0.4 * whole or _prose(node) <= 0.4 * whole):
            cut(node)


@lru_cache(maxsize=4096)
def _is_chrome(names: str) -> bool:
    if _WIDGET.search(names) and not _BUILDER.search(names):
        return True
    return _CHROME.search(names) is not None


def cut(node: HtmlElement) -> None:
    """Remove an element and keep the text after it."""
    parent = node.getparent()
    if parent is None:
        return
    if node.tail and node.tail.strip():
        before = node.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + " " + node.tail
        else:
            parent.text = (parent.text or "") + " " + node.tail
    parent.remove(node)


def _size(node: HtmlElement) -> int:
    """Characters of all the text in it: no less than `_prose`, and read at once."""
    return len("".join(node.itertext()))


def _prose(node: HtmlElement) -> int:
    """Characters outside links and scripts."""
    if node.tag in ("script", "style", "a"):
        return 0
    total = len((node.text or "").strip())
    for child in node.iterdescendants():
        if isinstance(child.tag, str) and child.tag not in ("script", "style", "a", "option"):
            total += len((child.text or "").strip())
        total += len((child.tail or "").strip())
    return total
