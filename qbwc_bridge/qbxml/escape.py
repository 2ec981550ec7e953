"""The one escaper: text to XML that is pure ASCII."""


def escape(text: str) -> str:
    """Give `text` as the content of an element or attribute: markup escaped once, the rest as `ascii_only`."""
    marked = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return ascii_only(marked.replace('"', "&quot;").replace("'", "&apos;"))


def ascii_only(xml: str) -> str:
    """Write every character beyond ASCII as a decimal reference, the one form that every QuickBooks reads alike."""
    return xml if xml.isascii() else xml.encode("ascii", "xmlcharrefreplace").decode("ascii")
