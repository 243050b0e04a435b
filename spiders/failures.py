"""Why a request got no answer, in one word, and how that is raised."""

import ssl

from OpenSSL.SSL import Error as OpenSSLError
from scrapy import exceptions
from service_identity import VerificationError
from twisted.internet import error as twisted_errors
from twisted.web.client import ResponseFailed

from spiders.wire import HeadTooLargeError

_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.DownloadTimeoutError, "timeout"),
    (twisted_errors.TimeoutError, "timeout"),
    (exceptions.CannotResolveHostError, "dns"),
    (exceptions.DownloadConnectionRefusedError, "refused"),
    (exceptions.DownloadCancelledError, "too_large"),
    (exceptions.ResponseDataLossError, "cut_short"),
    (exceptions.UnsupportedURLSchemeError, "guarded"),
)
_CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (HeadTooLargeError, "head_too_large"),
    (OpenSSLError, "tls"),
    (VerificationError, "tls"),
    (ssl.SSLError, "tls"),
)
NETWORK_ERRORS: tuple[type[Exception], ...] = (
    *(kind for kind, _ in _WORDS),
    exceptions.DownloadFailedError,
    exceptions.NotSupported,
    twisted_errors.ConnectError,
    twisted_errors.ConnectionClosed,
    ResponseFailed,
    OpenSSLError,
    VerificationError,
    OSError,
    ValueError,
)
"""What a download may raise; anything else is a bug of ours."""

_PASSING = frozenset({"408", "429", "500", "502", "503", "504"})
"""Statuses that may be gone a little later."""
_HOST_IN_TROUBLE = frozenset({"timeout", "dns", "refused", "connection", "tls", "http_502", "http_504"})
REFUSALS = frozenset({"http_401", "http_403", "http_429", "http_503"})
"""Failures by which a host says that it wants to be left alone."""


class NoAnswerError(Exception):
    """A URL gave no answer that says anything of the page; `reason` is a word for the report's `failed`, `target`
    where a redirect led that was not followed."""

    def __init__(self, reason: str, target: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.target = target


class SiteError(Exception):
    """The site as a whole is not to be asked further tonight; the message says why."""


def retries(reason: str) -> int:
    """How often a failure is tried again a little later; a host that is slow costs its whole timeout each time."""
    if reason == "timeout":
        return 1
    return 2 if reason in ("dns", "refused", "connection", "cut_short") or reason[5:] in _PASSING else 0


def is_passing(reason: str) -> bool:
    """Whether a failure may be gone tomorrow."""
    return reason in _HOST_IN_TROUBLE or reason == "cut_short" or reason[5:] in _PASSING


def weight(reason: str) -> int:
    """How much a failure speaks for leaving the whole host alone; 0: it is a fault of that one page."""
    return 2 if reason in REFUSALS else int(reason in _HOST_IN_TROUBLE)


def reason_of(error: BaseException) -> str:
    """`timeout`, `dns`, `refused`, `too_large`, `head_too_large`, `cut_short`, `tls`, `guarded`, else `connection`."""
    for kind, word in _WORDS:
        if isinstance(error, kind):
            return word
    for kind, word in _CAUSES:
        if _is_behind(error, kind, 0):
            return word
    return "connection"


def _is_behind(error: BaseException | None, kind: type[BaseException], depth: int) -> bool:
    """Whether such a failure is behind an error; Twisted keeps it in `reasons`, as failures."""
    if error is None or depth > 5:
        return False
    if isinstance(error, kind):
        return True
    causes = [getattr(reason, "value", reason) for reason in getattr(error, "reasons", None) or ()]
    causes += [error.__cause__, error.__context__]
    return any(_is_behind(cause, kind, depth + 1) for cause in causes if isinstance(cause, BaseException))
