"""robots.txt, obeyed as RFC 9309 says."""

import re
from dataclasses import dataclass

from protego import Protego

from pipelines.page import decode

MAX_CRAWL_DELAY = 30.0
"""Seconds; a longer wish is cut to this (docs: being a good guest)."""
MAX_BYTES = 512_000
"""RFC 9309 2.5: at least 500 KiB must be read; the rest may be ignored."""
_AGENT_LINE = re.compile(r"^(\s*user[- ]?agent\s*[:\s]\s*[a-z_-]+).*", re.I)


@dataclass(frozen=True)
class Rules:
    """What one host's robots.txt says to us. Without a file everything is allowed."""

    agent: str
    """Our product token."""
    parsed: Protego | None = None

    def allows(self, url: str) -> bool:
        """Whether we may ask `url`."""
        return self.parsed is None or bool(self.parsed.can_fetch(url, self.agent))

    @property
    def crawl_delay(self) -> float:
        """Seconds wished between requests, at most `MAX_CRAWL_DELAY`; 0: no wish."""
        wish = self.parsed.crawl_delay(self.agent) if self.parsed else None
        return min(max(float(wish or 0), 0.0), MAX_CRAWL_DELAY)

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """The URLs that its `Sitemap:` lines name, as written, each once."""
        return tuple(dict.fromkeys(self.parsed.sitemaps)) if self.parsed else ()


def product_token(user_agent: str) -> str:
    """The name by which robots.txt may call us: `tintinh` of `tintinh/1.0 (+https://...)`."""
    return user_agent.partition("/")[0].strip().lower()


def read(status: int, body: bytes, user_agent: str) -> Rules | None:
    """The rules in a robots.txt answer; None: hold off (RFC 9309 2.3.1.4: the host is in trouble, or refuses).

    A 4xx other than 429 means that there are no rules.
    """
    agent = product_token(user_agent)
    if 200 <= status < 300:
        lines = decode(body[:MAX_BYTES]).splitlines()
        return Rules(agent, Protego.parse("\n".join(map(_by_product, lines))))
    if 400 <= status < 500 and status != 429:
        return Rules(agent)
    return None


def _by_product(line: str) -> str:
    """A group's name cut to its product token (RFC 9309 2.2.1): `TinTinh/1.0 (+...)` speaks to tintinh."""
    return _AGENT_LINE.sub(r"\1", line)
