"""What runs inside a refining process: the refinery and nothing else (no bucket, no Prefect, no Scrapy)."""

import contextlib
import ctypes
import resource
import signal
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.documents import Document
from pipelines.page import RawPage
from schemas.article import Accepted, Rejected
from schemas.site import Site

if TYPE_CHECKING:
    from pipelines.template import Template

_PR_SET_PDEATHSIG = 1


def start(megabytes: int) -> None:
    """Prepare this process: die with the parent, leave Ctrl-C to it, and bound the memory a page may take.

    Args:
        megabytes: address space allowed beyond what the process has after its imports.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import pipelines.refinery  # noqa: F401  # imported here once, not with the first page

    with contextlib.suppress(OSError, ValueError):
        limit = _address_space() + megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))


def refine(
    pages: Sequence[RawPage],
    site: Site | None,
    family: str | None,
    include_out_of_scope: bool,
    template: Path | None = None,
) -> Accepted | Rejected:
    """`pipelines.refinery.refine` on the pages of one article.

    `template`: a file with the site's template memory, which a process reads once: it is longer than most pages.
    """
    from pipelines.refinery import refine as pure

    memory = _template(template) if template is not None else None
    return pure(pages, site, memory, family=family, include_out_of_scope=include_out_of_scope)


def says(page: RawPage, site: Site | None, template: Path | None, family: str | None, further: bool) -> str:
    """`pipelines.refinery.says`; `template` as above."""
    from pipelines.refinery import says as pure

    return pure(page, site, _template(template) if template is not None else None, family, further)


def learn(template: "Template | None", pages: Sequence[RawPage], family: str | None) -> "Template":
    """`pipelines.template.learn`."""
    from pipelines.template import learn as pure

    return pure(template, pages, family)


@lru_cache(maxsize=8)
def _template(path: Path) -> "Template":
    from pipelines.template import Template

    return Template.model_validate_json(path.read_bytes())


def read_document(body: bytes, name: str) -> Document | None:
    """`pipelines.documents.read` on one attached file."""
    from pipelines.documents import read as pure

    return pure(body, name)


def _address_space() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123
        return int(statm.read().split()[0]) * resource.getpagesize()
