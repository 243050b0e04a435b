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
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=0)
    for name in ("campaign", "status", "window", "sites", "months", "new", "requests", "a day", "finished on"):
        table.add_column(name, no_wrap=True)
    for one in found:
        table.add_row(
            one.campaign,
            one.status,
            f"{one.since}/{one.until}",
            str(one.sites),
            f"{one.done}/{one.total}",
            str(one.new),
            f"{one.requests}/{one.max_requests}" if one.max_requests else str(one.requests),
            f"{one.per_day}" if one.per_day is not None else "-",
            f"{one.finish_on}" if one.finish_on else "-",
        )
    console = Console()
    console.print(table)
    for one in found:
        if one.why:
            console.print(f"  {one.campaign}: {one.why}", highlight=False, soft_wrap=True)
