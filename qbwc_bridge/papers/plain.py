"""Text that is safe to show and to open."""


def printable(text: str) -> str:
    """Give text that cannot steer a terminal: names come from outside."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
