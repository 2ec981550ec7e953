"""`qwc`: the file that adds the bridge to a Web Connector, written or checked."""

import sys
from pathlib import Path

import click

from qbwc_bridge.cli.common import Bridge, json_option, pass_bridge, read_text, say, show_json
from qbwc_bridge.errors import Refused, WrongUsage
from qbwc_bridge.webconnector.qwc import QwcFile, lint_qwc, write_qwc


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
    minutes = found.settings.get("visit_every_minutes") or bridge.kit.defaults["visit_every_minutes"]
    text = write_qwc(
        QwcFile(
            app_name=f"qbwc-bridge {found.name}",
            public_url=bridge.settings.public_url,
            user_name=found.user_name,
            file_id=found.file_id,
            run_every_minutes=int(minutes),
        )
    )
    findings = lint_qwc(text)
    for finding in findings:
        say(f"{finding.severity}: {finding.text} Set PUBLIC_URL to the address that the PC reaches.")
    if any(finding.severity == "error" for finding in findings):
        raise Refused("The Web Connector would not take this file, so it is not written.")
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="ascii")
    except OSError as error:
        raise WrongUsage(f"The file {out} cannot be written: {error.strerror}.") from error
    say(f"{out} is written: open it on the PC with QuickBooks, then enter the password of user {found.user_name}.")


def _check(file: Path, *, as_json: bool) -> None:
    findings = lint_qwc(read_text(file))
    if as_json:
        show_json(findings)
    else:
        for finding in findings:
            click.echo(f"{finding.severity}: {finding.text}")
        if not findings:
            say(f"{file} is fine.")
    if any(finding.severity == "error" for finding in findings):
        sys.exit(1)
