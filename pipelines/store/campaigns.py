"""The backfills in the clean bucket: each an object of its own, replaced under its ETag."""

import re
from collections.abc import Callable
from functools import partial

from pydantic import ValidationError

from pipelines.campaign import without_sweep
from pipelines.store import state
from pipelines.store.bucket import Bucket, MissingObjectError
from schemas import keys
from schemas.campaign import Campaign
from schemas.errors import StorageError, UsageError

_NAME = re.compile(r"[0-9A-Za-z-]+")
_TRIES = 20
"""Other machines that may change the campaign meanwhile."""


def create(clean: Bucket, campaign: Campaign) -> None:
    """Keep a new campaign. Raises StorageError when its name is taken."""
    if clean.put_new(keys.campaign_key(campaign.campaign), _bytes(campaign), "application/json") is None:
        raise StorageError(f"{clean.uri} already holds a campaign {campaign.campaign}; try again.")


def load(clean: Bucket, name: str) -> Campaign:
    """The campaign called `name`. Raises UsageError when there is none, StorageError when it cannot be read."""
    return _load(clean, name)[0]


def all_of(clean: Bucket) -> list[Campaign]:
    """Every campaign, oldest first. Raises StorageError."""
    names = [found.key.removeprefix(keys.CAMPAIGNS).removesuffix(".json") for found in clean.list(keys.CAMPAIGNS)]
    return sorted((load(clean, name) for name in names), key=lambda c: (c.created_at, c.campaign))


def change(clean: Bucket, name: str, changed: Callable[[Campaign], Campaign]) -> Campaign:
    """Replace a campaign by `changed` of it, which is called again when another machine was faster.

    Raises UsageError when there is none, StorageError when others replace it without end.
    """
    for _ in range(_TRIES):
        before, etag = _load(clean, name)
        after = changed(before)
        if after == before:
            return before
        if clean.replace(keys.campaign_key(name), _bytes(after), etag, "application/json") is not None:
            return after
    raise StorageError(f"Others keep replacing {keys.campaign_key(name)} in {clean.uri}; try again later.")


def forget(clean: Bucket, campaign: Campaign) -> None:
    """Drop the place in its sites' listings of a campaign that is over; of another, nothing. Raises StorageError."""
    if campaign.status in ("done", "cancelled"):
        for key in campaign.sites:
            state.change(clean, key, partial(without_sweep, campaign=campaign.campaign))


def _load(clean: Bucket, name: str) -> tuple[Campaign, str]:
    key = keys.campaign_key(name)
    unknown = UsageError(f"no campaign is called {name!r}; `tintinh backfill list` shows those that are")
    if not _NAME.fullmatch(name):
        raise unknown
    try:
        data, etag = clean.get_tagged(key)
        return Campaign.model_validate_json(data), etag
    except MissingObjectError:
        raise unknown from None
    except ValidationError as error:
        raise StorageError(f"{key} in {clean.uri} is no campaign: {error.error_count()} errors.") from error


def _bytes(campaign: Campaign) -> bytes:
    return campaign.model_dump_json(exclude_defaults=True, indent=1).encode()
