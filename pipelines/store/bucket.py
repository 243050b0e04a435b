"""Objects in one S3 bucket below one prefix: the other nouns of the store stand on this one."""

import base64
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from pipelines.store.client import MissingObjectError, OtherContentError, S3Options, client, code, credentials, told
from pipelines.store.keeping import Keeping
from schemas.errors import StorageError, UsageError

__all__ = ["Bucket", "MissingObjectError", "OtherContentError", "S3Options", "Stored"]

PART = 32 * 1024 * 1024
"""Bytes from which an upload is sent in parts."""
_TRANSFER = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=4)
_LOST = ("PreconditionFailed", "412")
_CONTESTED = ("ConditionalRequestConflict", "409")
"""What S3 answers while somebody else writes the very same key."""


@dataclass(frozen=True)
class Stored:
    """What a bucket says of one object."""

    key: str
    size: int
    """Bytes."""
    etag: str
    modified: datetime
    sha256: str | None = None
    """Hex, where the object was uploaded from a file by `Bucket.upload`."""


@dataclass(frozen=True)
class OldVersion:
    """What a versioned bucket still holds of an object that was replaced or deleted."""

    key: str
    version: str


@dataclass(frozen=True)
class Bucket:
    """A bucket and a prefix in it; keys are relative to the prefix. Safe to share between threads."""

    name: str
    prefix: str
    """Empty, or ends with a slash."""
    options: S3Options
    client: Any = field(repr=False, compare=False)
    keeping: Keeping = field(default_factory=Keeping)
    """How the server is told to keep what we write."""

    @classmethod
    def open(cls, uri: str, options: S3Options, hasty: bool = False, keeping: Keeping | None = None) -> "Bucket":
        """The bucket at `s3://bucket/prefix`; nothing is asked of the server yet. `hasty`: give up within seconds.

        Raises UsageError on another URI.
        """
        parts = urlsplit(uri)
        if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
            raise UsageError(f"{uri!r} is no bucket; write it as s3://bucket/prefix.")
        prefix = parts.path.strip("/")
        asking = client(options, os.getpid(), hasty)
        return cls(parts.netloc, f"{prefix}/" if prefix else "", options, asking, keeping or Keeping())

    @property
    def uri(self) -> str:
        """`s3://bucket/prefix`, without a slash at the end."""
        return f"s3://{self.name}/{self.prefix}".rstrip("/")

    def check(self) -> None:
        """Ask for one listing, hastily. Raises StorageError when the bucket is absent, closed or out of reach."""
        with told(self.name, "reach"):
            client(self.options, os.getpid(), hasty=True).list_objects_v2(
                Bucket=self.name, Prefix=self.prefix, MaxKeys=1
            )

    def clock(self) -> datetime | None:
        """The server's time, aware; None when it does not tell. Raises StorageError."""
        with told(self.name, "reach"):
            answer = self.client.list_objects_v2(Bucket=self.name, Prefix=self.prefix, MaxKeys=1)
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        return parsedate_to_datetime(date) if date else None

    def get(self, key: str) -> bytes:
        """The object's bytes. Raises MissingObjectError."""
        return self.get_tagged(key)[0]

    def get_tagged(self, key: str) -> tuple[bytes, str]:
        """The object's bytes and the etag that `replace` wants. Raises MissingObjectError."""
        with told(self.name, "read", key):
            answer = self.client.get_object(Bucket=self.name, Key=self.prefix + key)
            return answer["Body"].read(), answer["ETag"]

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`. Raises StorageError when the object does not hold them all."""
        with told(self.name, "read", key):
            span = f"bytes={offset}-{offset + length - 1}"
            data: bytes = self.client.get_object(Bucket=self.name, Key=self.prefix + key, Range=span)["Body"].read()
        if len(data) != length:
            raise StorageError(f"{self.name}/{self.prefix}{key} gave {len(data)} of {length} bytes at {offset}.")
        return data

    def head(self, key: str) -> Stored | None:
        """What the bucket says of the object; None when it is absent."""
        try:
            with told(self.name, "look up", key):
                answer = self.client.head_object(Bucket=self.name, Key=self.prefix + key)
        except MissingObjectError:
            return None
        sha256 = answer.get("Metadata", {}).get("sha256")
        return Stored(key, answer["ContentLength"], answer["ETag"], answer["LastModified"], sha256)

    def exists(self, key: str) -> bool:
        """Whether the object is there."""
        return self.head(key) is not None

    def put(self, key: str, data: bytes, content_type: str = "application/octet-stream") -> str:
        """Write the object, whatever was there; returns its etag."""
        with told(self.name, "write", key):
            etag: str = self._put(key, data, content_type)["ETag"]
        return etag

    def put_new(self, key: str, data: bytes, content_type: str = "application/octet-stream") -> str | None:
        """Write the object if there is none; its etag, or None when one exists (a lost answer of ours too)."""
        return self._conditional(key, data, content_type, IfNoneMatch="*")

    def replace(self, key: str, data: bytes, etag: str, content_type: str = "application/octet-stream") -> str | None:
        """Write the object if its etag still is `etag`; the new etag, or None when it changed or went."""
        return self._conditional(key, data, content_type, IfMatch=etag)

    def upload(self, path: Path, key: str, content_type: str = "application/octet-stream") -> bool:
        """Upload an immutable file; False when the very same file was there already.

        The server checks a SHA-256 of what it received; size and our own SHA-256 are compared afterwards.
        Raises OtherContentError when another file has that key.
        """
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        size = path.stat().st_size
        if not self._same(key, size, sha256):
            with told(self.name, "write", key):
                self._send(path, key, sha256, content_type, size)
            if not self._same(key, size, sha256):
                raise StorageError(f"{self.name} did not keep {self.prefix}{key} after taking it; try again.")
            return True
        return False

    def overwrite(self, path: Path, key: str, content_type: str = "application/octet-stream") -> None:
        """Upload a file in place of the one that is there: for erasing, which alone may change an immutable file."""
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        extra = {"Metadata": {"sha256": sha256}, "ContentType": content_type, **self.keeping.extra(key)}
        with told(self.name, "write", key):
            self.client.upload_file(str(path), self.name, self.prefix + key, ExtraArgs=extra, Config=_TRANSFER)

    def old_versions(self, prefix: str = "") -> Iterator[OldVersion]:
        """The versions of objects below `prefix` that are no longer the current one, delete markers among them; none
        where the bucket keeps none."""
        pages = iter(
            self.client.get_paginator("list_object_versions").paginate(Bucket=self.name, Prefix=self.prefix + prefix)
        )
        while True:
            with told(self.name, "list the versions of", prefix):
                page = next(pages, None)
            if page is None:
                return
            for found in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if not found["IsLatest"] and found.get("VersionId") not in (None, "", "null"):
                    yield OldVersion(found["Key"].removeprefix(self.prefix), found["VersionId"])

    def forget(self, old: OldVersion) -> bool:
        """Delete an old version for good; False when the bucket holds it fast (object lock)."""
        with told(self.name, "delete", old.key):
            try:
                self.client.delete_object(Bucket=self.name, Key=self.prefix + old.key, VersionId=old.version)
            except ClientError as error:
                if code(error) in ("AccessDenied", "403", "ObjectLocked", "InvalidRequest"):
                    return False
                raise
        return True

    def can_lock(self) -> bool:
        """Whether the bucket was made with object lock."""
        with told(self.name, "look up"):
            try:
                answer = self.client.get_object_lock_configuration(Bucket=self.name)
            except ClientError:
                return False
        return bool(answer.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled")

    def download(self, key: str, path: Path) -> Path:
        """Copy the object to `path`, whole or not at all. Raises MissingObjectError."""
        partial = path.with_name(path.name + ".part")
        with told(self.name, "read", key):
            self.client.download_file(self.name, self.prefix + key, str(partial), Config=_TRANSFER)
        return partial.replace(path)

    def list(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        """The objects below `prefix` in order of their keys, those after `start_after` only."""
        query = {"Bucket": self.name, "Prefix": self.prefix + prefix}
        if start_after:
            query["StartAfter"] = self.prefix + start_after
        pages = iter(self.client.get_paginator("list_objects_v2").paginate(**query))
        while True:
            with told(self.name, "list", prefix):
                page = next(pages, None)
            if page is None:
                return
            for found in page.get("Contents", ()):
                key = found["Key"].removeprefix(self.prefix)
                yield Stored(key, found["Size"], found["ETag"], found["LastModified"])

    def delete(self, key: str) -> None:
        """Remove the object; no error when it is absent."""
        with told(self.name, "delete", key):
            self.client.delete_object(Bucket=self.name, Key=self.prefix + key)

    def delete_many(self, keys: Sequence[str]) -> None:
        """Remove the objects, a thousand at a request."""
        for start in range(0, len(keys), 1000):
            batch = [{"Key": self.prefix + key} for key in keys[start : start + 1000]]
            with told(self.name, "delete"):
                answer = self.client.delete_objects(Bucket=self.name, Delete={"Objects": batch, "Quiet": True})
            if errors := answer.get("Errors"):
                raise StorageError(f"{self.name} would not delete {errors[0]['Key']} ({errors[0].get('Code')}).")

    def table_uri(self, name: str) -> str:
        """Where the Delta table `name` is."""
        return f"{self.uri}/{name}"

    def storage_options(self) -> dict[str, str]:
        """The same server, region and credentials in the words of the `deltalake` package.

        What it would take from the environment, where it is not told, is told too: else it may speak to another server
        than boto3 does.
        """
        options = {
            "AWS_REGION": self.options.region,
            "aws_conditional_put": "etag",
            "connect_timeout": "3s",
            "timeout": "60s",
            "max_retries": "3",
            "retry_timeout": "12s",
        }
        if self.options.endpoint:
            options |= dict.fromkeys(("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"), self.options.endpoint)
            options["AWS_VIRTUAL_HOSTED_STYLE_REQUEST"] = "false"
            if self.options.endpoint.startswith("http://"):
                options["AWS_ALLOW_HTTP"] = "true"
        keys = credentials(self.options)
        options |= {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key}
        options |= {"AWS_SESSION_TOKEN": keys.token or "", "AWS_SKIP_SIGNATURE": "false"}
        return options | self.keeping.delta_options()

    def _put(self, key: str, data: bytes | BinaryIO, content_type: str, **more: Any) -> Any:
        return self.client.put_object(
            Bucket=self.name,
            Key=self.prefix + key,
            Body=data,
            ContentType=content_type,
            **self.keeping.extra(key),
            **more,
        )

    def _conditional(self, key: str, data: bytes, content_type: str, **condition: str) -> str | None:
        with told(self.name, "write", key):
            for _ in range(8):
                try:
                    etag: str = self._put(key, data, content_type, **condition)["ETag"]
                    return etag
                except ClientError as error:
                    name = code(error)
                    if name in (*_LOST, "NoSuchKey", "404"):
                        return None
                    if name not in _CONTESTED:
                        raise
        raise StorageError(f"{self.name}/{self.prefix}{key} is being written by others without end; try again.")

    def _same(self, key: str, size: int, sha256: str) -> bool:
        stored = self.head(key)
        if stored is None:
            return False
        if (stored.size, stored.sha256) != (size, sha256):
            raise OtherContentError(
                f"{self.name}/{self.prefix}{key} exists with other content; it is never overwritten."
            )
        return True

    def _send(self, path: Path, key: str, sha256: str, content_type: str, size: int) -> None:
        if size > PART:
            extra = {"Metadata": {"sha256": sha256}, "ContentType": content_type, "ChecksumAlgorithm": "SHA256"}
            extra |= self.keeping.extra(key)
            self.client.upload_file(str(path), self.name, self.prefix + key, ExtraArgs=extra, Config=_TRANSFER)
            return
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        with path.open("rb") as body:
            try:
                self._put(
                    key, body, content_type, IfNoneMatch="*", Metadata={"sha256": sha256}, ChecksumSHA256=checksum
                )
            except ClientError as error:
                if code(error) not in (*_LOST, *_CONTESTED):
                    raise
