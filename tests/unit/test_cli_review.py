"""`pull`, `project`, `review`, `queue` and `status` in an office whose QuickBooks has visited once."""

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from qbwc_bridge.domain.states import State
from tests.unit.cli_office import Office, office

PROMISED = {
    "id", "connection", "kind", "number", "title", "project", "amount", "state", "update", "reasons", "waits_for",
    "age_days",
}  # fmt: skip
"""Fields of `review list` that other programs rely on."""

TASK = {
    "id", "connection", "kind", "state", "submission", "message_set", "attempts", "created_at", "sent_at", "done_at",
    "status_code", "message",
}  # fmt: skip
"""The same of `queue list`."""


@pytest.fixture(name="here", scope="module")
def _here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office with two projects on, everything offered, lists read; nothing accepted."""
    with office(tmp_path_factory.mktemp("office")) as made:
        assert "run `pull` first" in made.refused("project", "on", "24-001")
        made.run("pull")
        made.run("project", "on", "24-001", "24-003", "--create-customer")
        made.run("pull", "bluestone")
        assert made.bridge.visit().outcome == "done"
        yield made


def test_pull_prints_what_is_new_once(here: Office) -> None:
    """A second reading brings nothing new; progress goes to standard error, data to standard output."""
    result = here.run("pull", "--json")
    assert result.stdout == "[]\n"
    assert "reading 24-001" in result.stderr
    assert "(1 of 2, " in result.stderr


def test_pull_reads_what_changed_and_every_record_when_asked(here: Office) -> None:
    """Nothing new costs a call for each list; `--whole` asks for each record again. Both say how many calls it took."""
    here.bridge.clock.pass_time(minutes=1)
    here.run("pull")
    calls = here.bridge.procore.calls

    def made(*arguments: str) -> list[str]:
        calls.clear()
        told = here.run("pull", *arguments).stderr
        asked = [call.path for call in calls if call.path != "/oauth/token"]
        assert f"0 new records, {len(asked)} calls to Procore" in told
        return [path for path in asked if re.search(r"_(contracts|packages)/[0-9]+$", path)]

    assert made() == []
    assert len(made("--whole")) >= 5


def test_a_project_that_is_switched_on_is_to_be_read_soon(here: Office) -> None:
    """The clockwork sees it; one that was on already is not read anew."""

    def touched() -> dict[str, bool]:
        with here.bridge.app.kit.work() as uow:
            return {row.number: row.reading.whole_at is None for row in uow.projects.find(on=True)}

    before = touched()
    here.run("project", "on", "24-001", "--create-customer")
    assert touched() == before
    here.run("project", "off", "24-001")
    here.run("project", "on", "24-001", "--create-customer")
    assert touched() == {**before, "24-001": True}
    here.run("pull")
    assert touched() == before


def test_submissions_are_listed_as_promised(here: Office) -> None:
    """Each has the promised fields: amounts as text with two decimals or null, reasons and waits as lists."""
    rows = here.ask("review", "list")
    assert all(set(row) > PROMISED for row in rows)
    assert all(row["amount"] is None or re.fullmatch(r"-?[0-9]+\.[0-9]{2}", row["amount"]) for row in rows)
    assert all(isinstance(row["reasons"], list) and isinstance(row["waits_for"], list) for row in rows)
    assert {row["state"] for row in rows} >= {"ready_to_export"}
    order = here.submission("commitment", "SC-014")
    assert order["project"] == "24-001"
    assert any(wait.startswith("vendor") for wait in order["waits_for"])
    assert "SC-014" in here.run("review", "list").stdout


def test_submissions_are_filtered(here: Office) -> None:
    """Kind, state and connection narrow the list; unknown ones are told."""
    rows = here.ask("review", "list", "--kind", "vendor", "--state", "ready_to_export", "--connection", "BLUESTONE")
    assert rows
    assert {(row["kind"], row["state"]) for row in rows} == {("vendor", "ready_to_export")}
    here.run("review", "list", "--kind", "wage", code=2)
    assert "no connection Nobody" in here.refused("review", "list", "--connection", "Nobody")


def test_one_record_is_decided_and_taken_back(here: Office) -> None:
    """Each decision says what became of the record, and the history who took it."""
    row = here.submission("cost_code", "05-120")
    number = str(row["id"])
    assert here.run("review", "accept", number).stdout == "1 accepted, together 0.00.\n"
    assert here.submission("cost_code", "05-120")["state"] == "accepted"
    assert "cannot be accepted now" in here.refused_with_data("review", "accept", number)
    assert "ready to export" in here.run("review", "take-back", number).stdout
    assert "cannot be taken back" in here.refused("review", "take-back", number)
    here.run("review", "reject", number, "--comment", "wrong code")
    rejected = here.submission("cost_code", "05-120")
    assert (rejected["state"], rejected["comment"]) == ("rejected", "wrong code")
    here.run("review", "retry", number)
    here.run("review", "archive", number)
    assert here.submission("cost_code", "05-120")["state"] == "archived"
    here.run("review", "archive", number)
    assert here.submission("cost_code", "05-120")["state"] == "ready_to_export"
    with here.bridge.app.kit.work() as uow:
        moves = uow.history.find(subject="submission", subject_id=row["id"])
    assert "(command)" in moves[-1].who


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["take-back", "99999"], "There is no submission number 99999."),
        (["reject", "{id}", "--comment", "  "], "A rejection needs a comment"),
        (["done", "{id}", "--comment", "typed in"], "only failed records and updates"),
        (["unlink", "{id}"], "only synced records"),
        (["link", "{id}", "--quickbooks", "No Such Vendor"], "QuickBooks has no vendor named No Such Vendor"),
        (["link", "{order}", "--quickbooks", "X-1"], "QuickBooks has no purchase order numbered X-1, as far as"),
        (["set", "{order}", "--ref-number", "1234567890123"], "not take '1234567890123': '34567890123' would fit."),
        (["set", "{id}", "--name", "A:B"], "QuickBooks would not take 'A:B': 'A-B' would fit."),
        (["preview", "99999"], "There is no submission number 99999."),
    ],
)
def test_refused_decisions_are_one_sentence(here: Office, arguments: list[str], sentence: str) -> None:
    """What a rule forbids, or does not exist, changes nothing and says why; exit code 1."""
    vendor, order = here.submission("vendor", "Delta Grading"), here.submission("commitment", "SC-014")
    told = here.refused("review", *(part.format(id=vendor["id"], order=order["id"]) for part in arguments))
    assert sentence in told
    assert here.submission("vendor", "Delta Grading") == vendor


def test_a_refused_acceptance_counts_nothing(here: Office) -> None:
    """Where the only record is refused, that is all that is said."""
    blocked = str(here.submission("commitment", "SC-030")["id"])
    for number in (blocked, "99999"):
        assert "accepted, together" not in here.run("review", "accept", number, code=1).stdout


def test_why_is_sentence_after_sentence(here: Office) -> None:
    """The list puts nothing between two sentences, and says in one what a record waits for."""
    text = here.run("review", "list").stdout
    assert "Waits for " in text
    assert ".;" not in text


def test_wrong_usage_of_decisions(here: Office) -> None:
    """Options that do not fit the record's kind, or one another, are wrong usage."""
    vendor, order = (
        here.submission("vendor", "Delta Grading")["id"],
        here.submission("commitment", "SC-014")["id"],
    )
    for arguments in (
        ["set", vendor, "--ref-number", "7"],
        ["set", order, "--name", "Seven"],
        ["set", order, "--1099", "yes"],
        ["set", vendor],
        ["link", vendor],
        ["link", vendor, "--new", "--quickbooks", "x"],
        ["accept", vendor, "--all"],
        ["reject", vendor],
    ):
        here.run("review", *map(str, arguments), code=2)


def test_vendors_are_edited_linked_and_told_new(here: Office) -> None:
    """Name and 1099 go into the preview; a link joins at once; unlinking brings the record back."""
    row = here.submission("vendor", "Delta Grading")
    here.run("review", "set", str(row["id"]), "--name", "Delta", "--1099", "yes")
    fields = {each["field"]: each["writes"] for each in here.ask("review", "preview", str(row["id"]))["fields"]}
    assert (fields["name"], fields["is_1099"]) == ("Delta", "yes")
    here.run("review", "link", str(row["id"]), "--new")
    here.run("review", "link", str(row["id"]), "--quickbooks", "smith & sons")
    linked = here.submission("vendor", "Delta Grading")
    with here.bridge.app.kit.work() as uow:
        moves = uow.history.find(subject="submission", subject_id=row["id"])
    assert {"name in QuickBooks: Delta", "1099: yes"} <= {move.why for move in moves}
    assert (linked["state"], linked["quickbooks"]) == ("synced", "Smith & Sons")
    rows = here.ask("map", "list", "--kind", "vendor")
    assert [(r["quickbooks"], r["procore"]) for r in rows] == [("Smith & Sons", "Delta Grading")]
    here.run("review", "unlink", str(row["id"]))
    assert here.submission("vendor", "Delta Grading")["state"] == "ready_to_export"


def test_preview_shows_fields_and_the_exact_request(here: Office) -> None:
    """An order that waits for its vendor and job is shown with names of what it needs, and as qbXML."""
    row = here.submission("commitment", "SC-014")
    found = here.ask("review", "preview", str(row["id"]))
    fields = {each["field"]: each["writes"] for each in found["fields"]}
    assert found["request"] == "PurchaseOrderAdd"
    assert fields["ref_number"] == "SC-014"
    assert fields["vendor"].endswith("(new)")
    assert "<PurchaseOrderAdd" in found["qbxml"]
    amounts = [Decimal(fields[name].replace(",", "")) for name in fields if name.endswith(" amount")]
    assert sum(amounts) == Decimal(row["amount"])
    assert fields["line 1 customer"] == "24-001 (new)"
    text = here.run("review", "preview", str(row["id"])).stdout
    assert "will be written" in text
    assert "<RefNumber>SC-014</RefNumber>" in text
    assert here.submission("commitment", "SC-014") == row


def test_accept_all_takes_the_ready_and_tells_what_is_left(here: Office) -> None:
    """With --all the ready of a kind are accepted, with count and sum; the blocked stay and are listed with reasons."""
    before = here.ask("review", "list", "--kind", "commitment")
    ready = [row for row in before if row["state"] == "ready_to_export"]
    blocked = [row for row in before if row["state"] == "blocked"]
    told = here.run("review", "accept", "--all", "--kind", "commitment").stdout
    total = sum(Decimal(row["amount"]) for row in ready)
    assert told.startswith(f"{len(ready)} accepted, together {total:,.2f}.")
    assert f"{len(blocked)} left, because they are blocked:" in told
    assert all(row["reasons"][0] in told for row in blocked)
    after = {row["id"]: row["state"] for row in here.ask("review", "list", "--kind", "commitment")}
    assert {after[row["id"]] for row in ready} == {"accepted"}
    assert {after[row["id"]] for row in blocked} == {"blocked"}
    assert here.run("review", "accept", "--all", "--kind", "commitment").stdout.startswith("0 accepted, together 0.00.")
    for row in ready:
        here.run("review", "take-back", str(row["id"]))


def test_queue_shows_tasks_with_their_history(here: Office) -> None:
    """The queue has the promised fields; a task shows its request and every move."""
    rows = here.ask("queue", "list")
    assert rows
    assert all(set(row) == TASK for row in rows)
    done = here.ask("queue", "list", "--state", "done")
    shown = here.ask("queue", "show", str(done[0]["id"]))
    assert [move["after"] for move in shown["history"]][-1] == "done"
    assert shown["request"]["kind"] == done[0]["kind"]
    assert "asks" in here.run("queue", "show", str(done[0]["id"])).stdout
    assert "is done" in here.refused("queue", "cancel", str(done[0]["id"]))
    assert "is done" in here.refused("queue", "retry", str(done[0]["id"]))


def test_queue_leaves_records_to_review(here: Office) -> None:
    """A task of an accepted record is cancelled by taking the acceptance back, not behind the record's back."""
    code = here.submission("cost_code", "05-120")
    here.run("review", "accept", str(code["id"]))
    task = next(row for row in here.ask("queue", "list", "--state", "queued") if row["submission"] == code["id"])
    assert f"use `review take-back {code['id']}`" in here.refused("queue", "cancel", str(task["id"]))
    assert "goes with the next visit" in here.run("queue", "retry", str(task["id"])).stdout
    here.run("review", "take-back", str(code["id"]))
    assert here.ask("queue", "show", str(task["id"]))["state"] == "cancelled"


def test_status_has_the_promised_shape(here: Office) -> None:
    """One connection with its word, counts and what needs a person; then the exit code is 1."""
    found = here.ask("status", code=1)["connections"]
    assert len(found) == 1
    assert found[0]["name"] == "Bluestone"
    assert found[0]["working"] in {"working", "needs_you", "stopped"}
    assert found[0]["company_name"] == "Bluestone Development LLC"
    assert set(found[0]["submissions"]["vendor"]) <= {state.value for state in State}
    assert found[0]["needs_a_person"] > 0
    assert found[0]["last_contact"].endswith("+00:00")
    assert "needs you" in here.run("status", code=1).stdout


def test_projects_are_switched_on_under_a_customer(here: Office) -> None:
    """The customer must exist or be created; several projects at once may only share the connection's default."""
    numbers = [row["number"] for row in here.ask("project", "list")]
    assert numbers == ["24-001", "24-002", "24-003"]
    told = here.refused("project", "on", "24-002", "--customer", "Nobody Known")
    assert "QuickBooks has no customer Nobody Known" in told
    assert "at once" in here.refused("project", "on", "24-002", "24-003", "--customer", "Smith", code=2)
    here.run("project", "on", "24-002", "--all", code=2)
    here.run("project", "on", code=2)
    assert "Procore shows no project 99" in here.refused("project", "on", "99", "--create-customer")
    assert "names a job" in here.refused("project", "on", "24-002", "--customer", "A:B", "--create-customer", code=2)
    here.run("project", "on", "--all", "--create-customer")
    assert all(row["on"] and row["customer"] == "Bluestone Clients" for row in here.ask("project", "list"))
    assert "24-003 Elm Street Garage is off." in here.run("project", "off", "24-003").stdout
    here.run("project", "off", "24-002")


def test_release_needs_whole_costs_and_withdraw_a_release(here: Office) -> None:
    """Before QuickBooks' costs were read whole nothing is shown or released, and nothing can be withdrawn."""
    choice = ["--costs-from", "2026-01-01", "--before", "none", "--po-bills", "skip"]
    assert "are not read whole yet" in here.refused("project", "release", "24-001", *choice)
    assert "are not read whole yet" in here.refused_with_data("project", "dry-run", "24-001")
    assert "needs --costs-from" in here.refused("project", "dry-run", "24-001", "--before", "none", code=2)
    assert "not released" in here.refused("project", "withdraw", "24-001")


def test_confirm_of_the_company_that_is_bound_changes_nothing(here: Office) -> None:
    """Confirming names the company; where nothing waits for it, nothing is read anew."""
    told = "Bluestone is bound to Bluestone Development LLC already, and nothing waits to be confirmed"
    assert here.run("connection", "confirm", "Bluestone").stdout.startswith(told)
