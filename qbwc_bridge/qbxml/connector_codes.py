"""Every HRESULT of the request processor and every number of the Web Connector (QBWC Programmer's Guide, appendix A).

Numbers from 1048 on and the longer list of HRESULTs are as seen in the field.
"""

from qbwc_bridge.qbxml import by_itself
from qbwc_bridge.qbxml.meanings import Reaction, Row, table

_LOG = "Send the support bundle and QWCLog.txt to the makers of the bridge."
_RESTART = "Restart QuickBooks and the Web Connector on that PC."
_AGAIN = "Nothing to do: the next visit tries again."
_PERMIT = "Sign in to QuickBooks as its administrator and allow the bridge: Edit, Preferences, Integrated Applications."
_ONE_FILE = "Open the company file that the bridge is joined to, and no other one, on that PC."
_READD = (
    "Add the bridge's .qwc file to the Web Connector again, with the company file open and its administrator signed in."
)
_LOOKS = "Nothing to do: the bridge checks what was written at the next visit."

_HRESULTS: tuple[Row, ...] = (
    ("80040400", "us", Reaction.SPLIT, "QuickBooks could not read the bridge's request.", _LOG),
    ("80040401", "pc", Reaction.RETRY, "The Web Connector could not reach QuickBooks.", _RESTART),
    ("80040402", "pc", Reaction.LOOK_UP, "QuickBooks met an unexpected error; qbsdklog.txt tells more.", _RESTART),
    (
        "80040403 80040406",
        "admin",
        Reaction.PERSON,
        "The company file cannot be opened or was not found.",
        "Check that the file is where it was, that its name is the same, and that no newer QuickBooks has opened it.",
    ),
    (
        "80040404",
        "admin",
        Reaction.PERSON,
        "The QuickBooks that runs there cannot work with other programs.",
        "Start QuickBooks Pro, Premier or Enterprise on that PC.",
    ),
    (
        "80040405",
        "pc",
        Reaction.PERSON,
        "QuickBooks' part for other programs (qbXML) is not installed on that PC.",
        "Repair the installation of QuickBooks.",
    ),
    (
        "80040407",
        "pc",
        Reaction.PERSON,
        "The installation of QuickBooks on that PC is not complete.",
        "Install QuickBooks again.",
    ),
    (
        "80040408",
        "pc",
        Reaction.RETRY,
        "QuickBooks could not start: other rights than the Web Connector, an update that waits, or a hung process.",
        "End QuickBooks in the Task Manager, start it as the same Windows user and close its messages.",
    ),
    (
        "80040409",
        "admin",
        Reaction.PERSON,
        "This version of QuickBooks cannot work with that company file.",
        "Open the file with the version that it was last used with, or update QuickBooks.",
    ),
    ("8004040A", "bookkeeper", Reaction.PERSON, "Another company file is open in QuickBooks.", _ONE_FILE),
    ("8004040D", "nobody", Reaction.LOOK_UP, "QuickBooks lost the session.", _LOOKS),
    (
        "80040410",
        "bookkeeper",
        Reaction.RETRY,
        "QuickBooks is open in another mode (single-user, multi-user) than the bridge asked for.",
        "Switch QuickBooks to multi-user mode, or close the file.",
    ),
    (
        "80040414",
        "bookkeeper",
        Reaction.RETRY,
        "A message or window is open in QuickBooks and waits for an answer.",
        "Answer or close every window of QuickBooks on that PC.",
    ),
    (
        "80040416 80040417",
        "bookkeeper",
        Reaction.OPEN,
        "QuickBooks is not running or has no company file open.",
        "Open the company file, or allow the bridge access even if QuickBooks is not running.",
    ),
    ("80040418", "admin", Reaction.PERSON, "The company file has never allowed the bridge.", _PERMIT),
    ("8004041A", "admin", Reaction.PERSON, "The bridge has no right to this company file.", _PERMIT),
    (
        "8004041B",
        "nobody",
        Reaction.RETRY,
        "QuickBooks could not look up the bridge's permission just now, because that list was locked.",
        _AGAIN,
    ),
    ("8004041C", "pc", Reaction.RETRY, "QuickBooks had an internal error while it opened the file.", _RESTART),
    (
        "8004041D",
        "admin",
        Reaction.PERSON,
        "The bridge may not sign in by itself.",
        _PERMIT,
    ),
    (
        "8004041E",
        "admin",
        Reaction.PERSON,
        "The bridge's permission to sign in by itself has expired.",
        _PERMIT,
    ),
    (
        "8004041F",
        "admin",
        Reaction.PERSON,
        "This edition of QuickBooks does not let other programs in.",
        "Use QuickBooks Pro, Premier or Enterprise.",
    ),
    ("80040420", "admin", Reaction.PERSON, "Somebody denied the bridge access to the company file.", _PERMIT),
    ("80040421", "us", Reaction.LOOK_UP, "QuickBooks passed on an error of a part below it.", _LOG),
    (
        "80040422",
        "bookkeeper",
        Reaction.RETRY,
        "This needs single-user mode, and somebody else is in the file.",
        "Let the others leave the file for one visit.",
    ),
    (
        "80040423",
        "admin",
        Reaction.RENEGOTIATE,
        "This QuickBooks does not speak the version of qbXML that the bridge used.",
        "If it stays so, update QuickBooks on that PC.",
    ),
    ("80040424", "nobody", Reaction.RETRY, "QuickBooks is still starting.", _AGAIN),
    (
        "80040438",
        "pc",
        Reaction.LOOK_UP,
        "QuickBooks runs more than once on that PC, or its session is out of step.",
        "Leave one QuickBooks open on that PC.",
    ),
    (
        "80040308 80040154",
        "pc",
        Reaction.PERSON,
        "QuickBooks' part for other programs is not installed.",
        "Repair the installation of QuickBooks and of the Web Connector.",
    ),
    (
        "80010105",
        "pc",
        Reaction.LOOK_UP,
        "QuickBooks broke down while it worked on the request.",
        "Restart QuickBooks; the bridge checks what was written before it goes on.",
    ),
)

HRESULTS = table(_HRESULTS, by_itself.HRESULTS)
"""By eight hexadecimal digits in capitals, such as "80040414"."""

_CONNECTOR: tuple[Row, ...] = (
    (
        "1000 1001 1002",
        "admin",
        Reaction.PERSON,
        "The addresses in the .qwc file do not fit: two different hosts, or numbers instead of a name.",
        "Correct PUBLIC_URL and download the .qwc file again.",
    ),
    (
        "1003 1004",
        "admin",
        Reaction.PERSON,
        "The PC cannot reach the bridge's support address.",
        "Open PUBLIC_URL with /support in a browser on that PC; check that the bridge runs.",
    ),
    (
        "1005 1006",
        "pc",
        Reaction.PERSON,
        "The Web Connector could not start, or could not read a file that it needs.",
        "Repair its installation, and write the .qwc file again.",
    ),
    ("1007 1008 1009", "pc", Reaction.PERSON, "The Web Connector could not reach QuickBooks while adding.", _READD),
    (
        "1010",
        "admin",
        Reaction.PERSON,
        "The bridge's address is not https.",
        "Use localhost, or an https address, as PUBLIC_URL.",
    ),
    ("1011 1032", "pc", Reaction.PERSON, "The Web Connector lost its entry of the bridge.", _READD),
    (
        "1012",
        "pc",
        Reaction.RETRY,
        "The Web Connector got no usable answer when it signed in.",
        "Check that the bridge runs and that nothing stands between (proxy, virus scanner).",
    ),
    ("1013", "pc", Reaction.RETRY, "The Web Connector lost QuickBooks during a visit.", _RESTART),
    ("1014 1015", "pc", Reaction.RETRY, "QuickBooks did not answer at the beginning or end of a visit.", _RESTART),
    (
        "1016 1017 1018 1019 1020",
        "nobody",
        Reaction.DONE,
        "The Web Connector told its user something about its own window.",
        "Nothing to do.",
    ),
    ("1021", "pc", Reaction.PERSON, "The Web Connector's schedule is damaged.", "Set its interval again."),
    (
        "1022 1023 1024 1025 1026 1027",
        "admin",
        Reaction.PERSON,
        "The Web Connector could not stamp its FileID into the company file.",
        _READD,
    ),
    ("1028 1029 1030", "pc", Reaction.PERSON, "The password is not stored.", "Enter it in the Web Connector again."),
    ("1031", "nobody", Reaction.RETRY, "A scheduled visit ended with an error that was told before.", _AGAIN),
    (
        "1033 1085",
        "pc",
        Reaction.PERSON,
        "The Web Connector cannot write its log QWCLog.txt.",
        "Free the file: OneDrive, a backup or missing rights hold it.",
    ),
    ("1034 1065", "us", Reaction.FAULT, "AuthFlags or QBType in the .qwc file is not valid.", _LOG),
    (
        "1035",
        "pc",
        Reaction.PERSON,
        "The PC does not know the name localhost.",
        "Repair the hosts file of Windows.",
    ),
    ("1036 1037 1046", "us", Reaction.FAULT, "The Web Connector did not accept the bridge's check of versions.", _LOG),
    ("1038", "nobody", Reaction.RETRY, "Somebody cancelled the visit.", _AGAIN),
    (
        "1039",
        "admin",
        Reaction.PERSON,
        "The Web Connector could not register the bridge: its ids are in use already, or the .qwc file is read-only.",
        "Remove the old entry of the bridge in the Web Connector, then add the .qwc file again.",
    ),
    ("1040", "pc", Reaction.PERSON, "The password is missing or wrong.", "Enter it in the Web Connector again."),
    (
        "1041 1042 1043 1044 1045",
        "pc",
        Reaction.LOOK_UP,
        "The Web Connector got no usable answer during a visit.",
        "Check that the bridge runs; it settles by itself what was under way.",
    ),
    (
        "1048",
        "admin",
        Reaction.PERSON,
        "The PC does not trust the bridge's certificate, or its address does not answer.",
        "Open PUBLIC_URL with /qbwc in a browser on that PC and look at the certificate.",
    ),
    ("1080", "admin", Reaction.PERSON, "The .qwc file is read-only, so the FileID could not be written.", _READD),
    ("2012", "us", Reaction.FAULT, "The Web Connector found no result in an answer of the bridge.", _LOG),
)

CONNECTOR_CODES = table(_CONNECTOR, by_itself.CONNECTOR)
"""By the number after QBWC, such as "1039"."""
