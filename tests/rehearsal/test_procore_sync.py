from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rehearsal.procore_desk import Desk, desk, line, project, wbs_ids
from tests.support import DEEP

ITEMS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "id": st.one_of(st.integers(0, 4), st.just(999_999)),
            "origin_id": st.sampled_from(["a", "b", "c"]),
            "name": st.sampled_from(["Pine", "Oak", "", "Elm & Sons"]),
            "unknown": st.just(1),
        },
    ),
    max_size=8,
)


def _vendors(made: Desk) -> dict[int, tuple[str, str | None]]:
    rows = made.get("/rest/v1.0/vendors", company_id=made.procore.company_id)
    return {row["id"]: (row["name"], row["origin_id"]) for row in rows}


def _sync(made: Desk, updates: list[dict[str, Any]]) -> Any:
    return made.send("PATCH", "/rest/v1.0/vendors/sync", {"company_id": made.procore.company_id, "updates": updates})


def _model(known: dict[int, tuple[str, str | None]], item: dict[str, Any]) -> tuple[str, int | None]:
    """Say by the documented table what must happen to one item: "error", "update" of an id, or "create"."""
    owners = {origin: vendor for vendor, (_, origin) in known.items() if origin}
    if "id" in item:
        target = item["id"] if item["id"] in known else None
        if target is None:
            return "error", None
    else:
        target = owners.get(item.get("origin_id", ""))
    if item.get("name", "kept" if target else "") == "":
        return "error", None
    if target is not None and owners.get(item.get("origin_id", "")) not in (None, target):
        return "error", None
    return ("create", None) if target is None else ("update", target)


@settings(max_examples=400 if DEEP else 40, deadline=None)
@given(batches=st.lists(ITEMS, min_size=1, max_size=4))
def test_sync_follows_the_documented_table(batches: list[list[dict[str, Any]]]) -> None:
    """Any series of sync calls ends as Procore's table of id and origin_id says, errors changing nothing."""
    made = desk(spike_limit=10_000)
    known: dict[int, tuple[str, str | None]] = {}
    for batch in batches:
        real = list(known)
        sent = [item | ({"id": real[item["id"]]} if item.get("id", 9) < len(real) else {}) for item in batch]
        expected: list[tuple[str, int | None]] = []
        answer = _sync(made, sent)
        entities, errors = iter(answer["entities"]), iter(answer["errors"])
        for item in sent:
            verdict, target = _model(known, item)
            expected.append((verdict, target))
            if verdict == "error":
                refused = next(errors)
                assert {key: refused[key] for key in item} == item
                assert refused["errors"]
                continue
            entity = next(entities)
            assert (entity["id"] in known) == (verdict == "update")
            assert target in (None, entity["id"])
            name, origin = known.get(entity["id"], ("", None))
            known[entity["id"]] = (item.get("name", name), item.get("origin_id", origin))
        assert next(entities, None) is next(errors, None) is None
        assert _vendors(made) == known


def test_an_unknown_id_is_an_error_in_words() -> None:
    """An id that does not exist comes back with what was sent and Procore's sentence, beside a success."""
    made = desk()
    answer = _sync(made, [{"id": 5, "name": "X"}, {"name": "Y", "origin_id": "o"}])
    assert answer["errors"] == [{"id": 5, "name": "X", "errors": {"id": ["Entity with this ID not found"]}}]
    assert [row["name"] for row in answer["entities"]] == ["Y"]


def test_id_with_origin_changes_the_key() -> None:
    """Only id together with origin_id changes a key; afterwards the old one is free."""
    made = desk()
    vendor = _sync(made, [{"name": "Y", "origin_id": "old"}])["entities"][0]["id"]
    _sync(made, [{"id": vendor, "origin_id": "new"}, {"name": "Z", "origin_id": "old"}])
    assert _vendors(made)[vendor] == ("Y", "new")
    assert len(_vendors(made)) == 2


def test_more_than_a_thousand_is_too_large() -> None:
    """1,001 updates are 413 and do nothing, 1,000 work, and a body without a list is 400."""
    made = desk()
    updates = [{"name": f"Vendor {n}", "origin_id": f"v{n}"} for n in range(1001)]
    body = {"company_id": made.procore.company_id, "updates": updates}
    made.send("PATCH", "/rest/v1.0/vendors/sync", body, 413)
    assert _vendors(made) == {}
    assert len(_sync(made, updates[:1000])["entities"]) == 1000
    made.send("PATCH", "/rest/v1.0/vendors/sync", {"company_id": made.procore.company_id}, 400)


def test_a_key_is_unique_in_the_company_not_in_the_project() -> None:
    """A key used in one project is refused in another, and may be used again once its owner is deleted."""
    made = desk()
    one, two = project(made, "24-001"), project(made, "24-002")
    body = {"updates": [{"origin_id": "qbd:k:1", "direct_cost_type": "expense"}]}
    first = made.send("PATCH", f"/rest/v1.0/projects/{one}/direct_costs/sync", body)["entities"][0]
    refused = made.send("PATCH", f"/rest/v1.0/projects/{two}/direct_costs/sync", body)
    assert refused["errors"][0]["errors"] == {"origin_id": ["has already been taken"]}
    assert made.send("DELETE", f"/rest/v1.1/projects/{one}/direct_costs/{first['id']}", None) == {"id": first["id"]}
    assert made.send("PATCH", f"/rest/v1.0/projects/{two}/direct_costs/sync", body)["errors"] == []


def test_commitments_and_their_lines_take_keys() -> None:
    """Both kinds of contract, their lines and change order packages keep the three keys of an integration."""
    made = desk()
    project_id = project(made)
    for kind, add in (
        ("purchase_order_contracts", made.procore.add_purchase_order),
        ("work_order_contracts", made.procore.add_subcontract),
    ):
        contract = add(project_id, "N-1", "Studs", None, [line("03-300.M", "10.00")])
        keys = {
            "id": contract,
            "origin_id": f"qbd:{kind}",
            "origin_code": "N-1",
            "origin_data": '{"edit_sequence":"1"}',
        }
        body = {"project_id": project_id, "updates": [keys]}
        row = made.send("PATCH", f"/rest/v1.0/{kind}/sync", body)["entities"][0]
        assert keys.items() <= row.items()
        line_id = made.procore.commitment_lines(contract)[0]
        line_body = {"updates": [{"id": line_id, "origin_id": f"qbd:{kind}:1"}]}
        url = f"/rest/v1.0/{kind}/{contract}/line_items/sync"
        made.send("PATCH", url, line_body, project_id=project_id)
        shown = made.get(f"/rest/v1.0/{kind}/{contract}", project_id=project_id)
        assert shown["line_items"][0]["origin_id"] == f"qbd:{kind}:1"
        assert made.get(f"/rest/v1.0/{kind}", project_id=project_id, filters={"origin_id": f"qbd:{kind}"})[0]["id"]
    wrong = {"project_id": project_id, "updates": [{"id": contract, "status": "Received"}]}
    assert made.send("PATCH", "/rest/v1.0/work_order_contracts/sync", wrong)["errors"][0]["errors"]["status"]


def test_standard_codes_take_keys_and_new_codes() -> None:
    """The sync of standard codes keeps a key and makes a code; a code without number is an error."""
    made = desk()
    query = {"company_id": made.procore.company_id, "standard_cost_code_list_id": 184747}
    rows = made.get("/rest/v1.0/standard_cost_codes", view="extended", **query)
    updates = [
        {"id": rows[1]["id"], "origin_id": "qbd:k:item"},
        {"parent_id": rows[0]["id"], "code": "310", "name": "Formwork", "origin_id": "qbd:k:2"},
        {"name": "No number"},
    ]
    answer = made.send("PATCH", "/rest/v1.0/standard_cost_codes/sync", {**query, "updates": updates}, view="extended")
    assert [row["full_code"] for row in answer["entities"]] == ["03-300", "03-310"]
    assert answer["errors"][0]["errors"]["code"]
    assert made.get("/rest/v1.0/standard_cost_codes", filters={"origin_id": "qbd:k:2"}, view="extended", **query)


def test_lines_of_one_cost_by_sync() -> None:
    """Line sync finds a line by key, moves its amount, and needs header and budget code to make one."""
    made = desk()
    project_id = project(made)
    codes = wbs_ids(made, project_id)
    cost = made.procore.add_direct_cost(project_id, [])
    url = f"/rest/v1.0/projects/{project_id}/direct_costs/line_items/sync"
    whole = {"direct_cost_id": cost, "wbs_code_id": codes["03-300.M"], "origin_id": "l1"}
    updates = [
        {**whole, "amount": "10.10"},
        {**whole, "amount": 12.345},
        {"origin_id": "l2", "wbs_code_id": codes["03-300.M"]},
        {"origin_id": "l3", "direct_cost_id": cost},
        {"origin_id": "l4", "direct_cost_id": cost, "wbs_code_id": 1},
        {"origin_id": "l5", "direct_cost_id": cost, "wbs_code_id": codes["09-250.M"], "amount": "ten"},
    ]
    answer = made.send("PATCH", url, {"updates": updates})
    assert [(row["id"], row["amount"]) for row in answer["entities"]] == [
        (answer["entities"][0]["id"], "10.1"),
        (answer["entities"][0]["id"], "12.35"),
    ]
    blamed = [next(iter(error["errors"])) for error in answer["errors"]]
    assert blamed == ["direct_cost_id", "wbs_code_id", "wbs_code_id", "amount"]
