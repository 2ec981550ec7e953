"""Refusals and lost answers become one plain sentence of the right kind."""

import datetime as dt

import httpx
import pytest

from qbwc_bridge.domain.procore import DirectCost
from qbwc_bridge.errors import ProcoreError, ProcoreUnreachable
from tests.procore.api import PROJECT, Api, ok

VENDORS = "/rest/v1.0/vendors"
SYNC = f"/rest/v1.0/projects/{PROJECT}/direct_costs/sync"
COST = DirectCost(origin_id="qbd:abc:1", type="expense", status="approved", date=dt.date(2026, 3, 1), lines=())

SHAPES = [
    httpx.Response(422, json={"errors": "Vendors are closed"}),
    httpx.Response(422, json={"errors": {"vendor": ["Vendors are closed"]}}),
    httpx.Response(422, json={"error": {"code": "x", "message": "Vendors are closed", "details": []}}),
    httpx.Response(422, text="Vendors are closed\n"),
    httpx.Response(422, json={"error": "closed", "error_description": "Vendors are closed"}),
    httpx.Response(422, json=["Vendors are closed"]),
]


@pytest.mark.parametrize("answer", SHAPES)
def test_every_shape_of_error_body_is_told(answer: httpx.Response) -> None:
    """Whatever shape a refusal has, its words, its status and what was being read stand in the sentence."""
    api = Api()
    api.on("GET", VENDORS, answer)
    with pytest.raises(ProcoreError) as caught:
        api.gateway().vendors()
    assert "Vendors are closed" in str(caught.value)
    assert "reading the vendors" in str(caught.value)
    assert caught.value.status == 422
    assert not isinstance(caught.value, ProcoreUnreachable)


def test_each_status_names_who_can_mend_it() -> None:
    """Refusals of different kinds send people to different places."""
    sentences = set()
    for status in (400, 401, 403, 404, 409, 422, 429, 500, 302):
        api = Api()
        api.on("GET", VENDORS, httpx.Response(status))
        with pytest.raises(ProcoreError) as caught:
            api.gateway().vendors()
        assert caught.value.status == status
        sentences.add(str(caught.value).partition("); ")[2])
    assert len(sentences) == 9
    assert "" not in sentences


def test_a_page_of_html_is_not_quoted() -> None:
    """What a proxy answers says nothing to a person and is left out."""
    api = Api()
    api.on("GET", VENDORS, httpx.Response(403, text="<html><body>Blocked by policy</body></html>"))
    with pytest.raises(ProcoreError, match="status 403") as caught:
        api.gateway().vendors()
    assert "html" not in str(caught.value)


def test_a_good_status_without_json_is_unreachable() -> None:
    """An answer that cannot be read is no answer."""
    api = Api()
    api.on("GET", VENDORS, httpx.Response(200, text="<html>Please sign in to the guest network</html>"))
    with pytest.raises(ProcoreUnreachable, match="could not be read"):
        api.gateway().vendors()


def test_reads_are_tried_again_after_a_lost_answer() -> None:
    """A read outlives a dropped connection and a fault of Procore's, with growing pauses."""
    api = Api()
    api.on("GET", VENDORS, httpx.ReadError("cut"), httpx.Response(502), ok([]))
    assert api.gateway().vendors().found == ()
    assert api.clock.slept == [1.0, 2.0]


def test_reads_give_up_in_the_end() -> None:
    """Five attempts without an answer end as unreachable, and the host is named."""
    api = Api()
    api.on("GET", VENDORS, httpx.ConnectError("refused"))
    with pytest.raises(ProcoreUnreachable, match=r"api\.example\.com could not be reached") as caught:
        api.gateway().vendors()
    assert len(api.calls(VENDORS)) == 5
    assert caught.value.status == 0


@pytest.mark.parametrize("lost", [httpx.ReadTimeout("late"), httpx.Response(504)])
def test_keyed_writes_are_repeated_after_a_lost_answer(lost: httpx.Response | Exception) -> None:
    """A sync call is keyed by origin_id, so the same body may be sent again."""
    api = Api()
    api.on("PATCH", SYNC, lost, ok({"entities": [{"id": 5, "origin_id": COST.origin_id}], "errors": []}))
    assert api.gateway().sync_direct_costs(PROJECT, [COST]).ids == {COST.origin_id: 5}
    first, second = api.calls(SYNC)
    assert first.content == second.content


@pytest.mark.parametrize("lost", [httpx.ReadTimeout("late"), httpx.Response(500), httpx.RemoteProtocolError("cut")])
def test_a_write_without_answer_is_in_doubt(lost: httpx.Response | Exception) -> None:
    """A write whose answer never came raises ProcoreUnreachable and says that it may have happened."""
    api = Api()
    api.on("PATCH", SYNC, lost)
    with pytest.raises(ProcoreUnreachable, match="may or may not have happened"):
        api.gateway().sync_direct_costs(PROJECT, [COST])


def test_a_refusal_after_a_lost_answer_leaves_the_doubt() -> None:
    """When the repetition is refused, the first attempt may still have been carried out."""
    api = Api()
    api.on("PATCH", SYNC, httpx.ReadTimeout("late"), httpx.Response(403, json={"errors": "no"}))
    with pytest.raises(ProcoreUnreachable, match="may or may not have happened"):
        api.gateway().sync_direct_costs(PROJECT, [COST])


def test_a_long_wait_after_a_lost_answer_leaves_the_doubt() -> None:
    """When the repetition has to wait for too long, the first attempt may still have been carried out."""
    api = Api()
    reset = str(int(api.clock.now().timestamp()) + 3000)
    api.on("PATCH", SYNC, httpx.ReadTimeout("late"), httpx.Response(429, headers={"X-Rate-Limit-Reset": reset}))
    with pytest.raises(ProcoreUnreachable, match="may or may not have happened") as caught:
        api.gateway().sync_direct_costs(PROJECT, [COST])
    assert caught.value.status == 429


def test_a_plain_refusal_of_a_write_is_no_doubt() -> None:
    """A write that was refused at once certainly did not happen."""
    api = Api()
    api.on("PATCH", SYNC, httpx.Response(403, json={"errors": "no"}))
    with pytest.raises(ProcoreError, match="permit") as caught:
        api.gateway().sync_direct_costs(PROJECT, [COST])
    assert not isinstance(caught.value, ProcoreUnreachable)
    assert len(api.calls(SYNC)) == 1


@pytest.mark.parametrize("last", [httpx.Response(204), httpx.Response(404, json={"errors": "Not Found"})])
def test_a_deletion_is_repeated_until_it_is_so(last: httpx.Response) -> None:
    """Deleting twice harms nothing: what is gone at the second attempt is what was wanted."""
    path = f"/rest/v1.1/projects/{PROJECT}/direct_costs/7"
    api = Api()
    api.on("DELETE", path, httpx.ConnectError("refused"), httpx.ReadError("cut"), httpx.Response(502), last)
    api.gateway().delete_direct_cost(PROJECT, 7)
    assert len(api.calls(path)) == 4


@pytest.mark.parametrize("status", [200, 404])
def test_a_deletion_that_a_proxy_answers_is_in_doubt(status: int) -> None:
    """A page is no word of Procore: what it was asked to delete may still stand there."""
    path = f"/rest/v1.1/projects/{PROJECT}/direct_costs/7"
    api = Api()
    api.on("DELETE", path, httpx.Response(status, text="<html>Please sign in to the guest network</html>"))
    with pytest.raises(ProcoreUnreachable, match="could not be read"):
        api.gateway().delete_direct_cost(PROJECT, 7)


@pytest.mark.parametrize("last", [httpx.ReadError("cut"), httpx.Response(422, json={"errors": "invoiced"})])
def test_a_deletion_without_a_clear_end_is_in_doubt(last: httpx.Response | Exception) -> None:
    """Where no answer ever comes, or a refusal after a lost answer, it may or may not stand there."""
    path = f"/rest/v1.1/projects/{PROJECT}/direct_costs/7"
    api = Api()
    api.on("DELETE", path, httpx.ReadError("cut"), last)
    with pytest.raises(ProcoreUnreachable, match="may or may not"):
        api.gateway().delete_direct_cost(PROJECT, 7)


def test_a_conflict_is_waited_out() -> None:
    """409 means that somebody else writes; the same write goes through a little later, within bounds."""
    api = Api()
    good = ok({"entities": [{"id": 5, "origin_id": COST.origin_id}], "errors": []})
    api.on("PATCH", SYNC, httpx.Response(409), httpx.Response(409), good)
    api.gateway().sync_direct_costs(PROJECT, [COST])
    assert api.clock.slept == [1.0, 2.0]
    api.on("PATCH", SYNC, httpx.Response(409, json={"errors": "Conflict"}))
    with pytest.raises(ProcoreError, match="somebody else") as caught:
        api.gateway().sync_direct_costs(PROJECT, [COST])
    assert caught.value.status == 409


def test_a_missing_field_names_record_and_field() -> None:
    """A record without a needed field is told by its kind, its id and the field."""
    api = Api()
    api.on("GET", VENDORS, ok([{"id": 301, "name": None}]))
    with pytest.raises(ProcoreError, match="vendor 301 cannot be used, its field name"):
        api.gateway().vendors()


def test_a_bad_row_is_left_out_of_a_list_alone() -> None:
    """The others are found; it is listed all the same, so that it does not look gone, and told with its field."""
    api = Api()
    api.on("GET", VENDORS, ok([{"id": 301, "name": None}, {"id": 302, "name": "Acme Paving"}]))
    read = api.gateway().vendors()
    assert ([each.id for each in read.found], set(read.listed)) == ([302], {301, 302})
    assert "vendor 301 cannot be used, its field name" in read.left_out[301]


@pytest.mark.parametrize("row", ["a text", {"name": "Acme Paving"}, {"id": None, "name": "Acme Paving"}])
def test_a_row_without_an_id_spoils_its_list(row: object) -> None:
    """Nobody could tell which record it is, and so which one is not gone."""
    api = Api()
    api.on("GET", VENDORS, ok([{"id": 302, "name": "Acme Paving"}, row]))
    with pytest.raises(ProcoreError, match="vendor cannot be used"):
        api.gateway().vendors()


@pytest.mark.parametrize("answer", [ok({}), ok([]), ok({"id": "seven"}), httpx.Response(201, text="<html>")])
def test_a_record_made_without_a_readable_id_is_in_doubt(answer: httpx.Response) -> None:
    """It stands in Procore although its id is not known, so it must not count as refused."""
    api = Api()
    api.on("POST", VENDORS, answer)
    with pytest.raises(ProcoreUnreachable):
        api.gateway().create_vendor("Acme Paving")
    assert len(api.calls(VENDORS)) == 1
