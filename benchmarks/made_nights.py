"""Made articles of real length, and the nights of made sites that publish them: no crawl, no refinery."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from flows.captured import Warc
from flows.memory import remember
from flows.refining import Refiners
from flows.settings import Settings
from flows.staging import stage
from flows.storage import Storage
from flows.visit import Desk, RunKind, Visit
from flows.weighing import SiteResult, weigh
from pipelines.store.bucket import Bucket
from pipelines.store.client import S3Options
from pipelines.store.tables import Tables
from schemas import keys
from schemas.article import Accepted, Content
from schemas.capture import Capture
from schemas.provinces import PROVINCES
from schemas.refined import Refined
from schemas.site import Expect, Organ, Site
from schemas.window import Window

NOON = datetime(2026, 11, 20, 5, tzinfo=UTC)
_SYLLABLES = (
    "kỳ họp hội đồng nhân dân tỉnh ủy ban thường vụ đại biểu quốc hội nghị quyết phát triển kinh tế xã hội quốc phòng "
    "an ninh xây dựng nông thôn mới giám sát tiếp xúc cử tri công tác cán bộ đảng viên chi bộ nhiệm kỳ chủ tịch phó "
    "trưởng đoàn thảo luận báo cáo kết quả thực hiện nhiệm vụ trọng tâm năm tháng quý đầu tư công hạ tầng giao thông "
    "y tế giáo dục văn hóa môi trường rừng biển sông núi thủy lợi du lịch chuyển đổi số cải cách hành chính tư pháp"
)
_WORDS = _SYLLABLES.split()


def paragraph(draw: random.Random) -> str:
    """One made paragraph of 40 to 110 words."""
    return " ".join(draw.choices(_WORDS, k=draw.randint(40, 110))).capitalize() + "."


def site(number: int) -> Site:
    """The site `number` of 120: a council's or a Party committee's in one of 60 provinces."""
    slug, organ = list(PROVINCES)[number // 2 % 60], (Organ.COUNCIL, Organ.PARTY)[number % 2]
    key, name = f"{slug}-{organ}", f"Trang {organ} {slug}"
    return Site(
        key=key, name=name, organ=organ, province=slug, url=f"https://{key}.gov.vn/", expect=Expect(per_week=(0, 10**6))
    )


def content(seed: object, published: datetime | None, title: str, words: str | None = None) -> Content:
    """A made article; `words`: its text, else six paragraphs drawn with `seed`."""
    draw = random.Random(str(seed))
    text = words or "\n\n".join(paragraph(draw) for _ in range(6))
    return Content(
        title=title,
        lead=None,
        body=text,
        text=text,
        markdown=text,
        category="Tin tức",
        published_at=published,
        published_raw=f"{published:%d/%m/%Y %H:%M}" if published else None,
        family="nukeviet",
    )


def captured(site: Site, number: int, warc: str, offset: int, fetched: datetime, **more: Any) -> Capture:
    """The answered page of article `number`."""
    about: dict[str, Any] = {
        "url": f"{site.url}tin/{number}.html",
        "url_key": f"id:{number}",
        "status": 200,
        "fetched_at": fetched,
        "digest": f"sha256:{number:064x}",
        "found_on": f"{site.url}tin/",
        "warc": warc,
        "offset": offset,
        "length": 9000,
    }
    return Capture.model_validate(about | more)


def accepted(capture: Capture, content: Content) -> Refined:
    """What the refinery says of an article."""
    return Refined(capture=capture, verdict=Accepted(content=content))


def warc_key(site: Site, fetched: datetime) -> str:
    """Key of the file that a made crawl left, with its captures."""
    return keys.warc_key(site.key, keys.warc_name(site.key, fetched))


@dataclass(frozen=True)
class Endpoint:
    """A bucket as another process finds it: what of a `Storage` can be sent to one."""

    endpoint: str | None
    access_key: str | None
    secret_key: str | None
    raw_uri: str
    clean_uri: str

    @classmethod
    def of(cls, storage: Storage) -> "Endpoint":
        """That of a storage."""
        options = storage.clean.options
        return cls(options.endpoint, options.access_key, options.secret_key, storage.raw.uri, storage.clean.uri)

    def below(self, prefix: str) -> "Endpoint":
        """Two halves of their own below those of this one."""
        return replace(self, raw_uri=f"{self.raw_uri}/{prefix}", clean_uri=f"{self.clean_uri}/{prefix}")

    def storage(self) -> Storage:
        """The storage itself, in this process."""
        options = S3Options(self.endpoint, self.access_key, self.secret_key)
        return Storage(Bucket.open(self.raw_uri, options), Bucket.open(self.clean_uri, options), self.endpoint)


def desk(storage: Storage, home: Path, run: str, kind: RunKind) -> Desk:
    """A run's desk as `flows.nightly` lays it; nothing is refined at it."""
    since = Tables(storage.clean).articles.version() or 0
    settings = Settings(home=home)
    return Desk(run, kind, settings, storage, cast(Refiners, None), Window(), since=since)


def visited(
    desk: Desk,
    site: Site,
    due: Sequence[str] = (),
    windows: Mapping[str, Window] = MappingProxyType({}),
    unsettled: bool = False,
) -> Visit:
    """The visit of a site whose WARC files with these keys wait, with what the bucket remembers of it.

    `unsettled`: they waited already when it began.
    """
    files = tuple(_warc(desk, site, key, windows.get(key, Window())) for key in due)
    return Visit(site, remember(desk.tables, site.key, desk.kind), files, unsettled=unsettled)


def _warc(desk: Desk, site: Site, key: str, window: Window) -> Warc:
    name = key.rsplit("/", 1)[-1]
    return Warc(name, key, desk.scratch / site.key / name, window, ())


def weighed(desk: Desk, visit: Visit, refined: Sequence[Refined]) -> SiteResult:
    """The site's verdicts staged, settled and weighed, as a night does it."""
    return weigh(desk, visit, [stage(refined, desk.scratch / visit.site.key / "00000.parquet")])


def local(year: int, month: int, minutes: int) -> datetime:
    """An instant in that month, so many minutes after its second day in UTC began."""
    return datetime(year, month, 2, tzinfo=UTC) + timedelta(minutes=minutes)
