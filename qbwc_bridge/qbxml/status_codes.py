"""Every statusCode of QuickBooks (Intuit's list of status codes; meanings of the rarer ones as seen in the field)."""

from dataclasses import replace

from qbwc_bridge.qbxml.by_itself import NOT_SHOWN, STATUSES
from qbwc_bridge.qbxml.meanings import Reaction, Row, table

_FAULT = "Send the support bundle to the makers of the bridge; other records go on."
_AGAIN = "Nothing to do: the bridge tries again by itself."
_NOTE = "Nothing to do; the record was written."

_INFORMATION: tuple[Row, ...] = (
    ("0", "nobody", Reaction.DONE, "Done.", "Nothing to do."),
    ("1", "nobody", Reaction.NOTHING_FOUND, "QuickBooks has no such record.", "Nothing to do."),
    (
        "500",
        "nobody",
        Reaction.DONE,
        "Some of the records asked for are no longer in QuickBooks; the others were read.",
        "Nothing to do, unless a linked record is among them: then link it anew.",
    ),
    ("501", "us", Reaction.DONE, "A record cannot be shown in the qbXML version spoken here.", _FAULT),
    ("510", "nobody", Reaction.DONE, "The record was written, but could not be shown; it is read later.", _NOTE),
    ("530 531", "us", Reaction.DONE, "This edition of QuickBooks ignored a field or value.", _FAULT),
    (
        "540",
        "nobody",
        Reaction.DONE,
        "QuickBooks returned only as many records as it allows at once.",
        "Nothing to do.",
    ),
    ("550", "bookkeeper", Reaction.DONE, "The record was saved without its notes.", "Enter the notes in QuickBooks."),
    ("560", "nobody", Reaction.DONE, "The request used a field that QuickBooks will drop one day.", "Nothing to do."),
    (
        "570",
        "bookkeeper",
        Reaction.DONE,
        "The document was saved without its link, because the other document is closed.",
        "Link the two documents in QuickBooks, if they belong together.",
    ),
    (
        "600",
        "nobody",
        Reaction.LOOK_UP,
        "QuickBooks keeps no answer to that message set, so it is not known whether it was carried out.",
        "Nothing to do: the bridge looks the records up before it sends them again.",
    ),
    (
        "1000",
        "pc",
        Reaction.RETRY,
        "QuickBooks had an internal error.",
        "If it stays so, restart QuickBooks on its PC.",
    ),
    ("1010", "pc", Reaction.RETRY, "QuickBooks was not available.", "If it stays so, restart QuickBooks on its PC."),
    (
        "1030",
        "admin",
        Reaction.PERSON,
        "This edition of QuickBooks does not support the request.",
        "Check that the edition has estimates, purchase orders and job costs.",
    ),
    ("1060", "us", Reaction.FAULT, "The requestID is not valid.", _FAULT),
    (
        "2000 2010 2020 2030 2040",
        "admin",
        Reaction.PERSON,
        "QuickBooks asks for an online sign-on, which the desktop edition never does.",
        "Check that the Web Connector is joined to QuickBooks Desktop.",
    ),
)

_FORMAT: tuple[Row, ...] = (
    (
        "3000",
        "bookkeeper",
        Reaction.PERSON,
        "QuickBooks does not know the id of a record that this one uses.",
        "Link the record again: it may have been merged, or the file replaced.",
    ),
    ("3010 3020 3030 3031 3035 3040", "us", Reaction.FAULT, "A date, truth value or amount has a wrong form.", _FAULT),
    ("3045 3050 3060 3065", "us", Reaction.FAULT, "A price, percentage, quantity or GUID has a wrong form.", _FAULT),
    ("3070", "bookkeeper", Reaction.PERSON, "A text is longer than QuickBooks allows.", "Shorten the text in Procore."),
    (
        "3080 3085 3090",
        "bookkeeper",
        Reaction.PERSON,
        "A name, number or text has characters that QuickBooks refuses.",
        "Give the record a plain name, without a colon.",
    ),
    (
        "3100",
        "bookkeeper",
        Reaction.CONFLICT,
        "The name is already in use in QuickBooks, perhaps by an inactive record, a customer or an employee.",
        "Link this record to that one, or give it another name.",
    ),
    ("3101", "bookkeeper", Reaction.PERSON, "An amount is too large for QuickBooks.", "Split the document in Procore."),
    ("3110", "us", Reaction.FAULT, "A value is not one of those that QuickBooks knows.", _FAULT),
)

_REFERENCES: tuple[Row, ...] = (
    (
        "3120",
        "bookkeeper",
        Reaction.REFRESH,
        "The record is no longer in QuickBooks.",
        "Decide whether it was deleted on purpose: link another one, or unlink it so that it is written anew.",
    ),
    ("3121", "us", Reaction.FAULT, "QuickBooks does not know the bridge's private fields.", _FAULT),
    (
        "3130",
        "bookkeeper",
        Reaction.PERSON,
        "The record above this one is not in QuickBooks.",
        "Enter it in QuickBooks, or link it again.",
    ),
    (
        "3140",
        "bookkeeper",
        Reaction.PERSON,
        "A record that this one uses (customer, vendor, item or account) is not in QuickBooks or cannot be used.",
        "Make it active, or link it again; then retry.",
    ),
    ("3150", "us", Reaction.FAULT, "A required field is missing.", _FAULT),
    ("3151 3152 3153", "us", Reaction.FAULT, "A field does not go with the others of the request.", _FAULT),
    (
        "3160",
        "bookkeeper",
        Reaction.PERSON,
        "The record cannot be deleted because it is in use.",
        "Make it inactive in QuickBooks instead.",
    ),
    (
        "3161 3171",
        "bookkeeper",
        Reaction.PERSON,
        "The document is dated in a closed period, on or before QuickBooks' closing date.",
        "Ask whoever closed the books, or give the document a later date: the bridge never moves a date by itself.",
    ),
    (
        "3162",
        "bookkeeper",
        Reaction.RETRY,
        "QuickBooks does this only in single-user mode.",
        "If it stays so, switch QuickBooks to single-user mode for one visit.",
    ),
    (
        "3170 3177",
        "bookkeeper",
        Reaction.REFRESH,
        "QuickBooks does not let the record be changed.",
        "Look at QuickBooks' reason; change the record there by hand, or retry.",
    ),
    ("3172 3173", "nobody", Reaction.REFRESH, "A record that belongs to this one was changed meanwhile.", _AGAIN),
    (
        "3175 3176",
        "bookkeeper",
        Reaction.RETRY,
        "Somebody has the record open in QuickBooks.",
        "Close its window in QuickBooks; the bridge tries again by itself.",
    ),
    (
        "3180",
        "bookkeeper",
        Reaction.RETRY,
        "QuickBooks could not save the record; somebody may be working in the same list.",
        "Close the list in QuickBooks; the bridge tries again by itself.",
    ),
    ("3185", "bookkeeper", Reaction.PERSON, "The document cannot be voided.", "Void or correct it in QuickBooks."),
    ("3190", "us", Reaction.FAULT, "A field cannot be emptied.", _FAULT),
    ("3200", "nobody", Reaction.REFRESH, "The record was changed in QuickBooks since it was read.", _AGAIN),
    ("3205", "us", Reaction.FAULT, "An address has a wrong form.", _FAULT),
)

_OTHERS: tuple[Row, ...] = (
    (
        "3210",
        "bookkeeper",
        Reaction.PERSON,
        "QuickBooks refuses the record for a reason of its own.",
        "Read QuickBooks' reason, correct the record and retry.",
    ),
    (
        "3220",
        "admin",
        Reaction.PERSON,
        "QuickBooks has not given the bridge or its user permission.",
        "Let a QuickBooks administrator allow it: Edit, Preferences, Integrated Applications.",
    ),
    (
        "3230",
        "nobody",
        Reaction.RESEND,
        "It was undone because another record of the set was refused.",
        "Nothing to do: it is sent again.",
    ),
    (
        "3231",
        "nobody",
        Reaction.RESEND,
        "It was not tried because an earlier record of the set was refused.",
        "Nothing to do: it is sent again.",
    ),
    ("3240", "nobody", Reaction.REFRESH, "The record is not the one that was meant: its times differ.", _AGAIN),
    (
        "3250",
        "admin",
        Reaction.PERSON,
        "The feature is switched off in this company file, or this edition lacks it.",
        "Switch it on in QuickBooks' preferences: jobs and estimates, or inventory and purchase orders.",
    ),
    (
        "3260",
        "admin",
        Reaction.PERSON,
        "The QuickBooks user whom the bridge acts for may not do this.",
        "Give that user the right in QuickBooks: Company, Set Up Users and Passwords.",
    ),
    (
        "3261",
        "admin",
        Reaction.PERSON,
        "QuickBooks does not let the bridge see personal data, which payroll costs need.",
        "Tick the access to personal data for the bridge: Edit, Preferences, Integrated Applications.",
    ),
    (
        "3262",
        "admin",
        Reaction.PERSON,
        "This needs a payroll subscription.",
        "Renew the payroll subscription, or leave payroll costs out.",
    ),
    (
        "3263",
        "admin",
        Reaction.PERSON,
        "QuickBooks or the bridge's access to it is read-only.",
        "Renew the QuickBooks subscription, or add the bridge again with a new .qwc file.",
    ),
    ("3264", "admin", Reaction.PERSON, "This needs a merchant service subscription.", "Leave the feature out."),
    (
        "3270",
        "admin",
        Reaction.PERSON,
        "An account that the document would post to is not set in QuickBooks.",
        "Give the item its account, or set it in QuickBooks' preferences.",
    ),
    (
        "3280",
        "bookkeeper",
        Reaction.PERSON,
        "The item is of a type that cannot stand here.",
        "Link the cost code to a service item.",
    ),
    ("3290", "nobody", Reaction.REFRESH, "The lines of the change stand in another order than in QuickBooks.", _AGAIN),
    (
        "3300 3310 3320 3330 3340",
        "bookkeeper",
        Reaction.PERSON,
        "QuickBooks refuses the record for a special reason.",
        "Read QuickBooks' reason, correct the record and retry.",
    ),
    (
        "9001",
        "us",
        Reaction.LOOK_UP,
        "QuickBooks keeps an answer under that message set id for another content.",
        _FAULT.rstrip(".") + "; the bridge looks the records up before it sends them again.",
    ),
    (
        "9002",
        "nobody",
        Reaction.LOOK_UP,
        "QuickBooks keeps no answer to that message set, so it is not known whether it was carried out.",
        "Nothing to do: the bridge looks the records up before it sends them again.",
    ),
    ("9003", "us", Reaction.FAULT, "QuickBooks used a number that its makers do not explain.", _FAULT),
    ("9004", "us", Reaction.FAULT, "The message set id is longer than 24 characters.", _FAULT),
    (
        "9005",
        "pc",
        Reaction.LOOK_UP,
        "QuickBooks could not keep its answer, so it is not known whether the set was carried out.",
        "Check that the disk of the company file has room; the bridge looks the records up.",
    ),
    (
        " ".join(str(code) for code in range(9100, 9200)),
        "us",
        Reaction.FAULT,
        "QuickBooks could not resolve a name inside the message set.",
        _FAULT,
    ),
)

STATUS_CODES = table((*_INFORMATION, *_FORMAT, *_REFERENCES, *_OTHERS), STATUSES)
"""By code as text, such as "3200"."""

STATUS_CODES |= {code: replace(STATUS_CODES[code], by_itself=NOT_SHOWN) for code in ("501", "510")}
