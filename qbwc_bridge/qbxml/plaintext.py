"""Unicode text to what a QuickBooks company file can hold: Windows-1252, without typographic characters.

QuickBooks keeps text in the Windows code page 1252. What has no place there would come back as a question mark, and
for curly quotes and dashes it is not documented which code it expects, so both become plain ASCII beforehand. Letters
with accents stay.
"""

# ruff: noqa: RUF001 - characters that look alike are what the table is about

import re
import unicodedata
from functools import lru_cache

_EQUIVALENTS = {
    "'": "‘’‚‛′‹›´ʹʻʼ",
    '"': "“”„‟″",
    "-": "‐‑‒–—―−⁃",
    "...": "…⋯",
    "*": "•‣●▪■★☆",
    "^": "ˆ",
    "~": "˜",
    "/": "⁄∕",
    "\n": "\x0b\x0c\x85\u2028\u2029",
    "<=": "≤",
    ">=": "≥",
    "!=": "≠",
    "->": "→⇒➔",
    "<-": "←⇐",
    "x": "✕✖",
    "µ": "μ",
    "L": "Ł",
    "l": "ł",
    "D": "Đ",
    "d": "đ",
    "H": "Ħ",
    "h": "ħ",
    "i": "ı",
    "": "🏻🏼🏽🏾🏿",
}
_TABLE = {character: plain for plain, characters in _EQUIVALENTS.items() for character in characters}
_DROPPED = frozenset({"Cc", "Cf", "Mn", "Mc", "Me"})
"""Controls, invisible marks and combining marks that no letter took up."""

UNKNOWN = "?"
"""Stands for a character that has no place in QuickBooks and no plain equivalent, such as an emoji."""

_LINE_END = re.compile(r"\r\n?")


def transliterate(text: str) -> str:
    """Give `text` with every character that Windows-1252 lacks, and every typographic one, made plain.

    Control characters are removed, but for tab and newline. Applying it twice changes nothing more.
    """
    if text.isascii() and text.isprintable():
        return text
    composed = unicodedata.normalize("NFC", _LINE_END.sub("\n", text))
    return "".join(character if " " <= character <= "~" else _plain(character) for character in composed)


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if character in "\t\n" or " " <= character <= "~":
        return character
    if character in _TABLE:
        return _TABLE[character]
    category = unicodedata.category(character)
    if category in _DROPPED:
        return ""
    if category == "Zs":
        return " "
    if _in_code_page(character):
        return character
    parts = unicodedata.normalize("NFKD", character)
    plain = "" if parts == character else "".join(_plain(part) for part in parts)
    return plain if plain and UNKNOWN not in plain else UNKNOWN


def _in_code_page(character: str) -> bool:
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
