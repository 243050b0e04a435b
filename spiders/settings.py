"""Scrapy's settings for one crawl: its downloader, and nothing that listens, remembers or calls home."""

from typing import Any

from schemas.capture import CrawlPlan

MAX_PAGE = 15 * 2**20
"""Bytes on the wire of one answer."""
TIMEOUT = 60.0
"""Seconds for one answer as a whole, from connecting to its last byte; these hosts can be slow."""
ACCEPT_ENCODING = "gzip, deflate, br"
"""What `pipelines.payload` can undo."""

_NO_EXTENSIONS = (
    "scrapy.extensions.corestats.CoreStats",
    "scrapy.extensions.logcount.LogCount",
    "scrapy.extensions.telnet.TelnetConsole",
    "scrapy.extensions.memusage.MemoryUsage",
    "scrapy.extensions.memdebug.MemoryDebugger",
    "scrapy.extensions.closespider.CloseSpider",
    "scrapy.extensions.feedexport.FeedExporter",
    "scrapy.extensions.logstats.LogStats",
    "scrapy.extensions.spiderstate.SpiderState",
    "scrapy.extensions.throttle.AutoThrottle",
    "scrapy.extensions.remote_control.RemoteControl",
)
_NO_MIDDLEWARES = (
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware",
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware",
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware",
    "scrapy.downloadermiddlewares.retry.RetryMiddleware",
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware",
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware",
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware",
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware",
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware",
    "scrapy.downloadermiddlewares.stats.DownloaderStats",
    "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware",
)


def for_plan(plan: CrawlPlan) -> dict[str, Any]:
    """The settings of one crawl.

    Robots, redirects, retries and the delay are `spiders.visitor`'s, where one request is one line of code; lanes
    keep one request under way per host:port. The cookie middleware would look up the public suffix list on the
    net; RemoteControl and telnet listen; a proxy of the environment would hide the address from the guard.
    """
    return {
        "BOT_NAME": "tintinh",
        "USER_AGENT": plan.user_agent,
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": "vi,en;q=0.5",
            "Accept-Encoding": ACCEPT_ENCODING,
        },
        "DOWNLOADER_MIDDLEWARES": {
            **dict.fromkeys(_NO_MIDDLEWARES),
            "spiders.capture.CaptureMiddleware": 900,
        },
        "DOWNLOAD_HANDLERS": {
            **dict.fromkeys(("http", "https"), "spiders.wire.OneTryHandler"),
            **dict.fromkeys(("data", "file", "ftp", "s3")),
        },
        "DOWNLOAD_MAXSIZE": MAX_PAGE,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_TIMEOUT": TIMEOUT,
        "DOWNLOAD_VERIFY_CERTIFICATES": plan.site.tls == "verified",
        "DOWNLOAD_DELAY": 0,
        "DOWNLOAD_DELAY_JITTER": 0,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "EXTENSIONS": dict.fromkeys(_NO_EXTENSIONS),
        "SPIDER_MIDDLEWARES": dict.fromkeys(
            (
                "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware",
                "scrapy.spidermiddlewares.referer.RefererMiddleware",
                "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware",
                "scrapy.spidermiddlewares.depth.DepthMiddleware",
            )
        ),
        "TWISTED_DNS_RESOLVER": "scrapy.resolver.CachingHostnameResolver",
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "COOKIES_ENABLED": False,
        "HTTPPROXY_ENABLED": False,
        "STATS_DUMP": False,
        "LOG_INSTALL_ROOT_HANDLER": False,
    }
