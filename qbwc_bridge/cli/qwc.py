"""`qwc`: the file that adds the bridge to a Web Connector, written or checked."""

import sys
from pathlib import Path

import click

from qbwc_bridge.cli.common import Bridge, json_option, pass_bridge, say, show_json
from qbwc_bridge.errors import WrongUsage
from qbwc_bridge.webconnector.qwc_lint import MAX_QWC_BYTES, lint_qwc


@click.command()
@click.argument("name", required=False)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of the screen."
)
@click.option(
    "--check", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Check any .qwc file instead."
)
@json_option
@pass_bridge
def qwc(bridge: Bridge, name: str | None, out: Path | None, check: Path | None, *, as_json: bool) -> None:
    """Write the .qwc file of connection NAME (the same ids every time), or check any .qwc file."""
    if (name is None) == (check is None) or (check and out):
        raise WrongUsage("Give either the NAME of a connection, or --check FILE.")
    if as_json and not check:
        raise WrongUsage("--json goes with --check: a .qwc file is XML.")
    if check:
        _check(check, as_json=as_json)
        return
    found = bridge.connection(name)
    text = bridge.app.qwc(found)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="ascii")
    except OSError as error:
        raise WrongUsage(f"The file {out} cannot be written: {error.strerror}.") from error
    company = found.company_name or found.bound_name or "the company file"
    say(
        f"{out} is written: on the PC with QuickBooks open {company} and no other file, add {out.name} to the Web "
        f"Connector, then enter the password of user {found.user_name}."
    )


def _check(file: Path, *, as_json: bool) -> None:
    try:
        with file.open("rb") as opened:
            # One more than the check takes, so that it says so, however large the file is.
            content = opened.read(MAX_QWC_BYTES + 1)
    except OSError as error:
        raise WrongUsage(f"The file {file} cannot be read: {error.strerror}.") from error
    findings = lint_qwc(content)
    if as_json:
        show_json(findings)
    else:
        for finding in findings:
            click.echo(f"{finding.severity}: {finding.text}")
        if not findings:
            say(f"{file} is fine.")
    if any(finding.severity == "error" for finding in findings):
        sys.exit(1)
