"""Names and numbers for many records, the same each time; no two names are alike enough to be asked about."""

import hashlib

CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"
SYLLABLES = 7
TRADES = ("Drywall", "Grading", "Electric", "Plumbing", "Roofing", "Steel", "Glass", "Paving")
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
MARK_LENGTH = 6


def company_name(number: int) -> str:
    """Give the name of a company."""
    drawn = hashlib.sha256(str(number).encode()).digest()
    syllables = [
        CONSONANTS[one % len(CONSONANTS)] + VOWELS[two % len(VOWELS)]
        for one, two in zip(drawn[:SYLLABLES], drawn[SYLLABLES:], strict=False)
    ]
    return f"{''.join(syllables).capitalize()} {TRADES[number % len(TRADES)]}"


def order_number(number: int) -> str:
    """Give the number of an order: short enough for QuickBooks' 11 characters."""
    return f"PO-{number:06d}"


def mark(number: int) -> str:
    """Give the mark that stands in an order's memo."""
    return "".join(BASE32[number >> 5 * place & 31] for place in reversed(range(MARK_LENGTH)))
