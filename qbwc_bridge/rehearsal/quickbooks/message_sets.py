"""Error recovery: the reply of a message set kept in the company file, given again, replaced or cleared.

Rules and codes as in Intuit's error recovery samples: a set is stored under its newMessageSetID; the same id as new and
old asks for the stored reply; an old id alone clears it.
"""

from collections.abc import Callable

from .book import Book
from .envelope import Document
from .replies import document_text
from .state import StoredReply

MAX_SET_ID = 24
"""Longest message set id in characters."""
DONE, NOTHING_STORED, OTHER_CONTENT, ID_TOO_LONG = 0, 600, 9001, 9004


def answer(book: Book, document: Document, run: Callable[[], list[str]]) -> str:
    """Give the reply document; `run` carries out the requests and is called only when they are to be carried out."""
    new, old = document.new_set, document.old_set
    if new is None and old is None:
        return document_text(run())
    if any(len(one) > MAX_SET_ID for one in (new, old) if one):
        return document_text([], new, ID_TOO_LONG)
    stored = book.state.stored_reply
    if new is None:
        return _clear(book, document, run)
    if stored is not None and stored.set_id == new:
        return _again(document, stored)
    if new == old:
        return document_text([], new, NOTHING_STORED)
    status = NOTHING_STORED if old is not None and (stored is None or stored.set_id != old) else DONE
    replies = "".join(run())
    book.state.stored_reply = StoredReply(new, document.checksum, replies)
    return document_text([replies], new, status)


def _again(document: Document, stored: StoredReply) -> str:
    """Give a stored reply again: to an empty status request, or to the same requests; nothing is carried out."""
    asks_only = not document.requests and document.new_set == document.old_set
    if asks_only or stored.checksum == document.checksum:
        return document_text([stored.replies], stored.set_id, DONE)
    return document_text([], stored.set_id, OTHER_CONTENT)


def _clear(book: Book, document: Document, run: Callable[[], list[str]]) -> str:
    stored = book.state.stored_reply
    status = NOTHING_STORED
    if stored is not None and stored.set_id == document.old_set:
        book.state.stored_reply, status = None, DONE
    return document_text(run(), None, status)
