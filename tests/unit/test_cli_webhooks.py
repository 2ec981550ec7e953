"""`webhooks`: what is made, completed, shown and removed in Procore, and what is told when it cannot be."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qbwc_bridge.domain.webhooks import NAMESPACE, wanted
from qbwc_bridge.flow.leases import WEBHOOKS
from qbwc_bridge.procore.client import Client
from qbwc_bridge.worker import station
from tests.procore.api import HOOKS
from tests.unit.cli_office import Office, office

ADDRESS = "https://bridge.example.com"
OURS = f"{ADDRESS}/webhooks/procore/Bluestone"


@pytest.fixture(name="desk")
def fixture_desk(tmp_path: Path) -> Iterator[Office]:
    """An office that Procore can reach, with projects 24-001 and 24-002 on."""
    with office(tmp_path, ADDRESS) as made:
        made.bridge.switch_on("24-001", "24-002")
        yield made


def hooks(desk: Office) -> list[tuple[int | None, str]]:
    """Project and address of every hook that stands in Procore."""
    return [(hook.project_id, hook.destination_url) for hook in desk.bridge.procore._state.hooks.values()]


def scopes(desk: Office, *numbers: str) -> list[int | None]:
    """The company and the projects of these numbers, as `hooks` names them."""
    return [None, *(desk.bridge.projects(number)[0] for number in numbers)]


def foreign(desk: Office, namespace: str, address: str) -> None:
    """Let somebody else make a hook of the company."""
    client: Client = desk.bridge.app.procore(desk.bridge.connection)._client
    hook = {"api_version": "v2", "namespace": namespace, "destination_url": address}
    client.post(HOOKS, "making a hook", {"company_id": desk.bridge.procore.company_id, "hook": hook})


def connection(desk: Office) -> Any:
    """The connection as stored."""
    with desk.bridge.app.kit.work() as uow:
        return uow.connections.get(desk.bridge.connection.id)


def header(desk: Office) -> str:
    """The Authorization header of our hooks, which must be one and the same in all of them."""
    stored: str = desk.bridge.app.vault.open(connection(desk).webhook_secret)
    assert {hook.authorization for hook in desk.bridge.procore._state.hooks.values()} == {stored}
    return stored


def test_add_makes_each_hook_once(desk: Office) -> None:
    """There is one hook for the company and for each project that is on, with all triggers; twice changes nothing."""
    result = desk.run("webhooks", "add", "Bluestone")
    assert result.stdout == "Webhooks of Bluestone: 3 made, 0 stood already, 0 removed.\n"
    expected = [(scope, OURS) for scope in scopes(desk, "24-001", "24-002")]
    assert hooks(desk) == expected
    for hook in desk.bridge.procore._state.hooks.values():
        assert set(hook.triggers.values()) == {(one.resource, one.event) for one in wanted(hook.project_id)}
        assert hook.namespace == NAMESPACE
    first, since = header(desk), connection(desk).webhooks_since
    assert len(first) > 40
    again = desk.run("webhooks", "add", "Bluestone")
    assert again.stdout == "Webhooks of Bluestone: 0 made, 3 stood already, 0 removed.\n"
    assert (hooks(desk), header(desk), connection(desk).webhooks_since) == (expected, first, since)
    shown = result.output + again.output + desk.run("webhooks", "list", "Bluestone").output
    assert first.removeprefix("Bearer ") not in shown + json.dumps(desk.ask("connection", "show", "Bluestone"))


def test_add_needs_an_address_that_procore_reaches(tmp_path: Path) -> None:
    """On a loopback address nothing is asked of Procore, nothing is stored, and the sentence says what to do."""
    with office(tmp_path) as desk:
        asked = len(desk.bridge.procore.calls)
        told = desk.refused("webhooks", "add", "Bluestone")
        assert "set PUBLIC_URL" in told
        assert "polling" in told
        assert len(desk.bridge.procore.calls) == asked
        assert connection(desk).webhook_secret == b""


def test_a_missing_permission_is_told_once(desk: Office) -> None:
    """Without the permission the command fails with one plain sentence that names it; later it completes."""
    desk.bridge.procore.permit_webhooks(permitted=False)
    result = desk.run("webhooks", "add", "Bluestone", code=1)
    assert [line for line in result.stderr.splitlines() if "Webhooks API: Standard" in line] == (
        result.stderr.splitlines()[-1:]
    )
    assert connection(desk).webhooks_since is None
    desk.bridge.procore.permit_webhooks(permitted=True)
    desk.run("webhooks", "add", "Bluestone")
    assert len(hooks(desk)) == 3


def test_one_project_that_fails_stops_no_other(desk: Office) -> None:
    """A project that the app may not see is told by its number; the others get their hooks, and it does later."""
    (project,) = desk.bridge.projects("24-001")
    desk.bridge.procore.set_project(project, permitted=False)
    result = desk.run("webhooks", "add", "Bluestone", code=1)
    assert "project 24-001: Procore does not let the bridge's app use webhooks in project" in result.stderr
    assert hooks(desk) == [(scope, OURS) for scope in scopes(desk, "24-002")]
    told = desk.run("status", code=1).stdout
    assert "There is no webhook for project 24-001, which is polled" in told
    desk.bridge.procore.set_project(project, permitted=True)
    desk.run("webhooks", "add", "Bluestone")
    assert len(hooks(desk)) == 3


@pytest.mark.parametrize("after_effect", [True, False])
@pytest.mark.parametrize("status", [0, 502])
@pytest.mark.parametrize("path", ["webhooks/hooks", "triggers/bulk"])
def test_a_lost_answer_makes_no_second_hook(desk: Office, path: str, status: int, *, after_effect: bool) -> None:
    """Whether a call was carried out or not before its answer was lost: in the end there is one hook with all of it."""
    desk.bridge.procore.fail_next(status=status, path_contains=path, method="POST", after_effect=after_effect)
    result = desk.run("webhooks", "add", "Bluestone", code=0 if after_effect else 1)
    assert "\n\n" not in result.stderr
    desk.run("webhooks", "add", "Bluestone")
    assert hooks(desk) == [(scope, OURS) for scope in scopes(desk, "24-001", "24-002")]
    shown = desk.ask("webhooks", "list", "Bluestone")["webhooks"]
    assert [each["missing"] for each in shown] == [[], [], []]
    header(desk)


def test_add_follows_projects_on_and_off(desk: Office) -> None:
    """A project switched on later gets its hook with the next add, one switched off loses it; both are told before."""
    desk.run("webhooks", "add", "Bluestone")
    told = desk.run("project", "on", "24-003", "--customer", "Bluestone Clients", "--create-customer").stderr
    assert "after `webhooks add Bluestone` Procore tells" in told
    assert "its events are ignored" in desk.run("project", "off", "24-002").stderr
    shown = desk.run("webhooks", "list", "Bluestone").stderr
    assert "There is no webhook for project 24-003" in shown
    assert "project 24-002 is off and needs none" in shown
    assert desk.ask("status", code=1)["connections"][0]["webhooks"]["projects_without"] == ["24-003"]
    assert "1 made, 2 stood already, 1 removed" in desk.run("webhooks", "add", "Bluestone").stdout
    assert {scope for scope, _ in hooks(desk)} == set(scopes(desk, "24-001", "24-003"))


def test_a_new_address_is_told_to_the_hooks_that_stand(desk: Office) -> None:
    """After PUBLIC_URL changed, add tells the new address to the same hooks; none is left with the old one."""
    desk.run("webhooks", "add", "Bluestone")
    before = list(desk.bridge.procore._state.hooks)
    moved = desk.bridge.settings.model_copy(update={"public_url": "https://new.example.com"})
    desk.desk.__dict__["settings"] = moved
    desk.run("webhooks", "add", "Bluestone")
    assert list(desk.bridge.procore._state.hooks) == before
    assert {address for _, address in hooks(desk)} == {"https://new.example.com/webhooks/procore/Bluestone"}
    desk.run("webhooks", "remove", "Bluestone")
    assert hooks(desk) == []


def test_a_new_secret_is_told_to_the_hooks_that_stand(desk: Office) -> None:
    """A secret drawn anew, or made because the old one cannot be read, is given to the same hooks, if late."""
    desk.run("webhooks", "add", "Bluestone")
    before, first = list(desk.bridge.procore._state.hooks), header(desk)
    desk.bridge.procore.fail_next(status=500, count=9, path_contains=f"/{before[1]}", method="PATCH")
    desk.run("webhooks", "add", "Bluestone", "--new-secret", code=1)
    desk.run("webhooks", "add", "Bluestone")
    second = header(desk)
    assert second != first
    with desk.bridge.app.kit.work() as uow:
        row = uow.connections.get(desk.bridge.connection.id)
        row.webhook_secret = b"sealed with a lost key"
        uow.connections.save(row)
    assert "cannot be read any more" in desk.run("webhooks", "add", "Bluestone").stderr
    assert header(desk) not in {first, second}
    assert list(desk.bridge.procore._state.hooks) == before


def test_doubled_hooks_become_one(desk: Office) -> None:
    """Two hooks of one address, as a hand-made one or a race leaves them, are brought to one."""
    foreign(desk, NAMESPACE, OURS)
    foreign(desk, NAMESPACE, OURS)
    assert "2 made, 1 stood already, 1 removed" in desk.run("webhooks", "add", "Bluestone").stdout
    assert len(hooks(desk)) == 3
    header(desk)


def test_two_at_once_make_no_second_hook(desk: Office) -> None:
    """While somebody makes or removes webhooks, another one is told to wait, and asks nothing of Procore."""
    with station(desk.bridge.app.kit, desk.bridge.connection, WEBHOOKS):
        asked = len(desk.bridge.procore.calls)
        for command in ("add", "remove"):
            told = desk.refused("webhooks", command, "Bluestone")
            assert told == "A change of webhooks of Bluestone is under way already: wait until it has ended."
        assert len(desk.bridge.procore.calls) == asked
    desk.run("webhooks", "add", "Bluestone")
    assert len(hooks(desk)) == 3


def test_list_shows_what_stands(desk: Office) -> None:
    """List tells hooks, triggers, deliveries that failed, and hooks of our namespace that lead elsewhere."""
    off = desk.run("webhooks", "list", "Bluestone").stdout
    assert "off" in off.splitlines()[0]
    desk.run("webhooks", "add", "Bluestone")
    foreign(desk, NAMESPACE, "https://old.example.com/webhooks/procore/Bluestone")
    desk.bridge.procore.add_vendor("Acme Paving")
    desk.bridge.procore.deliver_events(lambda *_: 500)
    result = desk.run("webhooks", "list", "Bluestone")
    assert "leads to https://old.example.com/webhooks/procore/Bluestone and is left alone" in result.stderr
    assert "Procore could not deliver some events" in result.stderr
    told = desk.ask("webhooks", "list", "Bluestone")
    assert told["since"] is not None
    assert [each["project"] for each in told["webhooks"]] == [None, "24-001", "24-002"]
    company = told["webhooks"][0]
    assert (company["failing"], company["discarded"], company["missing"]) == (1, 0, [])
    assert company["triggers"] == len(wanted(None))
    desk.bridge.procore.permit_webhooks(permitted=False)
    assert "Webhooks API: Standard" in desk.run("webhooks", "list", "Bluestone", code=1).stderr


def test_list_asks_no_further_where_procore_does_not_answer(desk: Office) -> None:
    """Without an answer for the company no project is asked about: each would wait as long and fare alike."""
    desk.bridge.procore.fail_next(status=0, count=1000, path_contains="webhooks/hooks")
    result = desk.run("webhooks", "list", "Bluestone", code=1)
    assert [line.partition(" from ")[0] for line in result.stderr.splitlines() if "no answer" in line] == [
        "the company: no answer came"
    ]
    assert "project" not in result.stdout


def test_remove_takes_ours_alone(desk: Office) -> None:
    """Hooks of other programs and of other bridges stay; ours go, with the secret; twice is no error."""
    desk.run("webhooks", "add", "Bluestone")
    foreign(desk, "procore", OURS)
    foreign(desk, NAMESPACE, "https://other.example.com/webhooks/procore/Bluestone")
    assert desk.run("webhooks", "remove", "Bluestone").stdout == "Webhooks of Bluestone: 3 removed.\n"
    assert hooks(desk) == [(None, OURS), (None, "https://other.example.com/webhooks/procore/Bluestone")]
    row = connection(desk)
    assert (row.webhook_secret, row.webhook_url, row.webhooks_since) == (b"", "", None)
    assert desk.run("webhooks", "remove", "Bluestone").stdout == "Webhooks of Bluestone: 0 removed.\n"


def test_remove_goes_on_where_it_was_interrupted(desk: Office) -> None:
    """A project that cannot be reached keeps the secret until its hook is gone; one that is not shown is let go."""
    desk.run("webhooks", "add", "Bluestone")
    first, second = desk.bridge.projects("24-001", "24-002")
    desk.bridge.procore.set_project(first, permitted=False)
    _, _, hook_id = desk.bridge.procore._state.hooks
    desk.bridge.procore.fail_next(status=502, count=9, path_contains=f"/{hook_id}", method="DELETE")
    result = desk.run("webhooks", "remove", "Bluestone", code=1)
    assert "project 24-002" in result.stderr
    assert "Procore does not show the webhooks of project 24-001 any more" in result.stderr
    assert connection(desk).webhook_secret != b""
    desk.bridge.procore.clear_faults()
    desk.run("webhooks", "remove", "Bluestone")
    assert [scope for scope, _ in hooks(desk)] == [first]
    assert connection(desk).webhook_secret == b""
    assert second not in [scope for scope, _ in hooks(desk)]


def test_removing_a_connection_leaves_no_hook_in_silence(desk: Office) -> None:
    """Who removes a connection, or changes its app, is told of webhooks that stay in Procore."""
    desk.run("webhooks", "add", "Bluestone")
    secret = desk.bridge.folder / "secret"
    secret.write_text("new")
    told = desk.run(
        *("connection", "rotate-secret", "Bluestone", "--procore-client-id", "other"),
        *("--procore-client-secret-file", str(secret)),
    )
    assert "Webhooks of the former app may stay" in told.stderr
    told = desk.run("connection", "remove", "Bluestone", "--yes")
    assert "`webhooks remove Bluestone` removes them" in told.stderr


def test_status_and_connection_tell_since_when(desk: Office) -> None:
    """The line about webhooks stands in status and connection show once they are on, and not before."""
    assert "webhooks" not in desk.run("status", code=1).stdout
    desk.run("webhooks", "add", "Bluestone")
    assert "webhooks        on since 2026-03-10" in desk.run("status", code=1).stdout
    assert desk.ask("connection", "show", "Bluestone")["webhooks_since"].startswith("2026-03-10")
