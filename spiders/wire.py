"""Scrapy's HTTP/1.1 downloader, made safe against servers that never come to the end of their headers."""

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from scrapy.crawler import Crawler
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.python.failure import Failure
from twisted.web._newclient import Request as TxRequest
from twisted.web.iweb import IResponse

MAX_HEAD = 64 * 2**10
"""Bytes of an answer's status line and headers, interim answers (1xx) before it included."""


class HeadTooLargeError(Exception):
    """An answer's headers grew beyond `MAX_HEAD`; raised while they arrive, retrying cannot help."""


class OneTryHandler(HTTP11DownloadHandler):
    """Scrapy's own handler, that sends a request once and reads a bounded head: Twisted would send it again, uncounted
    and without a pause, when a kept connection turns out to be closed, and would keep headers without end."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool.retryAutomatically = False
        self._pool._factory = _Factory


class _Parser(_LenientHTTPClientParser):
    """It comes to life by a change of class, so it has no state but what is here."""

    _head = 0

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        self._head += len(line) + 2
        if self._head > MAX_HEAD:
            raise HeadTooLargeError
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: ARG002, N802
        raise HeadTooLargeError


class _Protocol(_LenientHTTP11ClientProtocol):
    def request(self, request: TxRequest) -> Deferred[IResponse]:
        answered = super().request(request)
        assert self._parser is not None
        self._parser.__class__ = _Parser
        return answered

    def _giveUp(self, reason: Failure) -> None:  # noqa: N802
        """Endless headers are not waited for: over TLS, losing a connection asks the other side's consent."""
        if isinstance(reason.value, HeadTooLargeError):
            assert self.transport is not None
            self.transport.abortConnection()
        super()._giveUp(reason)  # type: ignore[no-untyped-call]


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: IAddress | None) -> _Protocol:  # noqa: ARG002, N802
        return _Protocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
