"""Scrapy's settings for one crawl: its downloader, and nothing that listens, remembers or calls home."""

from typing import Any

from schemas.capture import CrawlPlan

MAX_PAGE = 15 * 2**20
"""Bytes on the wire of one answer."""
TIMEOUT = 60.0
"""Seconds for one answer as a whole, from connecting to its last byte; these hosts can be slow."""
ACCEPT_ENCODING = "gzip, deflate, br"
"""What `pipelines.payload` can undo."""

_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
    "spiders.capture.CaptureMiddleware": 900,
}


def for_plan(plan: CrawlPlan) -> dict[str, Any]:
    """The settings of one crawl.

    Robots, redirects, retries and the delay are `spiders.visitor`'s, where one request is one line of code; lanes
    keep one request under way per host:port. Of Scrapy's middlewares and extensions only what is named runs: cookies
    would look up the public suffix list on the net, RemoteControl and telnet listen, and a proxy of the environment
    would hide the address from the guard.
    """
    return {
        "BOT_NAME": "tintinh",
        "USER_AGENT": plan.user_agent,
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": "vi,en;q=0.5",
            "Accept-Encoding": ACCEPT_ENCODING,
        },
        # Scrapy's own lists are left out whole: to switch their parts off one by one would still import each
        "DOWNLOADER_MIDDLEWARES_BASE": _MIDDLEWARES,
        "DOWNLOAD_HANDLERS_BASE": dict.fromkeys(("http", "https"), "spiders.wire.OneTryHandler"),
        "SPIDER_MIDDLEWARES_BASE": {},
        "EXTENSIONS_BASE": {},
        "DOWNLOAD_MAXSIZE": MAX_PAGE,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_TIMEOUT": TIMEOUT,
        "DOWNLOAD_VERIFY_CERTIFICATES": plan.site.tls == "verified",
        "DOWNLOAD_DELAY": 0,
        "DOWNLOAD_DELAY_JITTER": 0,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "TWISTED_DNS_RESOLVER": "scrapy.resolver.CachingHostnameResolver",
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "COOKIES_ENABLED": False,
        "HTTPPROXY_ENABLED": False,
        "STATS_DUMP": False,
        "LOG_INSTALL_ROOT_HANDLER": False,
    }
