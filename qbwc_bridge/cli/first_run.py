"""`first-run`: first administrator and first connection from one file of answers, as the Windows setup has it."""

import difflib
from collections.abc import Mapping
from pathlib import Path

import click

from qbwc_bridge.cli.common import Bridge, pass_bridge, read_text, say, who
from qbwc_bridge.cli.user import hashed, new_person
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.errors import WrongUsage
from qbwc_bridge.flow import connecting
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.settings import connection_value

PERSON_KEYS = ("admin_name", "admin_password")
NEEDED_KEYS = ("connection", "procore_company_id", "procore_client_id", "procore_client_secret")
OWN_KEYS = ("default_customer", "income_account", "expense_account", "time_zone")
KEYS = (*PERSON_KEYS, *NEEDED_KEYS, "company_name", *OWN_KEYS)
"""What a file of answers may hold; an empty answer is none."""


@click.command(name="first-run")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--qwc-folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder that the .qwc file is written to, named after its user.",
)
@pass_bridge
def first_run(bridge: Bridge, file: Path, qwc_folder: Path | None) -> None:
    """Make the first administrator and the first connection from FILE, both or neither; delete FILE afterwards.

    FILE has lines of the form KEY = VALUE: admin_name, admin_password, and for the connection: connection,
    procore_company_id, procore_client_id, procore_client_secret; if wanted: company_name, default_customer,
    income_account, expense_account, time_zone. One of the two may be left out. The Web Connector's password is not
    shown: the page Set up draws one when it is needed.
    """
    answers = read_answers(file)
    _both_or_none(answers, PERSON_KEYS)
    _both_or_none(answers, NEEDED_KEYS)
    if not {"admin_name", "connection"} & set(answers):
        raise WrongUsage(
            f"The file {file} answers nothing: give {', '.join(PERSON_KEYS)}, or {', '.join(NEEDED_KEYS)}."
        )
    password_hash = hashed(answers["admin_password"]) if "admin_name" in answers else ""
    with bridge.kit.work() as uow:
        if "admin_name" in answers:
            new_person(uow, answers["admin_name"], "admin", password_hash, [])
        if "connection" in answers:
            made = _connection(bridge, uow, answers)
            if qwc_folder:
                _write_qwc(bridge, made, qwc_folder)
    if "admin_name" in answers:
        click.echo(f"{answers['admin_name']} may sign in as admin.")
    if "connection" in answers:
        click.echo(f"{made.name} is made; user {made.user_name} of the Web Connector belongs to it.")
        say(f"Its password is drawn on the page Set up, or by `connection rotate-password {made.name}`.")
    say(f"Delete {file} now: it holds secrets.")


def read_answers(file: Path) -> dict[str, str]:
    """Give the answers of a file by key; raises WrongUsage, without any value, for a line that is none."""
    found: dict[str, str] = {}
    for number, line in enumerate(read_text(file).splitlines(), 1):
        key, equals, value = (part.strip() for part in line.partition("="))
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not equals:
            raise WrongUsage(f"Line {number} of {file} is not of the form KEY = VALUE.")
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, 1)
            hint = f"did you mean {near[0]}?" if near else f"they are {', '.join(KEYS)}."
            raise WrongUsage(f"Line {number} of {file} begins with no key of the answers; {hint}")
        if key in found:
            raise WrongUsage(f"Line {number} of {file} answers {key} a second time.")
        found[key] = value
    return {key: value for key, value in found.items() if value}


def _both_or_none(answers: Mapping[str, str], keys: tuple[str, ...]) -> None:
    given = [key for key in keys if key in answers]
    if 0 < len(given) < len(keys):
        lacking = ", ".join(key for key in keys if key not in answers)
        raise WrongUsage(f"{lacking} is not answered, but {', '.join(given)} is.")


def _connection(bridge: Bridge, uow: UnitOfWork, answers: Mapping[str, str]) -> Connection:
    number = connecting.good_company_id(answers["procore_company_id"])
    return connecting.make(
        uow,
        answers["connection"],
        (number, answers["procore_client_id"], bridge.app.vault.seal(answers["procore_client_secret"])),
        # Nobody is shown this one, so nobody has it: the page Set up draws the one that is used.
        bridge.kit.hash_token(connecting.draw_password()),
        company_name=connection_value("company_name", answers.get("company_name", "")),
        settings={key: connection_value(key, answers[key], "the answers") for key in OWN_KEYS if key in answers},
        who=who(),
        now=bridge.now(),
    )


def _write_qwc(bridge: Bridge, made: Connection, folder: Path) -> None:
    file = folder / f"{made.user_name}.qwc"
    try:
        file.write_text(bridge.app.qwc(made), encoding="ascii")
    except OSError as error:
        raise WrongUsage(f"The file {file} cannot be written: {error.strerror}.") from error
    say(f"{file} is written, for the Web Connector on this PC.")
