"""One URL, one key: the general folding that holds for every site. Families fold more (twins, cases, ids)."""

import base64
import hashlib
import re
import struct
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode, urlsplit, urlunsplit

_TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|zarsrc|_ga|p_auth|p_p_auth|p_l_back_url|_?redirect|jsessionid|phpsessid|sid)$", re.I
)
_SESSION_PATH = re.compile(r";jsessionid=[^/?#]*", re.I)
_SAFE = "/:@!$&'()*+,;=~-._"


def canonical(url: str) -> str:
    """The URL to ask and to store: host in lower case, no default port, fragment, session or tracking part.

    The path keeps its case and its escapes are normalised; parameters keep their order.
    """
    parts = urlsplit(url.strip())
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = parts.port
    if port and (scheme, port) not in (("http", 80), ("https", 443)):
        host = f"{host}:{port}"
    path = re.sub(r"/{2,}", "/", _SESSION_PATH.sub("", parts.path)) or "/"
    path = _escaped(path)
    query = [(k, v.strip()) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(k)]
    return urlunsplit((scheme, host, path, urlencode(query, safe=_SAFE), ""))


def _escaped(path: str) -> str:
    """The path with every byte escaped in one way; escapes of bytes that are not UTF-8 stay those bytes."""
    return quote(unquote_to_bytes(path), safe=_SAFE)


def url_key(url: str, article_id: str | None = None) -> str:
    """The identity of an article on its site: the product's own id, else host-less path and query.

    Scheme, `www.` and a trailing slash do not make another article.
    """
    if article_id:
        return f"id:{article_id}"
    parts = urlsplit(canonical(url))
    path = parts.path.rstrip("/") or "/"
    return f"{path}?{parts.query}" if parts.query else path


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
