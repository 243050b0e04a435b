"""`tintinh import`: somebody else's captures of a site, through the same refinery and gate."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.command_line import Json, read_settings, run_scheduled
from schemas.errors import UsageError

Files = Annotated[list[Path], typer.Argument(metavar="FILE.warc.gz...", help="WARC files, gzipped or not.")]
When = typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Local day of publication, included.")


def import_(
    files: Files,
    site: Annotated[str, typer.Option("--site", metavar="KEY", help="The site whose articles are taken.")],
    since: Annotated[datetime | None, When] = None,
    until: Annotated[datetime | None, When] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be taken and write nothing.")] = False,
    as_json: Json = False,
) -> int:
    """Take a site's articles out of another crawler's WARC files (Common Crawl, Browsertrix, wget).

    For a site that is dead or needs a browser. Pages are named, refined, weighed and published as those of a night;
    no site is asked. What is known already is left, so a second import changes nothing.
    """
    from flows import import_draft, importing
    from flows.showing import show
    from schemas.run import RunReport
    from schemas.window import Window

    if since and until and until < since:
        raise UsageError(f"the window ends ({until:%Y-%m-%d}) before it begins ({since:%Y-%m-%d}); swap them")
    days = (since.date() if since else None, until.date() if until else None)
    wanted = importing.named(site, read_settings())
    paths = importing.require([str(path) for path in files], wanted)
    if dry_run:
        haul = importing.rehearse(wanted, import_draft.Tally(paths, Window(since=days[0], until=days[1]), True))
        print(json.dumps({"imported": haul.model_dump(mode="json")}, ensure_ascii=False) if as_json else told(haul))
        return 0

    def run() -> dict[str, Any]:
        from flows.import_captures import import_captures as flow

        return flow(site, [str(path) for path in paths], *days)

    said = run_scheduled(run)
    report = RunReport.model_validate({name: said[name] for name in RunReport.model_fields})
    if as_json:
        print(json.dumps(said, ensure_ascii=False))
    else:
        show(report)
        print(told(import_draft.Haul.model_validate(said["imported"])))
    return report.exit_code


def told(haul: Any) -> str:
    """What was taken and what was left, for a person."""
    verb = "would take" if haul.dry_run else "took"
    lines = [f"{verb} {haul.taken} captures of {haul.articles} articles, read as {haul.family}"]
    lines += [f"  {url}" for url in haul.would_take]
    lines += [f"left {n} {why}: {', '.join(haul.examples.get(why, ()))}" for why, n in haul.left.items()]
    lines += [f"{path} {why}" for path, why in haul.broken.items()]
    return "\n".join(lines)
