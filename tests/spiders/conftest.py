"""Plans of crawls, and running them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from schemas.capture import CrawlPlan
from schemas.site import Site
from tests.spiders.child import Done, finish, start


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., CrawlPlan]:
    """Makes the plan of a crawl of the replica at a URL; `site` and any field of the plan can be given."""
    folder = tmp_path_factory.mktemp("crawls")
    count = iter(range(1, 1000))

    def make(url: str, site: dict[str, Any] | None = None, **fields: Any) -> CrawlPlan:
        number = next(count)
        about = {"key": "mau", "name": "HĐND tỉnh Mẫu", "organ": "council", "province": "cao-bang", "url": url}
        return CrawlPlan.model_validate(
            {
                "run": "r1",
                "kind": "nightly",
                "site": Site.model_validate(about | (site or {})),
                "spool": str(folder / f"{number}.warc.gz"),
                "report": str(folder / f"{number}.json"),
                "lanes": str(folder / f"lanes{number}"),
                "user_agent": "tintinh/1.0 (+mailto:ai@example.vn)",
                "delay": 0.0,
                "first_pages": 20,
                "budget_seconds": 60.0,
                "allow_hosts": (urlsplit(url).netloc,),
            }
            | fields
        )

    return make


@pytest.fixture(scope="session")
def crawl() -> Callable[[CrawlPlan], Done]:
    """Runs a crawl to its end."""
    return lambda plan: finish(plan, start(plan))
