"""The HTTP library, imported here and nowhere else.

httpx is no longer developed; httpx2 goes on with it under the same names. A test runs this room's tests on httpx2, so
that the change is the one line below: `import httpx2 as httpx`.
"""

import httpx

__all__ = ["LOGGERS", "httpx"]

LOGGERS = ("httpx", "httpcore", "httpx2", "httpcore2")
"""Loggers of both libraries: below WARNING they write every address and header."""
