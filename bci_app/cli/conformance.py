"""`bci-app conformance`: whether a controller does what the protocol demands."""

from dataclasses import asdict

import click

from bci_app.cli import output


@click.command()
@click.argument("port")
@click.option("--yes", is_flag=True, help="Do not ask whether the legs are clear of people.")
@output.json_option
@click.pass_context
def command(ctx: click.Context, port: str, yes: bool, as_json: bool) -> None:
    """Ask the exoskeleton's controller at PORT everything that docs/protocol.md demands.

    It moves the legs: nobody may wear them, or stand near. Takes about a minute; each demand is
    told as it is met or not. Exit code 1 when one is not.
    """
    from devices.exoskeleton.conformance.suite import CHECKS, Result, check_port

    if not yes:
        click.confirm(
            "The legs will move. Does nobody wear them, or stand near?", abort=True, err=True
        )
    console = output.console(stderr=as_json)

    def show(result: Result) -> None:
        mark = "[red]not met[/]" if result.failure else "[green]met[/]    "
        console.print(f"{mark}  {result.title}")
        if result.failure:
            console.print(f"         {result.failure}", markup=False)

    results = check_port(port, show)
    n_met = sum(not result.failure for result in results)
    if as_json:
        output.print_json(
            {
                "port": port,
                "met": n_met,
                "demands": len(CHECKS),
                "passed": n_met == len(results),
                "results": [asdict(result) for result in results],
            }
        )
    else:
        console.print(f"[bold]{n_met} of {len(results)} demands are met[/]")
    ctx.exit(0 if n_met == len(results) else 1)
