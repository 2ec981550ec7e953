"""The Web Connector's protocol as plain methods and a table of its operations; nothing here knows SOAP.

Sources, in the docstrings below: the QuickBooks Web Connector Programmer's Guide 2.0 ("guide") and the WSDL that
ASP.NET made for Intuit's hosted test service ("WSDL").
"""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, Protocol

NAMESPACE = "http://developer.intuit.com/"
"""Namespace of every element, with its trailing slash; also the head of every SOAPAction (WSDL)."""

Result = Literal["string", "strings", "int"]
"""What a call answers: a text, a list of texts (ArrayOfString in the WSDL), or a whole number."""


CALLER: ContextVar[str] = ContextVar("caller", default="")
"""Network address of who makes the present call, set by the guard while it runs; "" where there is none.

Not a parameter of `authenticate`, because no operation of the WSDL carries it.
"""


class Calls(Protocol):
    """What the Web Connector may ask, in the order of a visit; every text that it leaves out arrives as ""."""

    def server_version(self) -> str:
        """Give the text that the Web Connector shows under "More Information"; nothing depends on it (guide ch. 10)."""
        ...

    def client_version(self, version: str) -> str:
        """Judge the Web Connector's own version, such as "2.3.0.36".

        "" goes on, "W:text" warns in a box, "E:text" stops (guide ch. 10). A box blocks the schedule of a PC that
        nobody sits at, so a warning is best never sent.
        """
        ...

    def authenticate(self, user_name: str, password: str) -> list[str]:
        """Sign in: give [ticket, what next], and only to slow the Web Connector down two more texts.

        What next: "" uses the company file that is open, "nvu" is a wrong password, "none" is no work, "busy" is busy,
        anything else is the path of a company file. The third text is the seconds to put the visit off, the fourth
        the lowest allowed interval in seconds. Never more than four texts (guide ch. 10).
        """
        ...

    def send_request_xml(  # noqa: PLR0917 - the operation has six parameters
        self, ticket: str, hcp_response: str, company_file_name: str, country: str, major: int, minor: int
    ) -> str:
        """Give the next qbXML for QuickBooks; "" makes the Web Connector ask get_last_error.

        The first call of a visit carries the Host, Company and Preferences replies as one text; `major` and `minor` are
        the version of the request processor (guide ch. 10).
        """
        ...

    def receive_response_xml(self, ticket: str, response: str, hresult: str, message: str) -> int:
        """Take QuickBooks' answer; give the progress in percent.

        0 to 99 asks for the next request, 100 ends the visit, a negative number makes the Web Connector ask
        get_last_error. When the request could not be processed `response` is "" and the other two are set
        (guide ch. 10).
        """
        ...

    def connection_error(self, ticket: str, hresult: str, message: str) -> str:
        """Hear that QuickBooks could not be opened: "done" ends the visit, anything else is a company file to try.

        "" tries the file that is open (guide ch. 10).
        """
        ...

    def get_last_error(self, ticket: str) -> str:
        """Explain an empty request or a negative progress: the text is shown to the user, and the visit ends.

        "NoOp" instead makes the Web Connector wait five seconds and ask for a request again (guide ch. 10).
        """
        ...

    def close_connection(self, ticket: str) -> str:
        """End the visit; the text is shown in the status column.

        May come with a ticket that has no session, after "nvu" or "none" (guide ch. 10).
        """
        ...

    def get_interactive_url(self, ticket: str, session_id: str) -> str:
        """Give the address of a page for an interactive visit (guide ch. 6); asked only after "Interactive mode"."""
        ...

    def interactive_rejected(self, ticket: str, reason: str) -> str:
        """Hear that the user declined the interactive visit (guide ch. 6)."""
        ...

    def interactive_done(self, ticket: str) -> str:
        """Tell whether the interactive visit has ended: "Done" ends it (guide ch. 10)."""
        ...


@dataclass(frozen=True)
class Operation:
    """One operation as it stands on the wire, and the method of Calls that answers it."""

    name: str
    method: str
    parameters: tuple[str, ...] = ()
    result: Result = "string"


NUMBERS = frozenset({"qbXMLMajorVers", "qbXMLMinorVers"})
"""The only parameters that are whole numbers, and the only ones that a request must have (WSDL)."""

OPERATIONS = (
    Operation("serverVersion", "server_version"),
    Operation("clientVersion", "client_version", ("strVersion",)),
    Operation("authenticate", "authenticate", ("strUserName", "strPassword"), "strings"),
    Operation("connectionError", "connection_error", ("ticket", "hresult", "message")),
    Operation(
        "sendRequestXML",
        "send_request_xml",
        ("ticket", "strHCPResponse", "strCompanyFileName", "qbXMLCountry", "qbXMLMajorVers", "qbXMLMinorVers"),
    ),
    Operation("receiveResponseXML", "receive_response_xml", ("ticket", "response", "hresult", "message"), "int"),
    Operation("getLastError", "get_last_error", ("ticket",)),
    Operation("closeConnection", "close_connection", ("ticket",)),
    Operation("getInteractiveURL", "get_interactive_url", ("wcTicket", "sessionID")),
    Operation("interactiveRejected", "interactive_rejected", ("wcTicket", "reason")),
    Operation("interactiveDone", "interactive_done", ("wcTicket",)),
    # The release notes of 2.0 and Intuit's sample service call it so; the guide calls it interactiveDone.
    Operation("isInteractiveDone", "interactive_done", ("wcTicket",)),
)
"""Every operation, parameters in the order of the wire: the eight of the WSDL in its order, then the interactive."""

BY_NAME = {operation.name: operation for operation in OPERATIONS}
