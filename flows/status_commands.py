"""`tintinh status`: what goes on."""

import json
from typing import TYPE_CHECKING

from flows.command_line import Json, read_settings

if TYPE_CHECKING:
    from flows.campaign_progress import CampaignProgress


def status(as_json: Json = False) -> int:
    """How far the backfill campaigns are: months done and to do, their rate, and the day when they will be finished."""
    from flows.campaign_progress import all_progress
    from flows.storage import attached

    with attached(read_settings()) as storage:
        found = all_progress(storage.clean)
    show_campaigns(found, as_json)
    return 0


def show_campaigns(found: "list[CampaignProgress]", as_json: bool) -> None:
    """Print campaigns, as one JSON document or as a table."""
    if as_json:
        print(json.dumps({"campaigns": [one.model_dump(mode="json") for one in found]}, ensure_ascii=False))
        return
    if not found:
        print("no campaign")
        return
    for one in found:
        for line in told(one):
            print(line)


def told(one: "CampaignProgress") -> list[str]:
    """One campaign in words, a few short lines."""
    within = f", within {one.hours} Asia/Ho_Chi_Minh" if one.hours else ""
    bad = ", ".join(f"{count} {name}" for name, count in (("held", one.held), ("failed", one.failed)) if count)
    spent = f"{one.requests} of {one.max_requests}" if one.max_requests is not None else f"{one.requests}"
    rate = f"{one.per_day:g} months a day" if one.per_day is not None else "no month is finished yet"
    finish = f", done on {one.finish_on}" if one.finish_on else ""
    sites = "1 site" if one.sites == 1 else f"{one.sites} sites"
    lines = [
        f"{one.campaign}  {one.status}  {one.since}/{one.until}, {sites}{within}",
        f"  {one.done} of {one.total} months{f' ({bad})' if bad else ''}, {one.new} new articles, {spent} requests",
        f"  {rate}{finish}",
    ]
    return [*lines, f"  {one.why}"] if one.why else lines
