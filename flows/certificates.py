"""Why a host's certificate is not trusted: one handshake of our own tells what the crawl's word `tls` does not."""

import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from spiders.guard import Guard, port_of

SECONDS = 15.0
MENDED_BY_CA = frozenset({2, 18, 19, 20, 21})
"""OpenSSL's verification errors of an issuer that is missing or not known (x509_vfy.h)."""


@dataclass(frozen=True)
class Trust:
    """What a handshake showed."""

    distrusted: bool
    """The certificate did not pass; False: the handshake passed, or failed for another reason."""
    told: str
    """In words, with what can be done."""


def examine(url: str, allow_hosts: tuple[str, ...], ca: str | None = None) -> Trust:
    """Shake hands with the host of `url`, under the guard of a crawl. Never raises for what the host does."""
    host, port = urlsplit(url).hostname or "", port_of(url)
    context = ssl.create_default_context(cafile=ca)
    if ca:
        context.load_default_certs()
    try:
        address = _address(host, port, allow_hosts)
        with _connected(address, port) as plain, context.wrap_socket(plain, server_hostname=host):
            return Trust(False, "a second handshake passed")
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message
        if error.verify_code not in MENDED_BY_CA:
            return Trust(True, f'{why}; no `ca` mends that, `tls = "unverified"` is the last resort')
        return Trust(True, f'{why}; {_issuer(host, address, port)}; save it as PEM beside the TOML, `ca = "file.pem"`')
    except ssl.SSLError as error:
        return Trust(False, f"no handshake: {(error.reason or str(error)).lower().replace('_', ' ')}")
    except OSError as error:
        return Trust(False, f"no connection: {error.strerror or error}")


def _address(host: str, port: int, allow_hosts: tuple[str, ...]) -> str:
    """The first address that the guard lets through. Raises OSError."""
    guard = Guard(allow_hosts)
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    allowed = [address for address in found if guard.lets(host, port, address)]
    if not allowed:
        raise OSError(f"the guard refuses {', '.join(found)}")
    return next((address for address in allowed if ":" not in address), allowed[0])


def _connected(address: str, port: int) -> socket.socket:
    return socket.create_connection((address, port), timeout=SECONDS)


def _issuer(host: str, address: str, port: int) -> str:
    """Who signed the certificate, and where it says that the signer's own is to be had."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with _connected(address, port) as plain, context.wrap_socket(plain, server_hostname=host) as secured:
            shown = x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
    except (OSError, ValueError):
        return "its issuer does not show"
    issuer = f"issued by {shown.issuer.rfc4514_string()}"
    try:
        access = shown.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return issuer
    places = [
        one.access_location.value for one in access if one.access_method == AuthorityInformationAccessOID.CA_ISSUERS
    ]
    return f"{issuer}, whose certificate is at {places[0]}" if places else issuer
