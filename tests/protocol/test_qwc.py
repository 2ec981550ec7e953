"""The .qwc file: what we write, and what the check finds in others' files."""

import uuid
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from qbwc_bridge.errors import Refused
from qbwc_bridge.webconnector.qwc import OWNER_ID, QwcFile, write_qwc
from qbwc_bridge.webconnector.qwc_lint import KNOWN, REQUIRED, Finding, lint_qwc
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
        assert lint_qwc(write_qwc(replace(FILE, public_url=address)).encode()) == []


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(shared_dir("qbxml-schema", "QWC.xsd"))))


def _faults_by_the_schema(text: str) -> str:
    """Give what Intuit's schema finds amiss in a file, without the elements that are newer than the schema."""
    root = etree.fromstring(text.encode())
    for child in list(root):
        if child.tag in NEWER_THAN_THE_SCHEMA:
            root.remove(child)
    _schema().validate(root)
    return str(_schema().error_log)


def test_the_written_file_is_valid_by_intuits_schema() -> None:
    """What the old schema knows validates; only elements newer than it are taken out."""
    assert not _faults_by_the_schema(write_qwc(FILE))
    assert "QBType" in _faults_by_the_schema(write_qwc(FILE).replace("QBFS", "QBO"))


def test_our_owner_id_is_a_random_guid_of_our_own() -> None:
    """One constant of version 4 in braces, not Intuit's sample."""
    assert f"{{{uuid.UUID(OWNER_ID.strip('{}'))}}}" == OWNER_ID
    assert uuid.UUID(OWNER_ID.strip("{}")).version == 4


TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), min_size=1, max_size=80
)
"""One line of anything that XML can hold, not blank, no longer than a description should be."""
GOOD_TEXTS = TEXTS.filter(str.strip)
LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).filter(lambda label: not label.isdigit())
PORTS = st.integers(1, 65535).map("{}".format) | st.none()


def _address(scheme: str, labels: list[str], port: str | None) -> str:
    return f"{scheme}://{'.'.join(labels)}{f':{port}' if port else ''}"


GOOD_ADDRESSES = st.builds(_address, st.just("https"), st.lists(LABELS, min_size=1, max_size=4), PORTS) | st.builds(
    _address, st.just("http"), st.lists(LABELS, min_size=1, max_size=1) | st.just(["localhost"]), PORTS
)
GUIDS = st.uuids(version=4).map("{{{}}}".format)


@given(st.builds(QwcFile, GOOD_TEXTS, GOOD_ADDRESSES, GOOD_TEXTS, GUIDS, GOOD_TEXTS, st.integers(1, 1440)))
def test_any_good_facts_give_a_good_file(file: QwcFile) -> None:
    """Markup, quotes, accents and emoji stay what they are, in ASCII; the file passes the check and the schema."""
    text = write_qwc(file)

    assert text.isascii()
    root = etree.fromstring(text.encode())
    assert {tag: root.findtext(tag) for tag in ("AppName", "AppUniqueName", "UserName", "AppDescription")} == {
        "AppName": file.app_name,
        "AppUniqueName": file.app_name,
        "UserName": file.user_name,
        "AppDescription": file.description,
    }
    assert root.findtext("AppURL") == f"{file.public_url}/qbwc"
    assert root.findtext("Scheduler/RunEveryNMinutes") == str(file.run_every_minutes)
    assert root.find("IsReadOnly") is None
    assert lint_qwc(text.encode()) == []
    assert not _faults_by_the_schema(text)


ANY_ADDRESS = st.text() | st.text(max_size=40).map("https://{}".format) | GOOD_ADDRESSES | st.ip_addresses().map(str)


ANY_MINUTES = st.integers() | st.integers(1, 60)


@given(
    st.builds(QwcFile, st.text(), ANY_ADDRESS, st.text(), GUIDS | st.text(), st.text(), ANY_MINUTES)
    | st.builds(replace, st.just(FILE), app_name=st.text())
    | st.builds(replace, st.just(FILE), user_name=st.text())
    | st.builds(replace, st.just(FILE), description=st.text())
    | st.builds(replace, st.just(FILE), public_url=ANY_ADDRESS)
)
def test_any_facts_at_all_give_a_good_file_or_none(file: QwcFile) -> None:
    """No file comes out that the check or the schema refuses."""
    try:
        text = write_qwc(file)
    except Refused:
        return
    assert lint_qwc(text.encode()) == []
    assert not _faults_by_the_schema(text)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (replace(FILE, app_name="a\x00b"), "AppName of the .qwc file would hold a character that XML cannot hold"),
        (replace(FILE, user_name="\ud800"), "UserName of the .qwc file"),
        (replace(FILE, app_name=" "), "AppName is empty"),
        (replace(FILE, description=""), "AppDescription is empty"),
        (replace(FILE, description="x" * 81), "more than 80 characters"),
        (replace(FILE, public_url="http://bridge.example.com"), "AppURL is not https"),
        (replace(FILE, public_url="https://203.0.113.7"), "IP address"),
        (replace(FILE, public_url="https://bridge .example.com"), "AppURL is not a web address"),
        (replace(FILE, file_id="0f9f3f0e-52a5-4f7c-8d7e-3d2f0a0f5a11"), "FileID is not a GUID in braces"),
        (replace(FILE, run_every_minutes=0), "RunEveryNMinutes must be a whole number from 1"),
    ],
)
def test_a_file_that_would_not_work_is_not_written(facts: QwcFile, words: str) -> None:
    """The refusal says in whole sentences what is wrong with which element."""
    with pytest.raises(Refused, match=rf"{words}.*\.$"):
        write_qwc(facts)


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


def _moved(element: str, place: int) -> str:
    """Give the good file with one element at another place."""
    root = etree.fromstring(GOOD.encode())
    found = root.find(element)
    assert found is not None
    root.remove(found)
    root.insert(place, found)
    return etree.tostring(root, encoding="unicode")


def _declared(encoding: str) -> str:
    """Give the good file with a letter outside ASCII and its encoding declared."""
    return GOOD.replace('version="1.0"', f'version="1.0" encoding="{encoding}"').replace("Nord", "N\u00f6rd")


def _schedule(inner: str) -> str:
    return GOOD.replace("<RunEveryNMinutes>15</RunEveryNMinutes>", inner)


SEVERE = [
    ("", "not well-formed"),
    ("<QBWCXML>", "not well-formed"),
    (GOOD.replace("Nordhaus", "Nord & haus"), "not well-formed"),
    ("<qbwcxml/>", "root element is not a plain QBWCXML"),
    (GOOD.replace("<QBWCXML>", '<QBWCXML xmlns="urn:x">'), "root element is not a plain QBWCXML"),
    ("<!DOCTYPE QBWCXML><QBWCXML/>", "DOCTYPE"),
    ('<!DOCTYPE QBWCXML [<!ENTITY a "b">]><QBWCXML>&a;</QBWCXML>', "DOCTYPE"),
    ("<a>" * 50_000, "more than 100000 bytes"),
    (GOOD.replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="klingon"?>'), "not well-formed"),
    (_with("AppName", None), "AppName is missing"),
    (_with("AppDescription", " "), "AppDescription is empty"),
    (_with("UserName", None), "UserName is missing"),
    (_with("QBType", None), "QBType is missing"),
    (_with("AppSupport", ""), "AppSupport is empty"),
    (GOOD.replace("<AppID></AppID>", "<AppName>x</AppName><AppID/>"), "AppName stands twice"),
    (GOOD.replace("<Notify>", "<Notify>true</Notify><Notify>x</Notify><Notify>"), "Notify stands twice"),
    (GOOD.replace("https://bridge.example.com/qbwc", "https://bridge.example.com<a/>/qbwc"), "AppURL holds another"),
    (_with("FileID", "0f9f3f0e-52a5-4f7c-8d7e-3d2f0a0f5a11"), "FileID is not a GUID in braces"),
    (_with("FileID", "{0f9f3f0e-52a5-4f7c-8d7e-3d2f0a0f5a11)"), "FileID is not a GUID in braces"),
    (_with("OwnerID", "{x}"), "OwnerID is not a GUID in braces"),
    (_with("OwnerID", "{57F3B9B1-86F1-4fcc-B1EE-566DE1813D20}"), "OwnerID is the one of Intuit's sample"),
    (_with("FileID", "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}"), "FileID is the one of Intuit's sample"),
    (_with("FileID", "{A1B2C3D4-E5F6-7890-ABCG-EF1234567890}"), "FileID is not a GUID in braces"),
    (_with("FileID", "{00000000-0000-0000-0000-000000000000}"), "FileID is all zeros"),
    (GOOD.replace("https://", "http://"), "AppURL is not https"),
    (_with("AppSupport", "https://bridgee.example.com/support"), "on different hosts"),
    (_with("AppURL", "https://203.0.113.7/qbwc"), "AppURL names its host by an IP address"),
    (_with("AppURL", "https://[::1]/qbwc"), "AppURL names its host by an IP address"),
    (_with("AppSupport", "http://127.0.0.1/support"), "AppSupport names its host by an IP address"),
    (_with("AppURL", "bridge.example.com/qbwc"), "AppURL is not a web address"),
    (_with("AppURL", "https://[bridge"), "AppURL is not a web address"),
    (_with("AppSupport", "mailto:help@example.com"), "AppSupport is not a web address"),
    (_with("AppURL", "https://bridge.example.com:99999/qbwc"), "AppURL is not a web address"),
    (_with("AppURL", "https://bridge.example.com/q bwc"), "AppURL is not a web address"),
    (_with("AppURL", "https://{{ app_url }}/qbwc"), "AppURL is not a web address"),
    (_with("AppURL", "https://bridge.example.com/100%"), "AppURL is not a web address"),
    (_with("AppURL", "https://carol:s3@bridge.example.com/qbwc"), "AppURL holds a user name"),
    (_with("CertURL", "bridge.example.com"), "CertURL is not a web address"),
    (
        _with("CertURL", "https://203.0.113.7"),
        "CertURL names its host by an IP address; the Web Connector wants a name.",
    ),
    (_with("QBType", "QBO"), "QBType is none of"),
    (_with("IsReadOnly", "true"), "IsReadOnly is true"),
    (_with("IsReadOnly", "0"), "IsReadOnly is none of"),
    (_with("Style", "Wrapped"), "Style is none of"),
    (_with("PersonalDataPref", "optional"), "PersonalDataPref is none of"),
    (_with("Notify", ""), "Notify is none of"),
    (_with("AuthFlags", "Pro"), "AuthFlags is no hexadecimal number"),
    (_with("AuthFlags", "0x1F"), "AuthFlags is no hexadecimal number"),
    (_with("AuthFlags", ""), "AuthFlags is no hexadecimal number"),
    (_schedule(""), "Scheduler must hold"),
    (_schedule("<RunEveryHour>1</RunEveryHour>"), "Scheduler must hold"),
    (_schedule("<RunEveryNMinutes>0</RunEveryNMinutes>"), "RunEveryNMinutes must be a whole number"),
    (_schedule("<RunEveryNMinutes>1.5</RunEveryNMinutes>"), "RunEveryNMinutes must be a whole number"),
    (_schedule("<RunEveryNSeconds/>"), "RunEveryNSeconds must be a whole number"),
]
MILD = [
    (_with("AppID", None), "AppID is missing"),
    (_with("AppID", "{A1B2C3D4-E5F6-7890-ABCD-EF1234567890}"), "AppID holds braces"),
    (_with("PersonalDataPrep", "pdpOptional"), "PersonalDataPrep is not an element"),
    (_with("PersonalDataPrep", "pdpOptional"), "Perhaps PersonalDataPref is meant."),
    (_with("Zebra", "stripes"), "Zebra is not an element that the Web Connector knows."),
    (_with("Password", "s3"), "change the password"),
    (_moved("AppID", 0), "AppID stands where Intuit's files have AppName"),
    (_moved("AppDescription", 20), "the guide allows any order"),
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
    findings = lint_qwc(text.encode())

    assert [(finding.severity, words in finding.text) for finding in findings] == [(severity, True)]
    assert findings[0].text.endswith(".")


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        _declared("utf-8").encode(),
        _declared("windows-1252").encode("cp1252"),
        _declared("utf-16").encode("utf-16"),
        GOOD.replace("\n", "\r\n").encode(),
        _with("IsReadOnly", "false").encode(),
        _with("Scheduler", None).encode(),
        _with("Style", "").encode(),
        _with("AuthFlags", "0xF").encode(),
        _with("AuthFlags", "0x0").encode(),
        _with("CertURL", "https://certs.example.net/probe").encode(),
        _with("AppDisplayName", "The bridge").encode(),
        _with("AppSupport", "http://BRIDGE.example.com/help").encode(),
        _with("AppURL", "https://bridge.example.com:8443/index.php?route=qbwc&x=%20").encode(),
        _schedule("<RunEveryNSeconds>30</RunEveryNSeconds>").encode(),
        _schedule("<RunEveryNMinutes> 15 </RunEveryNMinutes>").encode(),
        GOOD.replace("<AppID></AppID>", "<!-- none --><AppID/>").encode(),
        GOOD.replace("bridge.example", "bri<!-- x -->dge.<![CDATA[example]]>").encode(),
        _moved("Scheduler", 0).encode(),
        _moved("Style", 3).encode(),
    ],
)
def test_files_that_work_have_no_findings(content: bytes) -> None:
    """Encodings, marks, line ends, comments and optional elements wherever they stand are fine."""
    assert lint_qwc(content) == []


@given(st.data())
def test_leaving_out_or_doubling_any_element_is_found(data: st.DataObject) -> None:
    """Each needed element that is missing and each element that stands twice is an error that names it."""
    root = etree.fromstring(GOOD.encode())
    element = data.draw(st.sampled_from(list(root)))
    if data.draw(st.booleans()):
        twin = etree.fromstring(etree.tostring(element))
        root.insert(data.draw(st.integers(0, len(root))), twin)
        assert f"{element.tag} stands twice" in _errors(root)
    else:
        root.remove(element)
        assert (f"{element.tag} is missing" in _errors(root)) == (element.tag in REQUIRED)


def _errors(root: "etree._Element") -> str:
    return " ".join(finding.text for finding in lint_qwc(etree.tostring(root)) if finding.severity == "error")


@given(st.permutations(range(15)))
def test_the_order_of_elements_is_never_an_error(order: list[int]) -> None:
    """The guide allows any order; another one than Intuit's is a warning at most."""
    root = etree.fromstring(GOOD.encode())
    root[:] = [root[place] for place in order]

    assert [finding.severity for finding in lint_qwc(etree.tostring(root))] in ([], ["warning"])


@given(st.binary() | st.text().map(str.encode))
def test_the_check_never_raises(content: bytes) -> None:
    """Whatever the file holds, the check ends in findings."""
    findings = lint_qwc(content)

    assert findings
    assert all(isinstance(finding, Finding) for finding in findings)


@given(
    st.sampled_from(KNOWN), st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"))
)
def test_the_check_never_raises_on_any_value(element: str, value: str) -> None:
    """Whatever stands in an element, the check ends in whole sentences."""
    findings = lint_qwc(_with(element, value).encode())

    assert all(finding.text.endswith(".") for finding in findings)
