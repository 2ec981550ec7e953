"""Requests: envelope, versions, references, filters, and templates that people replace."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.errors import QuickBooksError, WrongUsage
from qbwc_bridge.qbxml.parse import Element, parse_tree
from qbwc_bridge.qbxml.requests import message_set, negotiate, recovery_set, render
from qbwc_bridge.qbxml.templates import Templates
from tests.unit.qbxml_examples import BY_ID, DAY, EXAMPLES, FULL, NEXT, OWNER, SINCE, START

TEMPLATES = Templates()


def _element(request: qb.Request) -> Element:
    return parse_tree(render(request, request_id="7", templates=TEMPLATES))


def test_the_envelope() -> None:
    """A set starts with declaration and version, carries its ids and the way errors are met, and is pure ASCII."""
    text = message_set(
        [("1", FULL["job"]), ("2", FULL["order"])],
        version="11.0",
        new_message_set_id="NEW",
        old_message_set_id="OLD",
        stop_on_error=True,
        templates=TEMPLATES,
    )
    assert text.startswith('<?xml version="1.0" encoding="utf-8"?>\n<?qbxml version="11.0"?>\n<QBXML>\n')
    assert text.isascii()
    messages = parse_tree(text)[0]
    assert dict(messages.items()) == {"newMessageSetID": "NEW", "oldMessageSetID": "OLD", "onError": "stopOnError"}
    assert [child.get("requestID") for child in messages] == ["1", "2"]
    bare = message_set([("1", FULL["host"])], version="8.0", stop_on_error=False, templates=TEMPLATES)
    assert '<QBXMLMsgsRq onError="continueOnError">' in bare


def test_recovery_asks_for_a_stored_reply() -> None:
    """The set that asks for a lost answer is empty and names the id as old and new."""
    messages = parse_tree(recovery_set("AB1F2395", "13.0"))[0]
    assert len(messages) == 0
    assert messages.attrib["newMessageSetID"] == messages.attrib["oldMessageSetID"] == "AB1F2395"


@pytest.mark.parametrize(
    ("requests", "changes"),
    [
        ([], {}),
        ([("1", FULL["host"]), ("1", FULL["host"])], {}),
        ([("x" * 51, FULL["host"])], {}),
        ([("1", FULL["host"])], {"new_message_set_id": "x" * 25}),
        ([("1", FULL["host"])], {"version": "16.0"}),
        ([("1", FULL["host"])], {"version": "7.0"}),
        ([("1", FULL["host"])], {"version": '13.0"?><x'}),
    ],
)
def test_envelopes_that_quickbooks_would_refuse(
    requests: list[tuple[str, qb.Request]], changes: dict[str, str]
) -> None:
    """No requests, equal or long requestIDs, long set ids and versions that are not spoken are refused here."""
    chosen = {"version": "13.0", "new_message_set_id": "", **changes}
    with pytest.raises(QuickBooksError):
        message_set(
            requests,
            version=chosen["version"],
            new_message_set_id=chosen["new_message_set_id"],
            stop_on_error=True,
            templates=TEMPLATES,
        )


def test_negotiation() -> None:
    """The highest common version is taken, never above 13.0; regional entries are passed over; old files refused."""
    upto = [f"{major}.0" for major in range(1, 12)]
    assert negotiate(upto) == "11.0"
    assert negotiate([*upto, "12.0", "13.0", "14.0", "16.0"]) == "13.0"
    assert negotiate(["8.0"]) == "8.0"
    assert negotiate(["CA13.0", "10.0", "nonsense"]) == "10.0"
    for supported in (["7.0"], [], ["CA12.0"], ["14.0"]):
        with pytest.raises(QuickBooksError, match="updated by its administrator"):
            negotiate(supported)


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_empty_is_sent(name: str) -> None:
    """Optional fields without a value are left out: an empty element would clear a field."""
    waiting = list(_element(EXAMPLES[name]))
    while waiting:
        node = waiting.pop()
        assert (node.text or "").strip() or len(node), node.tag
        waiting.extend(node)


def test_a_kept_line_sends_its_id_only() -> None:
    """In a change a kept line is its TxnLineID alone; a new line carries its fields after -1."""
    kept, changed, new = _element(FULL["change"])[0].findall("PurchaseOrderLineMod")
    assert [child.tag for child in kept] == ["TxnLineID"]
    assert changed.findtext("TxnLineID") == "33-1285640333"
    assert new.findtext("TxnLineID") == "-1"
    assert new.findtext("Amount") == "-0.01"
    assert new.findtext("Rate") == "-0.00001"


def test_pages_repeat_their_filters() -> None:
    """The first page starts an iterator, the next continue it by its id with the same filters."""
    first = _element(qb.CostQuery("BillQuery", modified_from=SINCE, iterator=START))
    following = _element(qb.CostQuery("BillQuery", modified_from=SINCE, iterator=NEXT))
    assert dict(first.items()) == {"requestID": "7", "iterator": "Start"}
    assert dict(following.items()) == {"requestID": "7", "iterator": "Continue", "iteratorID": NEXT.id}
    assert [etree.tostring(part) for part in first] == [etree.tostring(part) for part in following]
    assert first.findtext("ModifiedDateRangeFilter/FromModifiedDate") == "2026-02-03T04:05:06"


@pytest.mark.parametrize("name", ["accounts", "customers", "vendors", "items"])
def test_lists_include_inactive_records(name: str) -> None:
    """Lists are asked for with inactive records, whose names are in use all the same."""
    assert _element(FULL[name]).findtext("ActiveStatus") == "All"


@pytest.mark.parametrize(
    "request_",
    [
        qb.CustomerQuery(modified_from=SINCE, list_ids=("1",)),
        qb.CustomerQuery(iterator=START, full_names=("A",)),
        qb.VendorQuery(list_ids=("1",), full_names=("A",)),
        qb.EstimateQuery(txn_ids=("1",), ref_numbers=("1",)),
        qb.CostQuery("BillQuery", txn_ids=("1",), modified_from=SINCE),
        qb.AccountQuery(modified_from=SINCE, full_names=("A",)),
        qb.TxnDeletedQuery(()),
    ],
)
def test_filters_that_exclude_one_another(request_: qb.Request) -> None:
    """Ids beside filters and a query of nothing are refused with a sentence."""
    with pytest.raises(QuickBooksError):
        _element(request_)


def test_references() -> None:
    """The ListID is sent where known, else the FullName whole; a reference to nothing or too long is refused."""
    both = _element(qb.CustomerAdd("A", qb.Ref("8-1", "X:Y")))[0]
    assert [child.tag for child in both[1]] == ["ListID"]
    by_name = _element(qb.CustomerAdd("A", qb.Ref(full_name="X:Y")))[0]
    assert by_name.findtext("ParentRef/FullName") == "X:Y"
    for ref in (qb.Ref(), qb.Ref(full_name=" "), qb.Ref(full_name="x" * 210), qb.Ref(list_id="x" * 37)):
        with pytest.raises(QuickBooksError):
            _element(qb.CustomerAdd("A", ref))


def test_records_without_name_or_lines() -> None:
    """A record whose name vanishes, or a document without lines, is refused with a sentence."""
    with pytest.raises(QuickBooksError, match="without a name"):
        _element(qb.VendorAdd("\u200b \x00"))
    with pytest.raises(QuickBooksError, match="without any line"):
        _element(qb.EstimateAdd(BY_ID, DAY, "1", "", ()))
    with pytest.raises(QuickBooksError, match="not a TxnLineID"):
        _element(qb.PurchaseOrderMod("1-1", "1", "", (qb.PurchaseOrderLine(),)))


def test_a_rate_beyond_five_decimals() -> None:
    """A rate with more decimals than QuickBooks keeps is refused, not rounded in silence."""
    line = qb.PurchaseOrderLine(item=BY_ID, rate=Decimal("0.333333"))
    with pytest.raises(QuickBooksError, match="5 decimals"):
        _element(qb.PurchaseOrderAdd(BY_ID, DAY, "1", "", (line,)))


def test_a_street_of_several_lines() -> None:
    """A street is laid out on up to three address lines of 41 characters, cut between words."""
    street = "Building 17, Gate 4\n1200 North Biscayne Boulevard Suite 1500 East Tower"
    address = _element(qb.VendorAdd("A", address=qb.Address(street, "Miami")))[0]
    assert [child.text for child in address[1]] == [
        "Building 17, Gate 4",
        "1200 North Biscayne Boulevard Suite 1500",
        "East Tower",
        "Miami",
    ]


def test_the_company_is_asked_for_our_file_id() -> None:
    """CompanyQuery asks for our private data and for custom fields."""
    assert [child.text for child in _element(qb.CompanyQuery(OWNER))] == [OWNER, "0"]


def test_a_folder_replaces_templates_file_by_file(tmp_path: Path) -> None:
    """A file of the same name replaces a shipped template, its text is made ASCII; the others stay."""
    (tmp_path / "HostQueryRq.xml").write_text(
        '<HostQueryRq requestID="{{ request_id }}"><!-- é --></HostQueryRq>\n', encoding="utf-8"
    )
    replaced = Templates(tmp_path)
    assert render(FULL["host"], request_id="<1>", templates=replaced) == (
        '<HostQueryRq requestID="&lt;1&gt;"><!-- &#233; --></HostQueryRq>'
    )
    assert render(FULL["job"], request_id="1", templates=replaced) == render(
        FULL["job"], request_id="1", templates=TEMPLATES
    )


@pytest.mark.parametrize("text", ["{{ request_id | length }}", "{{ request_id.list_id }}", "{{ 1 / 0 }}"])
def test_a_template_that_cannot_be_filled(tmp_path: Path, text: str) -> None:
    """A template that prints anything but text, or asks a text for parts, is refused when it is filled."""
    (tmp_path / "HostQueryRq.xml").write_text(text, encoding="utf-8")
    with pytest.raises(QuickBooksError, match=r"HostQueryRq\.xml cannot be filled"):
        render(FULL["host"], request_id="1", templates=Templates(tmp_path))


def test_a_template_that_is_none(tmp_path: Path) -> None:
    """A broken template or a missing folder stops the start with one sentence that names it."""
    with pytest.raises(WrongUsage, match="not a folder"):
        Templates(tmp_path / "nowhere")
    (tmp_path / "HostQueryRq.xml").write_text("{% if %}", encoding="utf-8")
    with pytest.raises(WrongUsage, match=r"HostQueryRq\.xml is not valid in line 1"):
        Templates(tmp_path)
    (tmp_path / "HostQueryRq.xml").write_bytes(b"\xff\xfe")
    with pytest.raises(WrongUsage, match="not UTF-8"):
        Templates(tmp_path)


def test_requests_are_written_alike_every_time() -> None:
    """The same request gives the same text, so a text can be kept and compared."""
    others = Templates()
    for request in EXAMPLES.values():
        first = render(request, request_id="1", templates=TEMPLATES)
        assert first == render(replace(request), request_id="1", templates=others)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("<HostQueryRq\n requestID='{{ reqest_id }}'/>", "line 2 for reqest_id"),
        ("<HostQueryRq/>\n\n{% for x in [1] %}{{ x.colour }}{% endfor %}", "line 3 for .colour"),
        ("{% import 'sharde.xml' as shared %}\n", "line 1 for the template sharde.xml"),
        ("<HostQueryRq>\n{% if %}", "line 2"),
    ],
)
def test_a_template_that_could_never_be_filled_is_refused_at_start(tmp_path: Path, body: str, complaint: str) -> None:
    """A name, a part or a template that does not exist stops the start, with file and line."""
    (tmp_path / "HostQueryRq.xml").write_text(body)
    with pytest.raises(WrongUsage, match=f"HostQueryRq.xml.*{re.escape(complaint)}"):
        Templates(tmp_path)


def test_a_template_may_use_all_that_its_request_has(tmp_path: Path) -> None:
    """Loops, own names, macros and the shared pieces are fine in a template of one's own."""
    (tmp_path / "PurchaseOrderAddRq.xml").write_text(
        "{% import 'shared.xml' as pieces %}{% macro plain(x) %}{{ x }}{% endmacro %}"
        '<PurchaseOrderAddRq requestID="{{ request_id }}"><PurchaseOrderAdd>{% set number = ref_number %}'
        "<VendorRef>{{ pieces.ref(vendor) }}</VendorRef><RefNumber>{{ plain(number) }}</RefNumber>"
        "{% for line in lines %}{% if not loop.first %}, {% endif %}<ItemRef><ListID>{{ line.item.list_id }}</ListID>"
        "</ItemRef>{% endfor %}</PurchaseOrderAdd></PurchaseOrderAddRq>"
    )
    text = render(FULL["order"], request_id="7", templates=Templates(tmp_path))
    assert text.startswith("<PurchaseOrderAddRq")
