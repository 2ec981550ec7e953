"""Every request against Intuit's own schemas and the list of what the US desktop edition has."""

import csv
import itertools
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from lxml import etree

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.errors import WrongUsage
from qbwc_bridge.qbxml.check import SchemaCheck
from qbwc_bridge.qbxml.parse import parse_tree
from qbwc_bridge.qbxml.requests import OLDEST, message_set, recovery_set, template_name
from qbwc_bridge.qbxml.templates import Templates, shipped
from tests.support import shared_dir
from tests.unit.qbxml_examples import EXAMPLES, FULL

TEMPLATES = Templates()


@cache
def _schema(version: str) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(shared_dir("qbxml-schema", f"qbxmlops{version}.xsd")))


@cache
def _desktop_elements() -> dict[tuple[str, str], dict[str, str]]:
    with shared_dir("qbxml-schema", "elements160.tsv").open(encoding="utf-8") as file:
        return {(row["message"], row["path"]): row for row in csv.DictReader(file, delimiter="\t")}


def _text(request: qb.Request, templates: Templates = TEMPLATES) -> str:
    return message_set([("1", request)], version="13.0", stop_on_error=False, templates=templates)


def _request_element(text: str) -> "etree._Element":
    return parse_tree(text)[0][0]


@pytest.mark.parametrize("version", ["130", "160"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_request_is_valid(name: str, version: str) -> None:
    """Each request, full or bare, validates against the schemas of 13.0 and 16.0."""
    schema = _schema(version)
    assert schema.validate(parse_tree(_text(EXAMPLES[name]))), schema.error_log


def test_examples_cover_every_request() -> None:
    """There is a full example for each kind of request, and each shipped template is used by one."""
    assert {type(request) for request in FULL.values()} == set(get_args(qb.Request))
    assert {template_name(request) for request in FULL.values()} | {"shared.xml"} == set(shipped())


def test_one_set_of_everything_is_valid() -> None:
    """All requests together, and the empty set of a recovery, validate."""
    numbered = [(str(at), request) for at, request in enumerate(EXAMPLES.values())]
    text = message_set(
        numbered,
        version="11.0",
        new_message_set_id="A" * 24,
        old_message_set_id="B",
        stop_on_error=True,
        templates=TEMPLATES,
    )
    assert _schema("160").validate(parse_tree(text))
    assert _schema("160").validate(parse_tree(recovery_set("A" * 24, "13.0")))


@pytest.mark.parametrize("name", EXAMPLES)
def test_only_elements_of_the_us_desktop(name: str) -> None:
    """No element that US desktop lacks is sent, nor one newer than the oldest version that is spoken."""
    root = _request_element(_text(EXAMPLES[name]))
    for element in root.iterdescendants():
        path = _inside(element, root)
        row = _desktop_elements()[str(root.tag), path]
        assert "QBD" not in row["not_in"].split("|"), path
        since = tuple(map(int, (row["since"] or "1.0").split(".")))
        assert since <= OLDEST, path


def _inside(element: "etree._Element", root: "etree._Element") -> str:
    steps = [str(element.tag)]
    for parent in element.iterancestors():
        if parent is root:
            break
        steps.insert(0, str(parent.tag))
    return "/".join(steps)


@pytest.mark.parametrize("name", FULL)
def test_any_other_order_is_refused(name: str) -> None:
    """Swapping any two neighbours of different names inside a request makes the schema refuse it."""
    root = parse_tree(_text(FULL[name]))
    schema = _schema("160")
    swaps = 0
    for parent in list(root[0][0].iter()):
        for first, second in itertools.combinations(range(len(parent)), 2):
            if parent[first].tag == parent[second].tag:
                continue
            children = list(parent)
            children[first], children[second] = children[second], children[first]
            before = list(parent)
            parent[:] = children
            assert not schema.validate(root), (parent.tag, before[first].tag, before[second].tag)
            parent[:] = before
            swaps += 1
    assert schema.validate(root)
    assert swaps or len({child.tag for child in root[0][0]}) < 2


def test_a_template_in_wrong_order_is_found(tmp_path: Path) -> None:
    """A replaced template with two elements swapped is named by the check before anything is sent."""
    check = SchemaCheck(shared_dir("qbxml-schema"))
    shipped_text = TEMPLATES._source("VendorAddRq.xml") or ""
    lines = shipped_text.splitlines(keepends=True)
    phone = next(at for at, line in enumerate(lines) if "<Phone>" in line)
    email = next(at for at, line in enumerate(lines) if "<Email>" in line)
    lines[phone], lines[email] = lines[email], lines[phone]
    (tmp_path / "VendorAddRq.xml").write_text("".join(lines), encoding="utf-8")
    assert check.problem(_text(FULL["vendor"])) == ""
    problem = check.problem(_text(FULL["vendor"], Templates(tmp_path)))
    assert problem.startswith("Phone in VendorAddRq")


def test_check_names_the_field() -> None:
    """The first problem is one sentence that names the field; text that is no XML is a problem too."""
    check = SchemaCheck(shared_dir("qbxml-schema"))
    good = _text(FULL["order"])
    assert check.problem(good) == ""
    assert check.problem(good.replace("<Amount>-0.01", "<Amount>-0.1")).startswith("Amount in PurchaseOrderAddRq")
    assert check.problem(good.replace("onError", "onerror")).startswith("The envelope")
    assert "malformed" in check.problem(good.replace("</QBXML>", ""))


def test_check_takes_the_version_of_the_document() -> None:
    """A document of 13.0 is held against the schema of 13.0, one of 11.0 (no file there) against the newest."""
    check = SchemaCheck(shared_dir("qbxml-schema"))
    assert check._file_for(_text(FULL["host"])) == "qbxmlops130.xsd"
    eleven = message_set([("1", FULL["host"])], version="11.0", stop_on_error=True, templates=TEMPLATES)
    assert check._file_for(eleven) == "qbxmlops160.xsd"


def test_check_refuses_a_folder_without_schemas(tmp_path: Path) -> None:
    """A folder without the schema, or with a broken one, stops the start with a sentence."""
    with pytest.raises(WrongUsage, match=r"qbxmlops160\.xsd is missing"):
        SchemaCheck(tmp_path)
    (tmp_path / "qbxmlops160.xsd").write_text("<nonsense/>", encoding="utf-8")
    with pytest.raises(WrongUsage, match="no usable schema"):
        SchemaCheck(tmp_path)
