"""One URL, one key: the general folding that holds for every site. Families fold more (twins, ids).

`canonical` is what is asked: it drops only what certainly names no page, and keeps every other byte's meaning.
`url_key` is what is known: it folds also what servers treat alike but may print differently.
"""

import base64
import hashlib
import re
import struct
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes, urlsplit, urlunsplit

_TRACKING = re.compile(
    r"(?:amp;)?(?:utm_\w+|_ga|_gl|_gac_\w+|[gdw]clid|gclsrc|[gw]braid|fbclid|fb_(?:action|source|ref)\w*|msclkid|yclid"
    r"|twclid|ttclid|igsh(?:id)?|mc_[ce]id|mkt_tok|_openstat|zarsrc|gidzl|__cf_chl_\w+"
    r"|p_auth|p_p_auth|p_l_back_url(?:_title)?|jsessionid|phpsessid|aspsessionid\w*|aspxautodetectcookiesupport)",
    re.I,
)
_WAY_BACK = re.compile(r"(?:\w*_)?(?:redirect|backurl|returnurl)", re.I)
_PLACE = re.compile(r"/|%2F|https?(?::|%3A)", re.I)
# in the path: of Java's servlets and PHP, and of ASP.NET's cookieless sessions
_SESSION_PATH = re.compile(
    r"(?:;|%3B)(?:jsessionid|phpsessid)(?:=|%3D)[^/;&]*|/(?:\(|%28)(?:[SAF](?:\(|%28)[^/()]*(?:\)|%29))+(?:\)|%29)(?=/|$)",
    re.I,
)
_PADDING = re.compile(r"^(?:\+|%20)+|(?:\+|%20)+$")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# an escape (of classic ASP too), else what no URL may hold as it is
_TO_ESCAPE = re.compile(r"%u[0-9a-f]{4}|%[0-9a-f]{2}|%|[^\w.~!$&'()*+,;=:@/?%-]+", re.I | re.A)
_PORTS = {80: "http", 443: "https"}

# what stands for itself in a parameter's name, its value, and between the separators of a path
_IN_NAME, _IN_VALUE, _IN_PATH = "/:@!$'()*,;?", "/:@!$'()*,;?=", ":@!$&'()*,="
_SEPARATORS = re.compile(r"([/;+])")
_SPACES = re.compile(r"(?:\+|%20)+")
_DEFAULT_DOCUMENT = re.compile(r"/(?:index|default)\.(?:s?html?|php\d?|aspx?|jsp|cfm)$", re.I)
_BLANKS = re.compile(r"(?:%20)+(?=/|$)")
_MOTHER_TONGUE = re.compile(r"(?:lang|language|locale|culture)=(?:vi|vn|vi[-_]vn|vie|vietnamese)", re.I)


@lru_cache(maxsize=4096)
def canonical(url: str) -> str:
    """The URL to ask and to store: host in lower case, no default port, fragment, session or tracking part.

    The path keeps its case, a parameter its value and place. Escapes are spelt in one way and never undone where that
    would say something else (`%26`, `%2F`, bytes that are no UTF-8). Idempotent. Raises ValueError for what is no URL.
    """
    head, mark, rest = _split(url.strip())
    parts = urlsplit(head.replace("\\", "/") + mark + rest)
    scheme, host, port = parts.scheme.lower(), (parts.hostname or "").lower().rstrip("."), parts.port
    host = f"[{host}]" if ":" in host else host
    if port in _PORTS and scheme in ("http", "https"):
        scheme, port = _PORTS[port], None  # what speaks on 443 is https, whatever a portal's links say
    if port is not None:
        host = f"{host}:{port}"
    path = _without_dots(_SESSION_PATH.sub("", _escaped(parts.path)))
    path = re.sub(r"(?<!:)/{2,}", "/", path) or "/"
    return urlunsplit((scheme, host, path, _asked(_escaped(parts.query)), ""))


def _split(url: str) -> tuple[str, str, str]:
    """The URL before its query or fragment, and the rest."""
    at = next((i for i, c in enumerate(url) if c in "?#"), len(url))
    return url[:at], url[at : at + 1], url[at + 1 :]


def _escaped(text: str) -> str:
    """The text with every byte escaped in one way (RFC 3986 §6.2.2): upper-case digits, none for plain letters."""
    return _TO_ESCAPE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    text = found.group()
    if text[0] != "%" or len(text) == 1:
        return quote(text, safe="", errors="replace")
    if len(text) == 6:
        return f"%u{text[2:].upper()}"
    char = chr(int(text[1:], 16))
    return char if char in _UNRESERVED else text.upper()


def _without_dots(path: str) -> str:
    """The path without `.` and `..`, as every client resolves them."""
    if "/." not in path or path[0] != "/":
        return path
    kept: list[str] = []
    parts = path.split("/")
    for part in parts[1:]:
        if part == "..":
            del kept[-1:]
        elif part != ".":
            kept.append(part)
    return "/".join(["", *kept, *([""] if parts[-1] in (".", "..") else [])])


def _asked(query: str) -> str:
    """The parameters in their order, each with its own spelling, without tracking, sessions, ways back and padding."""
    kept = []
    for piece in query.split("&"):
        name, equals, value = piece.partition("=")
        if _TRACKING.fullmatch(name) or (_PLACE.match(value) and _WAY_BACK.fullmatch(name)):
            continue
        kept.append(f"{name}={_PADDING.sub('', value)}" if equals else _PADDING.sub("", name))
    return "&".join(filter(None, kept))


def without_parameters(url: str, dropped: Callable[[str, str], bool]) -> str:
    """The URL without the parameters that `dropped` names by name and value; the others keep their bytes."""
    parts = urlsplit(url)
    pieces = parts.query.split("&")
    kept = [piece for piece in pieces if not dropped(*_read(piece))]
    return url if len(kept) == len(pieces) else urlunsplit(parts._replace(query="&".join(kept), fragment=""))


def _read(piece: str) -> tuple[str, str]:
    name, _, value = piece.replace("+", " ").partition("=")
    return _said(name), _said(value)


def _said(text: str) -> str:
    return unquote_to_bytes(text).decode("utf-8", "replace")


def url_key(url: str, article_id: str | None = None, folds_case: bool = False) -> str:
    """The identity of an article on its site: the product's own id, else host-less path and query.

    Scheme, host, a trailing slash, a default document, the order of parameters, other spellings of one character and
    the site's own language do not make another article; nor does the case of path and parameter names where
    `folds_case`. Raises ValueError for what is no URL.
    """
    if article_id:
        return f"id:{article_id}"
    parts = urlsplit(canonical(url))
    pieces = _SEPARATORS.split(parts.path)
    path = "".join(one if one in "/;+" else _same(one, _IN_PATH, folds_case) for one in pieces)
    path = _DEFAULT_DOCUMENT.sub("/", _BLANKS.sub("", path)).rstrip("/") or "/"
    asked = (piece for piece in parts.query.split("&") if piece and not _MOTHER_TONGUE.fullmatch(piece))
    named = sorted((_parameter(piece, folds_case) for piece in asked), key=lambda one: one[0])
    query = "&".join(map("".join, named))
    return f"{path}?{query}" if query else path


def _parameter(piece: str, folds_case: bool) -> tuple[str, str, str]:
    name, equals, value = _SPACES.sub(" ", piece).partition("=")
    return _same(name, _IN_NAME, folds_case), equals, _same(value, _IN_VALUE)


def _same(text: str, safe: str, folds_case: bool = False) -> str:
    """Equal for texts that a server reads alike: escapes undone and made again, letters composed."""
    if "%" not in text and " " not in text:
        return text.lower() if folds_case else text
    raw = unquote_to_bytes(text)
    try:
        read = unicodedata.normalize("NFC", raw.decode())
    except UnicodeDecodeError:
        return quote(raw.lower() if folds_case else raw, safe=safe)
    return quote(read.lower() if folds_case else read, safe=safe)


def url_hash(key: str) -> int:
    """64 bits of a URL key, signed: what the ledger keeps and a plan carries (one column, 8 bytes a URL)."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


def pack_hashes(hashes: Iterable[int]) -> str:
    """Sorted URL hashes as base64, 8 big-endian bytes each: how a plan carries the known URLs."""
    ordered = sorted(hashes)
    return base64.b64encode(struct.pack(f">{len(ordered)}q", *ordered)).decode("ascii")


def unpack_hashes(packed: str) -> frozenset[int]:
    """The inverse of `pack_hashes`."""
    raw = base64.b64decode(packed)
    return frozenset(struct.unpack(f">{len(raw) // 8}q", raw))


def host_port(url: str) -> str:
    """The lane of a URL: `host:port`, where 80 and 443 are one (`host:443`)."""
    parts = urlsplit(url)
    port = parts.port or 443
    return f"{(parts.hostname or '').lower()}:{443 if port == 80 else port}"
