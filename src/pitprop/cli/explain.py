"""`pitprop explain` and `pitprop checks`: what the checks are and mean."""

from __future__ import annotations

import click

from pitprop.cli.program import main, option


@main.command()
@click.argument("name")
def explain(name: str) -> None:
    """Explain a check (by name or code), a ruling, a state, a grade or a family of checks."""
    from pitprop import api

    click.echo(api.explain(name))


@main.command()
@option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    envvar="PITPROP_CHECKS_FORMAT",
    default="text",
    show_default=True,
    help="Format of the list.",
)
def checks(form: str) -> None:
    """List the checks."""
    from pitprop import api

    entries = api.checks()
    if form == "json":
        import json

        told = [
            {
                "code": e.check.code,
                "name": e.name,
                "family": e.family,
                "title": e.check.title,
                "of": "register" if getattr(e.asks, "__name__", "") == "Register" else "metric",
                "needs": list(e.check.needs),
                "smallest_effect": e.check.smallest_effect,
                "effect_is": e.check.effect_is,
                "source": e.check.source,
            }
            for e in entries
        ]
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    wide = max(len(e.name) for e in entries)
    wider = max(len(e.family) for e in entries)
    for e in entries:
        click.echo(f"{e.check.code}  {e.name:<{wide}}  {e.family:<{wider}}  {e.check.title}")
