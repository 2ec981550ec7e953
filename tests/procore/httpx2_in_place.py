"""Puts httpx2 in the place of httpx: `python -m pytest -p tests.procore.httpx2_in_place tests/procore`."""

import sys

import httpx2

httpx2.alias_httpx()
assert sys.modules["httpx"] is httpx2, "httpx was imported before"
