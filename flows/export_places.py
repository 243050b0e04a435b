"""Where an export goes: a folder, or a prefix of a bucket. A file is there whole or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from flows.storage import Storage
from pipelines.store.bucket import Bucket, MissingObjectError
from schemas.errors import MachineError, UsageError


class Place(Protocol):
    """Where files go, by their names."""

    @property
    def uri(self) -> str:
        """The place, for people."""

    def used(self) -> bool:
        """Whether something is there already."""

    def scratch(self, name: str) -> Path:
        """A path on this machine where the file `name` may be written."""

    def keep(self, name: str, path: Path, media: str) -> None:
        """Take the finished file."""

    def read(self, name: str) -> bytes | None:
        """What is there under the name."""

    def remove(self, name: str) -> None:
        """Take the file away, if it is there."""


@dataclass(frozen=True)
class Folder:
    """A folder of this machine."""

    path: Path

    @property
    def uri(self) -> str:
        """Its absolute path."""
        return str(self.path.resolve())

    def used(self) -> bool:
        """Whether it holds anything; raises UsageError when it is a file."""
        if self.path.exists() and not self.path.is_dir():
            raise UsageError(f"{self.path} is a file; name a folder with --out.")
        return self.path.exists() and any(self.path.iterdir())

    def scratch(self, name: str) -> Path:
        """Beside the file."""
        path = self.path / f"{name}.part"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def keep(self, name: str, path: Path, media: str) -> None:  # noqa: ARG002
        """Give it its name."""
        path.replace(self.path / name)

    def read(self, name: str) -> bytes | None:
        """What is there under the name."""
        path = self.path / name
        return path.read_bytes() if path.is_file() else None

    def remove(self, name: str) -> None:
        """Take the file away, if it is there."""
        if (path := (self.path / name).resolve()).is_relative_to(self.path.resolve()):
            path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Prefix:
    """A prefix of a bucket; files wait on this machine until they are whole."""

    bucket: Bucket
    waiting: Path = field(repr=False)

    @property
    def uri(self) -> str:
        """`s3://bucket/prefix`."""
        return self.bucket.uri

    def used(self) -> bool:
        """Whether an object is below it."""
        return next(self.bucket.list(), None) is not None

    def scratch(self, name: str) -> Path:
        """In the waiting room."""
        path = self.waiting / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def keep(self, name: str, path: Path, media: str) -> None:
        """Send it."""
        self.bucket.delete(name)
        self.bucket.upload(path, name, media)
        path.unlink()

    def read(self, name: str) -> bytes | None:
        """What is there under the name."""
        try:
            return self.bucket.get(name)
        except MissingObjectError:
            return None

    def remove(self, name: str) -> None:
        """Take the object away, if it is there."""
        self.bucket.delete(name)


@contextmanager
def opened(out: str, storage: Storage, home: Path) -> Iterator[Place]:
    """The place that `--out` names.

    Raises UsageError when it is in the bucket's own prefixes, StorageError when the bucket cannot be reached,
    MachineError when this machine's disk takes no more.
    """
    try:
        if not out.startswith("s3://"):
            yield Folder(Path(out).expanduser())
            return
        bucket = Bucket.open(out, storage.clean.options)
        for own in (storage.raw, storage.clean):
            if bucket.name == own.name and (
                bucket.prefix.startswith(own.prefix) or own.prefix.startswith(bucket.prefix)
            ):
                raise UsageError(f"{out} overlaps with {own.uri}, which the tables live in; name another prefix.")
        bucket.check()
        home.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="export-", dir=home) as folder:
            yield Prefix(bucket, Path(folder))
    except OSError as error:
        free = shutil.disk_usage(home if home.exists() else Path.cwd()).free >> 20
        raise MachineError(f"Cannot write the export: {error.strerror or error} ({free} MB free).") from error


def _overlap(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
