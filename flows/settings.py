"""Settings, read once from the environment; every flow and command gets this one frozen object."""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """`TINTINH_*`; the S3 client itself reads the usual `AWS_*` (keys, region, `AWS_ENDPOINT_URL_S3`)."""

    model_config = SettingsConfigDict(env_prefix="TINTINH_", frozen=True, extra="ignore")

    home: Path = Path(".tintinh")
    """Where all local state lives: spool, staging, the embedded servers' data, `sites/`."""
    raw_uri: str | None = None
    clean_uri: str | None = None
    """`s3://bucket/prefix`; both unset: the embedded S3 server."""
    sites: Path | None = None
    """A folder of site TOMLs to use instead of the packaged registry with `home/sites/` laid over it."""
    sse: Literal["AES256", "aws:kms"] | None = None
    """Server-side encryption asked for with every object; None: as the bucket does by itself."""
    sse_kms_key: str | None = None
    """Id or ARN of the key of `aws:kms`; None: the account's own."""
    lock_days: int = Field(default=0, ge=0, le=36_500)
    """Days for which object lock holds each WARC file; 0: no lock. A takedown cannot take out what is locked."""
    lock_mode: Literal["GOVERNANCE", "COMPLIANCE"] = "GOVERNANCE"
    delay: float = Field(default=3.0, ge=0)
    """Seconds between two requests to one host:port."""
    first_pages: int = Field(default=20, ge=1)
    """Listing pages per listing on a site's first night."""
    allow_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """`host:port` that the guard lets through although private."""
    contact: str | None = None
    """Mail address or URL in the user agent; required before a public host is crawled."""
    crawls: int = Field(default=4, ge=1)
    """Sites crawled at once."""
    workers: int = Field(default=2, ge=1)
    """Refining processes."""
    page_seconds: float = Field(default=20.0, gt=0)
    """Longest time to refine one page."""
    page_megabytes: int = Field(default=1024, ge=256)
    """Address space of one refining process beyond what it starts with."""
    min_free_megabytes: int = Field(default=512, ge=0)
    """Free disk below which no crawl begins."""

    @field_validator("allow_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @cached_property
    def embedded(self) -> bool:
        """Whether the embedded S3 server is used."""
        return self.raw_uri is None and self.clean_uri is None
