"""`tintinh sites ...`: the registry of sites."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.command_line import Json, examples, read_settings, tell_broken
from schemas.errors import SiteFileError, UsageError

sites_app = typer.Typer(no_args_is_help=True, help="The registry of sites.")

Keys = Annotated[list[str], typer.Argument(metavar="KEY...", help="Keys of sites.")]
SomeKeys = Annotated[list[str] | None, typer.Argument(metavar="[KEY...]", help="Keys of sites.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be written and write nothing.")]


@sites_app.command("list", epilog=examples("tintinh sites list", "tintinh sites list --json"))
def sites_list(as_json: Json = False) -> int:
    """Every site of the registry, broken TOMLs too."""
    from spiders import registry

    settings = read_settings()
    book = registry.load(settings.sites, settings.home)
    if as_json:
        sites = [s.model_dump(mode="json") for s in book.sites.values()]
        _print({"sites": sites, "broken": {k: str(e) for k, e in book.broken.items()}})
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table("key", "status", "organ", "family", "url", title=f"{len(book.sites)} sites")
    for site in book.sites.values():
        table.add_row(site.key, site.status, site.organ, site.family or "(recognised)", site.url)
    Console().print(table)
    tell_broken(book.broken.values())
    return 0


@sites_app.command(
    "probe",
    epilog=examples(
        "tintinh sites probe https://hdnd.caobang.gov.vn/",
        "tintinh sites probe https://tinhuy.example.vn/ --key cao-bang-party --province cao-bang --write",
        then="Exit code 1: a night could not read the site; 2 also: a file is in the way, or nothing says whose it is.",
    ),
)
def sites_probe(
    url: Annotated[str, typer.Argument(metavar="URL", help="Its home page.")],
    key: Annotated[str | None, typer.Option(metavar="KEY", help="Its key; else guessed.")] = None,
    organ: Annotated[str | None, typer.Option(metavar="ORGAN", help="party, party_department, council, paper.")] = None,
    province: Annotated[str | None, typer.Option(metavar="SLUG", help="A slug of schemas/provinces.csv.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write its TOML into the overlay, and a fixture.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Also change files that are there.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Fixtures; else fixtures/ of the home.")] = None,
    as_json: Json = False,
) -> int:
    """Say what a site is: one short polite crawl of its robots.txt, home, a listing, its pager and one article.

    The site enters no bucket. With --write it is a candidate, until `tintinh sites enable KEY`.
    """
    from flows import probing_command as command

    wish = command.Wish(url, key, organ, province, out, write, force)
    found = command.probe(wish, read_settings())
    if as_json:
        _print(found.model_dump(mode="json"))
    else:
        _show_probe(found)
    if write and found.problem:
        print(f"tintinh: nothing is written: {found.problem}", file=sys.stderr)
    return 0 if found.fine and not (write and found.problem) else UsageError.exit_code if found.fine else 1


def _show_probe(found: Any) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True, markup=False)
    said = f"{found.verdict} {found.moved_to}" if found.moved_to else found.verdict
    console.print(f"{found.url}: {said} ({found.evidence})")
    for one in found.fields:
        console.print(f"  {one.field:<14} {one.value if one.value is not None else '(not found)'}  <- {one.evidence}")
    console.print(f"\n# {found.file}\n{found.toml}".rstrip())
    for path in found.written:
        console.print(f"wrote {path}")


@sites_app.command(
    "check",
    epilog=examples(
        "tintinh sites check cao-bang-council",
        "tintinh sites check --all --json",
        then="Exit code 1: some site is not fine; 2 also: a TOML cannot be read.",
    ),
)
def sites_check(
    keys: SomeKeys = None,
    everything: Annotated[bool, typer.Option("--all", help="Candidates, moved and closed sites too.")] = False,
    as_json: Json = False,
) -> int:
    """One table: each site is fine, moved to ..., needs CA, blocks us, forbidden by robots, layout unknown, or dead.

    Without keys the active sites are looked at; TINTINH_CRAWLS at a time, each by one short polite crawl.
    """
    from flows import checking
    from flows.crawl import require_contact, require_room
    from spiders import registry

    settings = read_settings()
    book = registry.load(settings.sites, settings.home)
    sites = list(book.sites.values()) if everything and not keys else book.pick(keys or [])
    broken = {} if keys else {key: str(error) for key, error in book.broken.items()}
    require_contact(settings, sites)
    require_room(settings)
    found = {}
    for one in checking.check(sites, settings, lambda _: None):
        found[one.site] = one
        print(f"{one.site}: {one.told}", file=sys.stderr)
    ordered = [found[key] for key in sorted(found)]
    if as_json:
        _print({"sites": {one.site: one.model_dump(mode="json") for one in ordered}, "broken": broken})
    else:
        _show_findings(ordered)
    tell_broken(book.broken.values() if not keys else ())
    if broken:
        return SiteFileError.exit_code
    return int(any(one.verdict is not checking.Word.FINE for one in ordered))


def _show_findings(findings: Any) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("site", "is", "evidence")
    for one in findings:
        table.add_row(one.site, one.told, Text(one.evidence))
    Console().print(table)


@sites_app.command("enable", epilog=examples("tintinh sites enable cao-bang-council gia-lai-party"))
def sites_enable(keys: Keys, dry_run: DryRun = False, as_json: Json = False) -> int:
    """Have the nights visit these sites: status = "active" in the overlay."""
    from flows import editing_sites

    return _show_edits(editing_sites.enable(keys, read_settings(), dry_run), as_json)


@sites_app.command("disable", epilog=examples('tintinh sites disable gia-lai-party --reason "asked us to stop"'))
def sites_disable(
    keys: Keys,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; kept in the TOML.")],
    dry_run: DryRun = False,
    as_json: Json = False,
) -> int:
    """Have no night visit these sites: status = "closed" in the overlay. Their articles stay in the bucket."""
    from flows import editing_sites

    return _show_edits(editing_sites.disable(keys, reason, read_settings(), dry_run), as_json)


def _show_edits(edits: Any, as_json: bool) -> int:
    if as_json:
        _print({"sites": {one.site: one.model_dump(mode="json") for one in edits}})
        return 0
    for one in edits:
        print(f"{one.site}: {one.before} -> {one.status} {'in' if one.written else 'would be in'} {one.file}")
        if not one.written:
            print("".join(f"  {line}\n" for line in one.toml.splitlines()), end="")
    return 0


@sites_app.command("diff", epilog=examples("tintinh sites diff", "tintinh sites diff cao-bang-council --json"))
def sites_diff(keys: SomeKeys = None, as_json: Json = False) -> int:
    """What the overlay changes in the packaged registry, field by field."""
    from flows import editing_sites

    found = editing_sites.differences(keys or [], read_settings())
    if as_json:
        _print({"differences": [one.model_dump(mode="json") for one in found]})
        return 0
    for one in found:
        print(f"{one.site}.{one.field}: {_told(one.packaged)} -> {_told(one.overlay)}")
    return 0


def _told(value: Any) -> str:
    return "(not packaged)" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _print(document: Any) -> None:
    print(json.dumps(document, ensure_ascii=False))
