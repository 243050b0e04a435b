"""Where a verification reads: a copy of the bucket in a folder, or S3 with nothing but the standard library."""

import datetime
import hashlib
import hmac
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

ATTEMPTS = 3


class MissingError(Exception):
    """There is no such object."""


class UnreadableError(Exception):
    """The bucket cannot be reached, or refuses us."""


class Source(Protocol):
    """Objects below a prefix, and the Delta tables among them."""

    def get(self, key: str, offset: int = 0, length: int | None = None) -> bytes:
        """The object's bytes, or a range of them. Raises MissingError, UnreadableError."""

    def table(self, name: str) -> DeltaTable | None:
        """The table at its newest version; None when there is none. Raises UnreadableError."""


@dataclass(frozen=True)
class Folder:
    """A copy of the bucket on this machine."""

    path: Path

    def get(self, key: str, offset: int = 0, length: int | None = None) -> bytes:
        """As `Source.get`."""
        try:
            with (self.path / key).open("rb") as stream:
                stream.seek(offset)
                return stream.read(-1 if length is None else length)
        except FileNotFoundError:
            raise MissingError(key) from None

    def table(self, name: str) -> DeltaTable | None:
        """As `Source.table`."""
        return opened(str(self.path / name)) if (self.path / name).is_dir() else None


@dataclass(frozen=True)
class S3:
    """`s3://bucket/prefix`, asked with nothing but signed GET requests."""

    bucket: str
    prefix: str
    env: dict[str, str] = field(repr=False)

    @classmethod
    def of(cls, uri: str) -> "S3":
        """The prefix that the URI names, with the credentials of the environment."""
        parts = urllib.parse.urlsplit(uri)
        return cls(parts.netloc, parts.path.strip("/"), dict(os.environ))

    @property
    def _endpoint(self) -> str:
        return (self.env.get("AWS_ENDPOINT_URL_S3") or self.env.get("AWS_ENDPOINT_URL") or "").rstrip("/")

    @property
    def _region(self) -> str:
        return self.env.get("AWS_REGION") or self.env.get("AWS_DEFAULT_REGION") or "us-east-1"

    def get(self, key: str, offset: int = 0, length: int | None = None) -> bytes:
        """As `Source.get`."""
        path = urllib.parse.quote("/".join(part for part in (self.prefix, key) if part), safe="/~")
        base = (
            f"{self._endpoint}/{self.bucket}"
            if self._endpoint
            else f"https://{self.bucket}.s3.{self._region}.amazonaws.com"
        )
        url = f"{base}/{path}"
        span = {} if length is None else {"Range": f"bytes={offset}-{offset + length - 1}"}
        for attempt in range(ATTEMPTS):
            try:
                with urllib.request.urlopen(
                    urllib.request.Request(url, headers=self._signed(url) | span), timeout=60
                ) as answer:
                    data: bytes = answer.read()
                    return data
            except urllib.error.HTTPError as error:
                error.close()
                if error.code == 404:
                    raise MissingError(key) from None
                if error.code < 500 or attempt == ATTEMPTS - 1:
                    raise UnreadableError(f"the server answered {error.code} for {key}") from None
            except (OSError, urllib.error.URLError) as error:
                if attempt == ATTEMPTS - 1:
                    raise UnreadableError(f"no answer from {base}: {error}") from None
            time.sleep(2**attempt)
        raise UnreadableError(key)

    def _signed(self, url: str) -> dict[str, str]:
        """Headers of AWS Signature Version 4; none without keys."""
        key, secret = self.env.get("AWS_ACCESS_KEY_ID"), self.env.get("AWS_SECRET_ACCESS_KEY")
        if not (key and secret):
            return {}
        parts = urllib.parse.urlsplit(url)
        now, empty = f"{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%SZ}", hashlib.sha256(b"").hexdigest()
        headers = {"host": parts.netloc, "x-amz-content-sha256": empty, "x-amz-date": now}
        if token := self.env.get("AWS_SESSION_TOKEN"):
            headers["x-amz-security-token"] = token
        names, scope = ";".join(sorted(headers)), f"{now[:8]}/{self._region}/s3/aws4_request"
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        asked = hashlib.sha256(f"GET\n{parts.path}\n\n{lines}\n{names}\n{empty}".encode()).hexdigest()
        signing = b"AWS4" + secret.encode()
        for part in (*scope.split("/"), f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{asked}"):
            signing = hmac.digest(signing, part.encode(), "sha256")
        said = f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={signing.hex()}"
        return {name: value for name, value in headers.items() if name != "host"} | {"Authorization": said}

    def table(self, name: str) -> DeltaTable | None:
        """As `Source.table`."""
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        options = {name: self.env[name] for name in names if self.env.get(name)} | {"AWS_REGION": self._region}
        if self._endpoint:
            options |= {"AWS_ENDPOINT_URL": self._endpoint, "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false"}
            options |= {"AWS_ALLOW_HTTP": "true"} if self._endpoint.startswith("http://") else {}
        if "AWS_ACCESS_KEY_ID" not in options:
            options["AWS_SKIP_SIGNATURE"] = "true"
        return opened("/".join(part for part in (f"s3://{self.bucket}", self.prefix, name) if part), options)


def opened(uri: str, options: dict[str, str] | None = None) -> DeltaTable | None:
    """The Delta table there; None when there is none."""
    try:
        return DeltaTable(uri, storage_options=options)
    except TableNotFoundError:
        return None
    except (DeltaError, OSError) as error:
        raise UnreadableError(f"cannot open {uri}: {error}") from None
