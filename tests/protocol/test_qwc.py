"""The .qwc file: what we write, and what the check finds in others' files."""

import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from qbwc_bridge.webconnector.qwc import OWNER_ID, Finding, QwcFile, lint_qwc, write_qwc
from tests.support import shared_dir

FILE = QwcFile(
    app_name="qbwc-bridge: Nordhaus Construction",
    public_url="https://bridge.example.com",
    user_name="qbwc-nordhaus",
    file_id="{0f9f3f0e-52a5-4f7c-8d7e-3d2f0a0f5a11}",
)
NEWER_THAN_THE_SCHEMA = {"Notify", "UnattendedModePref", "PersonalDataPref", "AppUniqueName"}


def test_the_written_file_has_these_facts_and_no_others() -> None:
    """Every element with its value: what the Web Connector shows, calls, asks for, and how often."""
    root = etree.fromstring(write_qwc(FILE).encode())

    assert root.tag == "QBWCXML"
    assert {child.tag: child.text or "" for child in root if not len(child)} == {
        "AppName": "qbwc-bridge: Nordhaus Construction",
        "AppID": "",
        "AppURL": "https://bridge.example.com/qbwc",
        "AppDescription": "Carries budgets, commitments and job costs between Procore and QuickBooks",
        "AppSupport": "https://bridge.example.com/support",
        "UserName": "qbwc-nordhaus",
        "OwnerID": OWNER_ID,
        "FileID": "{0f9f3f0e-52a5-4f7c-8d7e-3d2f0a0f5a11}",
        "QBType": "QBFS",
        "Notify": "false",
        "Style": "Document",
        "UnattendedModePref": "umpOptional",
        "PersonalDataPref": "pdpOptional",
        "AppUniqueName": "qbwc-bridge: Nordhaus Construction",
    }
    scheduler = root.find("Scheduler")
    assert scheduler is not None
    assert [(child.tag, child.text) for child in scheduler] == [("RunEveryNMinutes", "15")]


def test_the_written_file_is_the_same_each_time_and_clean_by_our_own_check() -> None:
    """A repeated download changes no id; https and localhost addresses are both fine, with or without a last slash."""
    assert write_qwc(FILE) == write_qwc(FILE)
    for address in ("https://bridge.example.com/", "http://localhost:8085", "http://office-pc:8085"):
        assert lint_qwc(write_qwc(replace(FILE, public_url=address))) == []


def test_the_written_file_is_valid_by_intuits_schema() -> None:
    """What the old schema knows validates; only elements newer than it are taken out."""
    schema = etree.XMLSchema(etree.parse(str(shared_dir("qbxml-schema", "QWC.xsd"))))
    root = etree.fromstring(write_qwc(FILE).encode())
    for child in list(root):
        if child.tag in NEWER_THAN_THE_SCHEMA:
            root.remove(child)

    schema.assertValid(root)


def test_our_owner_id_is_a_random_guid_of_our_own() -> None:
    """One constant of version 4 in braces, not Intuit's sample."""
    assert f"{{{uuid.UUID(OWNER_ID.strip('{}'))}}}" == OWNER_ID
    assert uuid.UUID(OWNER_ID.strip("{}")).version == 4


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), min_size=1))
def test_any_name_is_escaped_and_in_ascii(name: str) -> None:
    """Markup, quotes, accents and emoji in a name stay the name."""
    text = write_qwc(replace(FILE, app_name=name, user_name=name, description=name))

    assert text.isascii()
    root = etree.fromstring(text.encode())
    assert [root.findtext(tag) for tag in ("AppName", "UserName", "AppDescription", "AppUniqueName")] == [name] * 4


def test_control_characters_in_a_name_are_refused() -> None:
    """What XML cannot hold is not written as something else."""
    with pytest.raises(ValueError, match="XML"):
        write_qwc(replace(FILE, app_name="a\x00b"))


GOOD = write_qwc(FILE)


def _with(element: str, value: str | None) -> str:
    """Give the good file with one element's text replaced, or the element taken out."""
    root = etree.fromstring(GOOD.encode())
    found = root.find(element)
    if found is None:
        found = etree.SubElement(root, element)
    if value is None:
        root.remove(found)
    else:
        found.text = value
    return etree.tostring(root, encoding="unicode")


def _schedule(inner: str) -> str:
    return GOOD.replace("<RunEveryNMinutes>15</RunEveryNMinutes>", inner)


SEVERE = [
    ("", "not well-formed"),
    ("<QBWCXML>", "not well-formed"),
    (GOOD.replace("Nordhaus", "Nord & haus"), "not well-formed"),
    ("<qbwcxml/>", "root element is not QBWCXML"),
    ("<!DOCTYPE QBWCXML><QBWCXML/>", "DOCTYPE"),
    ("<a>" * 50_000, "more than 100000 characters"),
    ("\ud800", "not well-formed"),
    (_with("AppName", None), "AppName is missing"),
    (_with("AppDescription", " "), "AppDescription is empty"),
    (_with("UserName", None), "UserName is missing"),
    (_with("QBType", None), "QBType is missing"),
    (_with("AppSupport", ""), "AppSupport is empty"),
    (GOOD.replace("<AppID></AppID>", "<AppName>x</AppName><AppID/>"), "AppName stands twice"),
    (_with("FileID", "0f9f3f0e-52a5-4f7c-8d7e-3d2f0a0f5a11"), "FileID is not a GUID in braces"),
    (_with("FileID", "{0f9f3f0e-52a5-4f7c-8d7e-3d2f0a0f5a11)"), "FileID is not a GUID in braces"),
    (_with("OwnerID", "{x}"), "OwnerID is not a GUID in braces"),
    (_with("OwnerID", "{57F3B9B1-86F1-4fcc-B1EE-566DE1813D20}"), "OwnerID is the one of Intuit's sample"),
    (_with("FileID", "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}"), "FileID is the one of Intuit's sample"),
    (GOOD.replace("https://", "http://"), "AppURL is not https"),
    (_with("AppSupport", "https://bridgee.example.com/support"), "on different hosts"),
    (_with("AppURL", "https://203.0.113.7/qbwc"), "AppURL names its host by an IP address"),
    (_with("AppURL", "https://[::1]/qbwc"), "AppURL names its host by an IP address"),
    (_with("AppSupport", "http://127.0.0.1/support"), "AppSupport names its host by an IP address"),
    (_with("AppURL", "bridge.example.com/qbwc"), "AppURL is not a web address"),
    (_with("AppURL", "https://[bridge"), "AppURL is not a web address"),
    (_with("AppSupport", "mailto:help@example.com"), "AppSupport is not a web address"),
    (_with("QBType", "QBO"), "QBType is none of"),
    (_with("IsReadOnly", "true"), "IsReadOnly is true"),
    (_with("IsReadOnly", "0"), "IsReadOnly is none of"),
    (_with("Style", "Wrapped"), "Style is none of"),
    (_with("PersonalDataPref", "optional"), "PersonalDataPref is none of"),
    (_schedule(""), "Scheduler must hold"),
    (_schedule("<RunEveryHour>1</RunEveryHour>"), "Scheduler must hold"),
    (_schedule("<RunEveryNMinutes>0</RunEveryNMinutes>"), "RunEveryNMinutes must be a whole number"),
    (_schedule("<RunEveryNMinutes>1.5</RunEveryNMinutes>"), "RunEveryNMinutes must be a whole number"),
    (_schedule("<RunEveryNSeconds/>"), "RunEveryNSeconds must be a whole number"),
]
MILD = [
    (_with("AppID", None), "AppID is missing"),
    (_with("PersonalDataPrep", "pdpOptional"), "PersonalDataPrep is not an element"),
    (_with("Style", "RPC"), "Style is RPC"),
    (_with("QBType", "QBPOS"), "QBType is QBPOS"),
    (_with("AppDescription", "x" * 81), "more than 80 characters"),
    (_with("FileID", OWNER_ID.upper()), "OwnerID and FileID are the same"),
    (
        _schedule("<RunEveryNMinutes>5</RunEveryNMinutes><RunEveryNSeconds>30</RunEveryNSeconds>"),
        "Scheduler holds more than one entry",
    ),
]


@pytest.mark.parametrize(
    ("severity", "text", "words"),
    [("error", *case) for case in SEVERE] + [("warning", *case) for case in MILD],
)
def test_each_fault_is_found_alone_and_told_in_one_sentence(severity: str, text: str, words: str) -> None:
    """One fault planted, one finding: its severity, its words, a full stop."""
    findings = lint_qwc(text)

    assert [(finding.severity, words in finding.text) for finding in findings] == [(severity, True)]
    assert findings[0].text.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + GOOD,
        GOOD.replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="utf-8"?>'),
        GOOD.replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="windows-1252"?>').replace(
            "Nord", "N\u00f6rd"
        ),
        GOOD.replace("\n", "\r\n"),
        _with("IsReadOnly", "false"),
        _with("Scheduler", None),
        _with("AuthFlags", "0xF"),
        _with("AppSupport", "http://BRIDGE.example.com/help"),
        GOOD.replace("15", " 15 "),
        GOOD.replace("<AppID></AppID>", "<!-- none --><AppID/>"),
    ],
)
def test_files_that_work_have_no_findings(text: str) -> None:
    """Marks, declarations, line ends, comments and optional elements are fine."""
    assert lint_qwc(text) == []


@given(st.text())
def test_the_check_never_raises(text: str) -> None:
    """Whatever the file holds, the check ends in findings."""
    assert all(isinstance(finding, Finding) for finding in lint_qwc(text))


@given(st.sampled_from(["AppURL", "AppSupport", "FileID", "QBType", "Scheduler"]), st.text())
def test_the_check_never_raises_on_any_value(element: str, value: str) -> None:
    """Whatever stands in an element, the check ends in findings."""
    text = GOOD.replace(f"<{element}>", f"<{element}><![CDATA[{value.replace(']]>', '')}]]>", 1)

    assert all(finding.text.endswith(".") for finding in lint_qwc(text))
