"""The one escaper: text to XML that is pure ASCII."""

_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})


def escape(text: str) -> str:
    """Give `text` as the content of an element or attribute: markup escaped once, the rest as `ascii_only`."""
    return ascii_only(text.translate(_MARKUP))


def ascii_only(xml: str) -> str:
    """Write every character beyond ASCII as a decimal reference, the one form that every QuickBooks reads alike."""
    return xml.encode("ascii", "xmlcharrefreplace").decode("ascii")
