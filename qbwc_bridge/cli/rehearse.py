"""`rehearse`: one stand-in alone, to try one's own server or program against."""

import datetime as dt
import threading
import time
from pathlib import Path

import click

from qbwc_bridge.cli.common import read_text
from qbwc_bridge.cli.kinds import PORT
from qbwc_bridge.rehearsal.procore import demo_company
from qbwc_bridge.rehearsal.quickbooks import Company
from qbwc_bridge.rehearsal.webconnector import Application, QwcError, WebConnector, http_post


@click.group()
def rehearse() -> None:
    """Run a stand-in for Procore or for QuickBooks with its Web Connector."""


@rehearse.command()
@click.option("--port", type=PORT, default=0, help="Port on 127.0.0.1; a free one by default.")
@click.option("--seed", type=int, default=0, help="Other amounts.")
def procore(*, port: int, seed: int) -> None:
    """Serve a Procore company with projects, budgets and commitments on loopback, until Ctrl-C.

    A connection goes there once its settings procore_login_url and procore_api_url (`connection set`) both have the
    address that is printed.
    """
    company = demo_company(_now, seed=seed)
    served = company.serve(port=port)
    click.echo(f"Procore stand-in: {served.url}")
    click.echo(f"company id: {company.company_id}")
    click.echo(f"client id: {company.client_id}")
    click.echo(f"client secret, made for this run alone: {company.client_secret}")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        served.close()


@rehearse.command()
@click.argument("qwc", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="File with the Web Connector's password.",
)
@click.option("--company-name", default="Bluestone Development LLC", help="Name of the company in the stand-in.")
@click.option("--once", is_flag=True, help="Visit once instead of by the schedule of the .qwc file.")
def quickbooks(*, qwc: Path, password_file: Path, company_name: str, once: bool) -> None:
    """Open a QuickBooks company and let a Web Connector visit the server named in the QWC file, until Ctrl-C."""
    try:
        application = Application.parse(read_text(qwc))
        connector = WebConnector(
            application,
            read_text(password_file).strip(),
            Company(name=company_name, now=_now),
            http_post(application.app_url),
            now=_now,
            sleep=time.sleep,
            log=click.echo,
        )
        connector.add()
    except (QwcError, ValueError) as error:  # ValueError: a style that the stand-in does not speak
        raise click.ClickException(str(error)) from error
    if once:
        visit = connector.visit()
        click.echo(f"{visit.outcome}: {visit.status_text}")
        if visit.outcome in {"refused", "error"}:
            raise click.exceptions.Exit(1)
        return
    try:
        connector.run(threading.Event())
    except KeyboardInterrupt:
        click.echo("Closed.")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
