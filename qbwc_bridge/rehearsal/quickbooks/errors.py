"""The two ways in which the stand-in QuickBooks says no."""

PARSE_FAULT = "0x80040400"
"""HRESULT of a document that cannot be parsed or breaks the schema; the whole document is refused."""
VERSION_FAULT = "0x80040423"
"""HRESULT of a document that asks for a qbXML version which this QuickBooks does not speak."""


class RequestProcessorError(Exception):
    """A refusal at connection level: no reply document exists, the Web Connector passes on HRESULT and message.

    `hresult` is text like "0x80040400", `message` is what QuickBooks says (it names no place),
    `detail` is for a person who learns: what was wrong and where. Real QuickBooks keeps that to itself.
    """

    def __init__(self, hresult: str, message: str, detail: str = "") -> None:
        super().__init__(f"{hresult}: {message}" + (f" [{detail}]" if detail else ""))
        self.hresult = hresult
        self.message = message
        self.detail = detail


class QuickBooksError(Exception):
    """A refusal of one request or screen action, with the status code and text of the reply (3000-9999)."""

    def __init__(self, status_code: int, message: str) -> None:
        super().__init__(f"{status_code}: {message}")
        self.status_code = status_code
        self.message = message


def parse_fault(detail: str) -> RequestProcessorError:
    """Make the refusal of a document that cannot be read, with a detail for the trainee."""
    return RequestProcessorError(
        PARSE_FAULT, "QuickBooks found an error when parsing the provided XML text stream.", detail
    )


def not_found(kind: str, value: str, where: str) -> QuickBooksError:
    """Make error 3140: the reference `value` to a record of `kind` in the document or list `where` leads nowhere."""
    return QuickBooksError(
        3140,
        f'There is an invalid reference to QuickBooks {kind} "{value}" in the {where}.  '
        "QuickBooks error message: Invalid argument.  The specified record does not exist in the list.",
    )


def invalid(message: str) -> QuickBooksError:
    """Make error 3210, the general one whose text carries the reason."""
    return QuickBooksError(3210, f"There was an error when saving.  QuickBooks error message: {message}")


def missing_element(name: str) -> QuickBooksError:
    """Make error 3150: QuickBooks needs the element although the schema lets it be absent."""
    return QuickBooksError(3150, f'There is a missing element: "{name}".')


def gone(object_id: str) -> QuickBooksError:
    """Make error 3120: no object has this id."""
    return QuickBooksError(
        3120,
        f'Object "{object_id}" specified in the request cannot be found.  '
        "QuickBooks error message: Invalid argument.  The specified record does not exist in the list.",
    )


def not_modifiable(document: str, reason: str) -> QuickBooksError:
    """Make error 3170: the document may not be changed in this way."""
    return QuickBooksError(3170, f"There was an error when modifying a {document}.  QuickBooks error message: {reason}")
