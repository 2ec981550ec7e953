import json
import re
import secrets
from pathlib import Path

import pytest

from tests.unit.cli_office import run

SECRET = secrets.token_urlsafe(12)
PASSWORD = secrets.token_urlsafe(12)
PERSON = f"admin_name = anna\nadmin_password = {PASSWORD}\n"
CONNECTION = (
    "connection = Bluestone\nprocore_company_id = 12345\nprocore_client_id = client\n"
    f"procore_client_secret = {SECRET}\ncompany_name = Bluestone Development = LLC\n"
)


def answers(folder: Path, text: str, encoding: str = "utf-8") -> str:
    """Write a file of answers; gives its path."""
    file = folder / "answers.txt"
    file.write_bytes(text.encode(encoding))
    return str(file)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_one_file_makes_administrator_connection_and_qwc(encoding: str, tmp_path: Path) -> None:
    """Both are made, in whichever form Windows writes texts, and the .qwc file stands where it was asked for."""
    data = tmp_path / "data"
    text = f"# for one office\r\n\r\n{PERSON}{CONNECTION}default_customer = Müller & Sons\r\ntime_zone =\r\n"
    done = run(data, "first-run", answers(tmp_path, text, encoding), "--qwc-folder", str(tmp_path))

    assert done.exit_code == 0, done.output
    (person,) = json.loads(run(data, "user", "list", "--json").stdout)
    assert (person["name"], person["role"]) == ("anna", "admin")
    shown = json.loads(run(data, "connection", "show", "Bluestone", "--json").stdout)
    assert shown["company_name"] == "Bluestone Development = LLC"
    assert shown["settings"]["default_customer"] == "Müller & Sons"
    (qwc,) = tmp_path.glob("*.qwc")
    assert qwc.stem == shown["user_name"]
    assert run(data, "qwc", "--check", str(qwc)).exit_code == 0


def test_no_secret_is_printed(tmp_path: Path) -> None:
    """The setup keeps a log of what the command prints: neither what was given nor the drawn password is in it."""
    done = run(tmp_path / "data", "first-run", answers(tmp_path, PERSON + CONNECTION))
    assert SECRET not in done.output
    assert PASSWORD not in done.output
    assert "rotate-password" in done.output


@pytest.mark.parametrize("text", [PERSON, CONNECTION], ids=["person", "connection"])
def test_either_half_may_be_left_out(text: str, tmp_path: Path) -> None:
    """A person without a connection, or a connection without a person, is a first run too."""
    assert run(tmp_path / "data", "first-run", answers(tmp_path, text)).exit_code == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (PERSON + CONNECTION.replace("12345", "many"), "The company's number in Procore is a number"),
        (PERSON + CONNECTION.replace("= Bluestone\n", "=\n"), "connection is not answered"),
        (PERSON.replace(PASSWORD, "short"), "at least 10 characters"),
        (PERSON + "admin_nam = ben\n", "Line 3 of .*; did you mean admin_name"),
        (PERSON + "admin_name = ben\n", "answers admin_name a second time"),
        (PERSON + f"{SECRET}\n", "Line 3 of .* is not of the form KEY = VALUE"),
        (f"{SECRET} = 1\n", "Line 1 of .* begins with no key of the answers"),
        ("admin_name =\n", "answers nothing"),
    ],
    ids=["number", "connection", "short", "misspelt", "twice", "no form", "no key", "nothing"],
)
def test_a_wrong_file_changes_nothing_and_is_told_without_its_secrets(text: str, sentence: str, tmp_path: Path) -> None:
    """One sentence says which line or answer is wrong; neither person nor connection is made."""
    data = tmp_path / "data"
    done = run(data, "first-run", answers(tmp_path, text))

    assert done.exit_code == 2
    assert SECRET not in done.output
    assert re.search(sentence, done.output)
    assert json.loads(run(data, "user", "list", "--json").stdout) == []
    assert json.loads(run(data, "connection", "list", "--json").stdout) == []


def test_a_second_try_after_a_refusal_makes_both(tmp_path: Path) -> None:
    """The wizard lets a person correct an answer: the first try left nothing behind that would stand in the way."""
    data = tmp_path / "data"
    assert run(data, "first-run", answers(tmp_path, PERSON + CONNECTION.replace("12345", "0"))).exit_code == 2
    assert run(data, "first-run", answers(tmp_path, PERSON + CONNECTION)).exit_code == 0
    again = run(data, "first-run", answers(tmp_path, PERSON + CONNECTION))
    assert again.exit_code == 1
    assert "There is a person anna already" in again.output
