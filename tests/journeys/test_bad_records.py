"""One record of Procore that makes no sense stops no other: it is told, left as it was, and read once it is good."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
import pytest

from qbwc_bridge.domain.procore import Budget
from qbwc_bridge.errors import BadRecord
from qbwc_bridge.flow.views import look
from qbwc_bridge.procore.jsontext import read_json, write_json
from qbwc_bridge.rehearsal.procore import CommitmentLine
from tests.bench.reading import Site
from tests.journeys.reading_site import LINE, new_site, one, open_site, project, rows

__all__ = ["new_site", "open_site"]

ORDERS, PACKAGES = "/purchase_order_contracts", "/change_order_packages"


@dataclass
class Garbled:
    """What Procore says wrongly, in every answer to a path: another value in a field of one record, or of each (0)."""

    wrong: list[tuple[str, int, str, Any]] = field(default_factory=list)

    def of(self, path: str, answer: bytes) -> bytes:
        """Give the answer as it is said."""
        said = [(number, name, value) for part, number, name, value in self.wrong if part in path]
        if not said:
            return answer
        content = read_json(answer.decode())
        for number, name, value in said:
            for record in _records(content):
                if name in record and number in {0, record.get("id")}:
                    record[name] = value
        return write_json(content).encode()


def _records(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, dict):
        yield content
    for each in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        yield from _records(each)


@pytest.fixture(name="garbled")
def fixture_garbled(monkeypatch: pytest.MonkeyPatch) -> Garbled:
    """Between every bridge and its Procore; nothing is wrong at first."""
    garbled, true_answer = Garbled(), httpx.WSGITransport.handle_request

    def answer(transport: httpx.WSGITransport, request: httpx.Request) -> httpx.Response:
        told = true_answer(transport, request)
        content = garbled.of(request.url.path, told.read())
        headers = {name: value for name, value in told.headers.items() if name.lower() != "content-length"}
        return httpx.Response(told.status_code, headers=headers, content=content)

    monkeypatch.setattr(httpx.WSGITransport, "handle_request", answer)
    return garbled


def questions(site: Site) -> list[str]:
    """What the pages and the daily mail ask people to look at."""
    with site.app.kit.work() as uow:
        return look(site.app.kit, uow, uow.connections.get(site.connection.id), site.clock.now()).questions


def second_order(site: Site, number: str = "PO-2") -> int:
    """A good order beside the first one."""
    return site.procore.add_purchase_order(site.projects[0], number, "Rebar", site.procore.add_vendor(number), [LINE])


# ---------------------------------------------------------------- the company's lists


OF_COMPANY = {
    "vendor": ("/vendors", "name"),
    "cost_code": ("/standard_cost_codes", "full_code"),
    "cost_type": ("/line_item_types", "code"),
}
"""Where each kind is listed, and a field without which it makes no sense."""


@pytest.mark.parametrize("kind", OF_COMPANY)
@pytest.mark.parametrize("asked", ["now", "whole"])
def test_a_bad_record_of_the_company_is_left_out_alone(
    open_site: Callable[..., Site], garbled: Garbled, kind: str, asked: Any
) -> None:
    """It stays as it was known, people are told of record and field, and everything else is read."""
    path, name = OF_COMPANY[kind]
    site = open_site()
    site.procore.add_vendor("Delta Grading")
    site.procore.add_cost_code("03-400", "Precast")
    site.procore.add_cost_type("L", "Labor", "other")
    site.read("now")
    before = [row for row in rows(site).values() if row.kind == kind][-1]
    site.clock.wait(60)
    garbled.wrong = [(path, int(before.key), name, None)]
    order = second_order(site)
    problems = site.read(asked).pulled.problems

    (told,) = problems
    assert f"{before.key} cannot be used, its field {name} is wrong" in told
    assert told in questions(site)
    assert rows(site)[kind, before.key].document == before.document
    assert ("commitment", str(order)) in rows(site)

    garbled.wrong = []
    assert site.read("whole").pulled.problems == []
    assert told not in questions(site)


def test_a_bad_record_that_changed_alone_stops_nothing(open_site: Callable[..., Site], garbled: Garbled) -> None:
    """Where the list of what changed holds no other, it is left out all the same, and told until it is good."""
    site = open_site()
    site.clock.wait(3600)
    vendor = site.procore.add_vendor("Delta Grading")
    garbled.wrong = [("/vendors", vendor, "name", None)]
    assert len(site.read("now").pulled.problems) == 1
    site.clock.wait(3600)
    site.procore.add_vendor("Echo Paving")
    assert len(site.read("now").pulled.problems) == 1
    garbled.wrong = []
    assert site.read("whole").pulled.problems == []
    assert ("vendor", str(vendor)) in rows(site)


def test_a_bad_project_takes_part_as_before(open_site: Callable[..., Site], garbled: Garbled) -> None:
    """A project whose row makes no sense was listed: it does not count as hidden, and is read on."""
    site = open_site(2)
    garbled.wrong = [("/rest/v1.0/projects", site.projects[0], "name", None)]
    order = second_order(site)
    (told,) = site.read("now").pulled.problems
    assert f"project {site.projects[0]} cannot be used, its field name is wrong" in told
    assert project(site).active
    assert not project(site).shown.refused
    assert ("commitment", str(order)) in rows(site)


def test_a_list_without_one_good_record_is_an_error(open_site: Callable[..., Site], garbled: Garbled) -> None:
    """Then it is no matter of one record: nothing is read, and nothing counts as gone."""
    site = open_site(2)
    before = rows(site)
    garbled.wrong = [("/rest/v1.0/projects", 0, "name", None)]
    with pytest.raises(BadRecord, match="its field name is wrong"):
        site.read("now")
    assert rows(site) == before


# ---------------------------------------------------------------- commitments and change orders


BAD_ORDERS = [("revised_contract", None), ("amount", None), ("amount", Decimal("1e30")), ("number", ["PO"])]
"""What makes an order senseless: in its row, in itself, or in a line."""


@pytest.mark.parametrize(("name", "value"), BAD_ORDERS)
@pytest.mark.parametrize("asked", ["now", "whole"])
def test_a_bad_order_is_left_out_alone(
    open_site: Callable[..., Site], garbled: Garbled, name: str, value: Any, asked: Any
) -> None:
    """It stays as it was known, its project tells of it until it is read, and the orders beside it are read."""
    site = open_site()
    first = site.orders[0]
    before = one(site, "commitment", first)
    site.procore.set_commitment(first, title="Concrete and pump")
    garbled.wrong = [
        (f"{ORDERS}/{first}" if name == "amount" else ORDERS, 0 if name == "amount" else first, name, value)
    ]
    if name == "amount":
        garbled.wrong.append((f"{ORDERS}/{first}", 0, "extended_amount", value))
    order = second_order(site)
    site.clock.wait(60)
    found = site.read(asked).pulled

    assert found.problems == []
    (told,) = [each for each in found.notices if str(first) in each]
    assert "has no amount" in told or f"{name} is wrong" in told
    after = one(site, "commitment", first)
    assert (after.document, after.gone, after.stamp) == (before.document, False, before.stamp)
    assert ("commitment", str(order)) in rows(site)

    garbled.wrong = []
    assert site.read("whole").pulled.notices == []
    assert site.knows(first, "Concrete and pump")


def test_a_bad_order_is_tried_again_with_its_list(open_site: Callable[..., Site], garbled: Garbled) -> None:
    """It was not read, so that its row of the list still says other things than what is remembered."""
    site = open_site()
    site.procore.set_commitment(site.orders[0], title="Concrete and pump")
    garbled.wrong = [(ORDERS, site.orders[0], "revised_contract", None)]
    site.clock.wait(60)
    site.read("now")
    garbled.wrong = []
    assert site.read("now").pulled.notices == []
    assert site.knows(site.orders[0], "Concrete and pump")


def test_a_first_reading_with_a_bad_order_goes_to_its_end(new_site: Callable[..., Site], garbled: Garbled) -> None:
    """The project counts as read, with its budget and its other orders."""
    site = new_site()
    order = second_order(site)
    garbled.wrong = [(ORDERS, site.orders[0], "revised_contract", None)]
    site.read("now")
    site.switch_on()
    found = site.read("now").pulled
    assert found.problems == []
    assert len(found.notices) == 1
    assert project(site).reading.whole_at is not None
    assert {("budget", str(site.projects[0])), ("commitment", str(order))} <= set(rows(site))
    assert ("commitment", str(site.orders[0])) not in rows(site)


def test_a_bad_change_order_is_left_out_alone(open_site: Callable[..., Site], garbled: Garbled) -> None:
    """The change orders beside it are read, and it is read once it is good."""
    site = open_site()
    more = [CommitmentLine("03-300.M", "More", Decimal(10))]
    site.clock.wait(60)
    bad, good = (site.procore.add_change_order(site.orders[0], number, "More", more) for number in ("002", "003"))
    garbled.wrong = [(f"{PACKAGES}/{bad}", bad, "status", None)]
    site.clock.wait(60)
    (told,) = site.read("now").pulled.notices
    assert f"change order {bad} cannot be used, its field status is wrong" in told
    assert ("change_order", str(good)) in rows(site)
    assert ("change_order", str(bad)) not in rows(site)
    garbled.wrong = []
    assert site.read("now").pulled.notices == []
    assert ("change_order", str(bad)) in rows(site)


def test_a_change_order_waits_for_the_kind_of_a_bad_order(new_site: Callable[..., Site], garbled: Garbled) -> None:
    """Whether it counts by units or amounts is not guessed, and it is not taken for one that Procore hides."""
    site = new_site()
    second_order(site)
    site.read("now")
    site.switch_on()
    garbled.wrong = [(ORDERS, site.orders[0], "number", ["PO"])]
    notices = site.read("now").pulled.notices
    assert len([each for each in notices if "waits for its contract" in each]) == 1
    assert not [each for each in notices if "does not show" in each]
    garbled.wrong = []
    assert site.read("whole").pulled.notices == []
    assert [kind for kind, _ in rows(site)].count("change_order") == 1


def test_an_order_that_is_bad_when_only_its_sum_is_read_again_stops_nothing(
    open_site: Callable[..., Site], garbled: Garbled
) -> None:
    """A change order makes its order be read again; what cannot be used of it leaves the change order read."""
    site = open_site()
    site.clock.wait(60)
    change = site.procore.add_change_order(site.orders[0], "002", "More", [LINE], status="draft")
    garbled.wrong = [(f"{ORDERS}/{site.orders[0]}", site.orders[0], "revised_contract", None)]
    site.clock.wait(60)
    (told,) = site.read("now").pulled.notices
    assert "its field revised_contract is wrong" in told
    assert ("change_order", str(change)) in rows(site)


# ---------------------------------------------------------------- budgets


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/detail_rows", "original_budget_amount", None),
        ("/detail_rows", "budget_modifications", Decimal("1e30")),
        ("/budget_changes/", "amount", None),
        ("/budget", "locked", "perhaps"),
    ],
)
def test_a_budget_with_a_bad_record_stays_as_it_was(
    open_site: Callable[..., Site], garbled: Garbled, path: str, name: str, value: Any
) -> None:
    """A part of a budget would be another budget: it is kept as it was, told, and read as soon as it is good."""
    site = open_site()
    before = one(site, "budget", site.projects[0])
    site.procore.unlock_budget(site.projects[0])
    site.procore.set_budget(site.projects[0], {"03-300.M": Decimal(95_000)})
    site.procore.lock_budget(site.projects[0])
    garbled.wrong = [(path, 0, name, value)]
    order = second_order(site)
    found = site.read("now").pulled

    assert found.problems == []
    (told,) = found.notices
    assert "The budget stays as it was read last" in told
    assert name in told
    assert one(site, "budget", site.projects[0]).document == before.document
    assert ("commitment", str(order)) in rows(site)

    garbled.wrong = []
    assert site.read("now").pulled.notices == []
    budget = one(site, "budget", site.projects[0]).document
    assert isinstance(budget, Budget)
    assert budget.rows[0].original == Decimal(95_000)


def test_a_budget_that_was_never_read_whole_is_not_there(new_site: Callable[..., Site], garbled: Garbled) -> None:
    """No empty budget stands in for it; the next round reads it."""
    site = new_site()
    site.read("now")
    site.switch_on()
    garbled.wrong = [("/detail_rows", 0, "original_budget_amount", None)]
    site.read("now")
    assert not [kind for kind, _ in rows(site) if kind == "budget"]
    assert ("commitment", str(site.orders[0])) in rows(site)
    garbled.wrong = []
    site.clock.wait(900)
    site.round()
    assert ("budget", str(site.projects[0])) in rows(site)
    assert project(site).shown.notices == []
