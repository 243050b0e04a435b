"""Every error that a person may meet, as one tree.

    TintinhError
    ├── UsageError            exit 2   a flag, a TOML or a setting is wrong, or there is nothing to do
    │   └── SiteFileError              one site's TOML cannot be read
    ├── StorageError          exit 3   the bucket cannot be reached, or refuses us
    │   └── StorageUnfitError               the store ignores what we rely on (conditional PUT, ...)
    ├── SchedulerError        exit 4   the Prefect server does not answer
    ├── MachineError          exit 5   this machine cannot do the work (disk nearly full, a lock held)
    └── CrawlError            exit 1   one site's crawl failed; the other sites go on

Exit 0: done. Exit 1: done, with some site held or down. Exit 6: a bug of ours. A rejected page changes nothing.
"""

from typing import ClassVar


class TintinhError(Exception):
    """Anything that went wrong and that we foresaw. The message is one sentence: what, where, what to do."""

    exit_code: ClassVar[int] = 6
    retryable: ClassVar[bool] = False


class UsageError(TintinhError):
    """The command, a setting or a file is wrong, or there is nothing to do; the operator mends it."""

    exit_code = 2


class SiteFileError(UsageError):
    """A site's TOML cannot be read or does not fit `schemas.site.Site`; the operator mends that file."""


class StorageError(TintinhError):
    """The bucket cannot be reached or refused a request; raised by `pipelines.store`, a retry may help."""

    exit_code = 3
    retryable = True


class StorageUnfitError(StorageError):
    """The store answered but does not honour what publishing relies on; another store is needed."""

    retryable = False


class SchedulerError(TintinhError):
    """The Prefect server does not answer; raised by `flows`, a retry may help."""

    exit_code = 4
    retryable = True


class MachineError(TintinhError):
    """This machine cannot do the work now: its disk is nearly full or a file is locked."""

    exit_code = 5
    retryable = True


class CrawlError(TintinhError):
    """One site's crawl gave nothing; raised by `flows.crawl`, the other sites go on."""

    exit_code = 1
    retryable = True
