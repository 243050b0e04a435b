"""Why a request got no answer, in one word."""

import ssl

from OpenSSL.SSL import Error as OpenSSLError
from scrapy import exceptions
from service_identity import VerificationError
from twisted.internet import error as twisted_errors
from twisted.web.client import ResponseFailed

_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.DownloadTimeoutError, "timeout"),
    (twisted_errors.TimeoutError, "timeout"),
    (exceptions.CannotResolveHostError, "dns"),
    (exceptions.DownloadConnectionRefusedError, "refused"),
    (exceptions.DownloadCancelledError, "too_large"),
    (exceptions.ResponseDataLossError, "cut_short"),
    (exceptions.UnsupportedURLSchemeError, "guarded"),
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

RETRIED = frozenset(
    {"timeout", "dns", "refused", "connection", "cut_short"} | {f"http_{n}" for n in (408, 429, 500, 502, 503, 504)}
)
"""Failures that may be gone a little later."""
REFUSALS = frozenset({"http_401", "http_403", "http_429", "http_503"})
"""Failures by which a host says that it wants to be left alone."""


def reason_of(error: BaseException) -> str:
    """`timeout`, `dns`, `refused`, `too_large`, `cut_short`, `tls`, `guarded`, else `connection`."""
    for kind, word in _WORDS:
        if isinstance(error, kind):
            return word
    return "tls" if _is_tls(error, 0) else "connection"


def _is_tls(error: BaseException | None, depth: int) -> bool:
    """Whether a TLS failure is behind an error; Twisted keeps it in `reasons`, as failures."""
    if error is None or depth > 5:
        return False
    if isinstance(error, (OpenSSLError, VerificationError, ssl.SSLError)):
        return True
    causes = [getattr(reason, "value", reason) for reason in getattr(error, "reasons", None) or ()]
    causes += [error.__cause__, error.__context__]
    return any(_is_tls(cause, depth + 1) for cause in causes if isinstance(cause, BaseException))
