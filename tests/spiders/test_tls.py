"""Certificates: verified, with the intermediate a site forgets to send, and as a last resort not at all."""

import datetime
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from schemas.capture import CrawlPlan
from tests.spiders.child import Done
from tests.spiders.replica import article, listing, serving

ROUTES = {"/tin-tuc/": listing("tin-tuc", [1]), "/tin-tuc/phien-hop-thu-1-cua-thuong-truc-1.html": article(1)}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context for localhost, and the PEM of the authority that nobody trusts."""
    folder = tmp_path_factory.mktemp("tls")
    issuer_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _signed("Cơ quan chứng thực Mẫu", issuer_key, "Cơ quan chứng thực Mẫu", issuer_key, None)
    server = _signed("localhost", server_key, "Cơ quan chứng thực Mẫu", issuer_key, "localhost")
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(issuer.public_bytes(pem))
    plain = serialization.NoEncryption()
    key = server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    (folder / "server.pem").write_bytes(server.public_bytes(pem) + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context, folder / "ca.pem"


def _signed(name: str, key: Any, issuer: str, issuer_key: Any, host: str | None) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
    )
    if host:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


@pytest.mark.parametrize(
    ("about", "error", "tls"),
    [
        ({}, "robots.txt: tls", []),
        ({"tls": "unverified"}, None, ["unverified"]),
        ({"ca": "ca.pem"}, None, ["verified"]),
    ],
    ids=["not trusted", "unverified", "pinned"],
)
def test_tls(
    about: dict[str, str],
    error: str | None,
    tls: list[str],
    authority: tuple[ssl.SSLContext, Path],
    planned: Callable[..., CrawlPlan],
    crawl: Callable[[CrawlPlan], Done],
) -> None:
    context, pem = authority
    if "ca" in about:
        about = {"ca": str(pem)}
    with serving(dict(ROUTES), context) as site:
        done = crawl(planned(f"https://localhost:{site.port}/", site={"listings": ["/tin-tuc/"], **about}))
    assert (done.report.site_error, [capture.tls for capture in done.captures]) == (error, tls)
