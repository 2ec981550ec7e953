"""The outer form of a request document: declaration, qbxml instruction, message set attributes, requests in order."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from lxml import etree

from .errors import VERSION_FAULT, RequestProcessorError, parse_fault
from .grammar import check_order
from .order import ITERATED, REQUESTS, known

_DECLARATION = re.compile(r"<\?xml\s+version\s*=\s*(\"1\.0\"|'1\.0')[^?]*\?>")
_VERSION = re.compile(r"""^version\s*=\s*["'](\d+\.\d+)["']\s*$""")
_SET_ATTRIBUTES = {"onError", "newMessageSetID", "oldMessageSetID", "responseData"}
_VALUE_FAULTS = ("DATATYPE", "FACET", "PATTERN", "ENUMERATION", "LENGTH", "TYPE_3_1_3")
"""XSD findings about values, which QuickBooks answers with a status code and not at connection level."""


@dataclass(frozen=True)
class Request:
    """One request: message name without Rq, its element and its attributes."""

    message: str
    element: etree._Element
    request_id: str | None
    iterator: str
    iterator_id: str
    meta_data: str


@dataclass(frozen=True)
class Document:
    """A request document whose form and order have been checked."""

    version: float
    stop_on_error: bool
    with_data: bool
    new_set: str | None
    old_set: str | None
    requests: tuple[Request, ...]

    @property
    def checksum(self) -> str:
        """Hash of the requests, without the ids of the message set."""
        digest = hashlib.sha256()
        for one in self.requests:
            digest.update(etree.tostring(one.element, method="c14n"))
        return digest.hexdigest()


def read_document(text: str, versions: Sequence[str], schema: etree.XMLSchema | None) -> Document:
    """Read a request document (qbXML text).

    `versions` are the qbXML versions this QuickBooks speaks; `schema` is Intuit's XSD when it is at hand. Raises
    RequestProcessorError for what is not well-formed, breaks the order or asks for another version.
    """
    declaration = _DECLARATION.match(text)
    if declaration is None:
        raise parse_fault("the document does not begin with an XML declaration")
    # The text has been decoded already, so the encoding that the declaration names no longer counts.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, load_dtd=False)
    try:
        root = etree.fromstring(text[declaration.end() :].lstrip().encode("utf-8", "surrogatepass"), parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        raise parse_fault(f"the document is not well-formed: {fault}") from None
    if "<!DOCTYPE" in text:
        raise parse_fault("a document type is not allowed")
    version = _version(root, versions)
    if schema is not None:
        _check_schema(schema, root)
    return _message_set(root, version)


def _version(root: etree._Element, versions: Sequence[str]) -> float:
    node = root.getprevious()
    if getattr(node, "target", "") != "qbxml" or node is None:
        raise parse_fault("the qbxml processing instruction is missing before QBXML")
    match = _VERSION.match(node.text or "")
    if match is None:
        raise parse_fault("the qbxml processing instruction names no version")
    if match[1] not in versions:
        raise RequestProcessorError(
            VERSION_FAULT,
            "The version of qbXML that was requested is not supported or is unknown.",
            f"version {match[1]}; supported are {', '.join(versions)}",
        )
    return float(match[1])


def _check_schema(schema: etree.XMLSchema, root: etree._Element) -> None:
    if schema.validate(root):
        return
    for entry in cast("Iterable[Any]", schema.error_log):
        if not any(word in entry.type_name for word in _VALUE_FAULTS):
            raise parse_fault(f"the schema refuses line {entry.line}: {entry.message}")


def _message_set(root: etree._Element, version: float) -> Document:
    if root.tag != "QBXML" or root.attrib or len(root) != 1 or root[0].tag != "QBXMLMsgsRq":
        raise parse_fault("QBXML must hold exactly one QBXMLMsgsRq")
    message_set = root[0]
    if set(message_set.attrib) - _SET_ATTRIBUTES:
        raise parse_fault(f"QBXMLMsgsRq has an unknown attribute: {sorted(map(str, message_set.attrib))}")
    on_error = message_set.get("onError")
    if on_error not in {"stopOnError", "continueOnError"}:
        raise parse_fault("QBXMLMsgsRq needs onError, stopOnError or continueOnError")
    response_data = message_set.get("responseData", "includeAll")
    if response_data not in {"includeAll", "includeNone"}:
        raise parse_fault("responseData must be includeAll or includeNone")
    return Document(
        version=version,
        stop_on_error=on_error == "stopOnError",
        with_data=response_data == "includeAll",
        new_set=message_set.get("newMessageSetID") or None,
        old_set=message_set.get("oldMessageSetID") or None,
        requests=tuple(_request(element, version) for element in message_set),
    )


def _request(element: etree._Element, version: float) -> Request:
    tag = str(element.tag)
    message = tag.removesuffix("Rq")
    if not tag.endswith("Rq") or not known(message):
        raise parse_fault(f"{tag} is not a request of qbXML")
    if message in REQUESTS:
        allowed = {"requestID"} | ({"metaData", "iterator", "iteratorID"} if message in ITERATED else set())
        if set(map(str, element.attrib)) - allowed:
            raise parse_fault(f"{tag} has an unknown attribute: {sorted(map(str, element.attrib))}")
        check_order(element, REQUESTS[message], version)
    iterator = element.get("iterator", "")
    if iterator not in {"", "Start", "Continue", "Stop"}:
        raise parse_fault(f"iterator of {tag} must be Start, Continue or Stop")
    meta_data = element.get("metaData", "NoMetaData")
    if meta_data not in {"NoMetaData", "MetaDataOnly", "MetaDataAndResponseData"}:
        raise parse_fault(f"metaData of {tag} has an unknown value")
    return Request(message, element, element.get("requestID"), iterator, element.get("iteratorID", ""), meta_data)
