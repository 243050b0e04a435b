"""`tintinh sites ...`: the registry of sites."""

import json

import typer

from flows.command_line import Json, examples, read_settings, tell_broken

sites_app = typer.Typer(no_args_is_help=True, help="The registry of sites.")


@sites_app.command("list", epilog=examples("tintinh sites list", "tintinh sites list --json"))
def sites_list(as_json: Json = False) -> int:
    """Every site of the registry, broken TOMLs too."""
    from spiders import registry

    settings = read_settings()
    book = registry.load(settings.sites, settings.home)
    if as_json:
        sites = [s.model_dump(mode="json") for s in book.sites.values()]
        print(json.dumps({"sites": sites, "broken": {k: str(e) for k, e in book.broken.items()}}, ensure_ascii=False))
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table("key", "status", "organ", "family", "url", title=f"{len(book.sites)} sites")
    for site in book.sites.values():
        table.add_row(site.key, site.status, site.organ, site.family or "(recognised)", site.url)
    Console().print(table)
    tell_broken(book.broken.values())
    return 0
