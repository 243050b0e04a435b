"""`tintinh backfill ...`: campaigns over a window of publication days."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.command_line import Json, SiteKeys, examples, read_settings, run_flow
from schemas.errors import UsageError

if TYPE_CHECKING:
    from flows.campaign_plan import Ask
    from schemas.campaign import Campaign

backfill_app = typer.Typer(
    invoke_without_command=True,
    subcommand_metavar="[list|pause|resume|cancel]",
    rich_markup_mode="markdown",
    help="Ask sites for the articles of a window of local days, both included.\n\n"
    "What is asked for is kept in the bucket as a campaign, and worked on now, month by month, the newest first, sites "
    "of absorbed provinces before the others; each month of a site is weighed and published alone. What is left when "
    "its hours end, or this command is stopped or killed, `tintinh serve` goes on with each hour, and the nights do; "
    "the same command, or `backfill resume ID`, goes on at once.\n\n"
    "Exit codes: 0 done, or kept for its hours · 1 some site held or down · 2 wrong window, unknown site, province or "
    "campaign, a paused or finished one, or nothing to ask for · 3 storage · 4 Prefect server · 5 this machine · 6 a "
    "bug.",
    epilog=examples(
        "tintinh backfill --site cao-bang-council --since 2024-01-01 --until 2024-12-31",
        "tintinh backfill --province ha-giang --since 2020-01-01 --until 2025-06-30 --hours 21:00-05:00",
        "tintinh backfill --all --since 2025-01-01 --until 2025-12-31 --gaps --dry-run",
        "tintinh backfill list",
        "tintinh backfill resume 20261125-a1b2c3",
    ),
)

_Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="First local day of publication; required."),
]
_Until = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Last local day; required.")
]
Id = Annotated[str, typer.Argument(metavar="ID", help="As `tintinh backfill list` shows it.")]
MaxRequests = Annotated[
    int | None, typer.Option("--max-requests", metavar="N", help="Requests at most, in all its nights; then it pauses.")
]


@backfill_app.callback()
def backfill(
    context: typer.Context,
    since: _Since = None,
    until: _Until = None,
    site: SiteKeys = None,
    province: Annotated[
        list[str] | None, typer.Option(metavar="SLUG", help="Its active sites, and those it absorbed; repeatable.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every active site.")] = False,
    hours: Annotated[str | None, typer.Option(metavar="21:00-05:00", help="Ask only then, Asia/Ho_Chi_Minh.")] = None,
    max_requests: MaxRequests = None,
    gaps: Annotated[
        bool, typer.Option("--gaps", help="Only months below half of the site's median month, or last held or failed.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan and its cost; ask and keep nothing.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Begin a campaign, or go on with the same one."""
    if context.invoked_subcommand is not None:
        return 0
    from schemas.zone import HANOI

    ask = _ask(since, until, site, province, every, hours, max_requests, gaps)
    ask.require_window(datetime.now(HANOI).date())
    if dry_run:
        return _dry_run(ask, as_json)
    ask.chosen(_book())

    def run() -> dict[str, Any]:
        from flows.backfill import backfill as flow

        return flow(ask.since, ask.until, site, province, every, hours, max_requests, gaps)

    return run_flow(run, as_json)


@backfill_app.command("list", epilog=examples("tintinh backfill list", "tintinh backfill list --json"))
def list_campaigns(as_json: Json = False) -> int:
    """Every campaign: months done and to do, its rate, and the day when it will be finished."""
    from flows.status_commands import status

    return status(as_json)


@backfill_app.command("pause", epilog=examples("tintinh backfill pause 20261125-a1b2c3"))
def pause(campaign: Id, as_json: Json = False) -> int:
    """Let the month in work be finished and begin no other. Exit code 2: unknown, over, or paused already."""
    from pipelines.campaign import paused

    return _change(campaign, paused, as_json)


@backfill_app.command("resume", epilog=examples("tintinh backfill resume 20261125-a1b2c3"))
def resume(campaign: Id, max_requests: MaxRequests = None, as_json: Json = False) -> int:
    """Go on now, within its hours, with a campaign that was paused, stopped or killed. Exit codes as `backfill`."""
    from flows.storage import attached
    from pipelines.store import campaigns

    with attached(read_settings()) as storage:
        _require(campaigns.load(storage.clean, campaign), max_requests)

    def run() -> dict[str, Any]:
        from flows.backfill import resume as flow

        return flow(campaign, max_requests)

    return run_flow(run, as_json)


@backfill_app.command("cancel", epilog=examples("tintinh backfill cancel 20261125-a1b2c3"))
def cancel(campaign: Id, as_json: Json = False) -> int:
    """End a campaign for good; what it published stays. Exit code 2: unknown, or over."""
    from pipelines.campaign import cancelled

    return _change(campaign, cancelled, as_json)


def _require(campaign: "Campaign", max_requests: int | None) -> None:
    from pipelines.campaign import resumed

    resumed(campaign, max_requests)


def _change(name: str, changed: "Callable[[Campaign], Campaign]", as_json: bool) -> int:
    from datetime import UTC

    from flows.campaign_progress import progress
    from flows.status_commands import show_campaigns
    from flows.storage import attached
    from pipelines.store import campaigns

    with attached(read_settings()) as storage:
        after = campaigns.change(storage.clean, name, changed)
        campaigns.forget(storage.clean, after)
    show_campaigns([progress(after, datetime.now(UTC))], as_json)
    return 0


def _ask(
    since: datetime | None,
    until: datetime | None,
    site: list[str] | None,
    province: list[str] | None,
    every: bool,
    hours: str | None,
    max_requests: int | None,
    gaps: bool,
) -> "Ask":
    """Raises UsageError."""
    from flows.campaign_plan import Ask
    from schemas.campaign import Hours

    if since is None or until is None:
        raise UsageError("a backfill wants a window: give --since and --until, two local days")
    return Ask(
        since=since.date(),
        until=until.date(),
        sites=tuple(site or ()),
        provinces=tuple(province or ()),
        every=every,
        hours=Hours.read(hours) if hours is not None else None,
        max_requests=max_requests,
        gaps=gaps,
    )


def _book() -> Any:
    from spiders import registry

    settings = read_settings()
    return registry.load(settings.sites, settings.home)


def _dry_run(ask: "Ask", as_json: bool) -> int:
    from flows.campaign_plan import estimate, plan
    from flows.storage import attached

    settings, book = read_settings(), _book()
    with attached(settings) as storage:
        campaign = plan(storage.clean, book, ask)
        cost = estimate(storage.clean, book, campaign, settings)
    if as_json:
        units = [unit.model_dump(include={"site", "month"}) for unit in campaign.units]
        print(_json({"dry_run": True, "estimate": cost.model_dump(), "units": units}))
        return 0
    for one in cost.sites:
        asked = [unit.month for unit in campaign.units if unit.site == one.site]
        span = f"{asked[0]} back to {asked[-1]}" if len(asked) > 1 else asked[0]
        guess = ", a guess: nothing of it is in the bucket" if one.guessed else ""
        print(f"{one.site}: {_plural(one.months, 'month')}, {span}; about {one.requests} requests{guess}")
    within = f" within {campaign.hours} Asia/Ho_Chi_Minh" if campaign.hours else ""
    budget = f", all that --max-requests {campaign.max_requests} allows" if cost.requests == ask.max_requests else ""
    print(
        f"about {cost.requests} requests{budget}, for {cost.articles} articles: {_duration(cost.seconds)} of asking at "
        f"{cost.delay:g} s between two requests to a host, {_plural(cost.days, 'day')}{within}. A site's Crawl-delay "
        "(up to 30 s) is not known before it is asked, and makes it longer. Nothing was asked or kept."
    )
    return 0


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{seconds / 3600:.1f} hours"


def _json(document: object) -> str:
    import json

    return json.dumps(document, ensure_ascii=False)
