"""Takes names, amounts, mail addresses and secrets out of texts that leave the house.

Names are those that the bridge knows, so they are looked for as they are written; what QuickBooks or Procore quotes is
hidden whole, since it may name what the bridge has not read yet.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from qbwc_bridge.logs import without_secrets
from qbwc_bridge.logs.hiding import HIDDEN

NAME, AMOUNT, ADDRESS, QUOTED = "[name]", "[amount]", "[mail address]", '"[...]"'

SHORTEST_NAME = 2
"""Letters: one alone is no name, and every text is full of them."""

_WORD = re.compile(r"\w+")
_AMOUNT = re.compile(r"(?<![\w.:-])-?\$?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d{2})(?![\w:]|\.\d)|\$\d[\d,.]*")
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)*")
_QUOTED = re.compile(r'"[^"\n]+"')


class Scrubber:
    """Knows the names and secrets of one bridge; texts may be of any length."""

    def __init__(self, names: Iterable[str], secrets: Iterable[str] = ()) -> None:
        self._secrets = sorted({each for each in secrets if each}, key=len, reverse=True)
        by_word: dict[str, set[str]] = defaultdict(set)
        for name in names:
            for form in {name, name.replace("\\", "\\\\").replace("'", "\\'")}:  # as texts and as quoted by a log
                low = form.lower().rstrip()
                first = _WORD.search(low)  # what stands before the first word need not be found
                if first and len(low) - first.start() >= SHORTEST_NAME:
                    by_word[first[0]].add(low[first.start() :])
        self._names = {word: sorted(found, key=len, reverse=True) for word, found in by_word.items()}

    def text(self, text: str) -> str:
        """Give a text without them."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        text = _ADDRESS.sub(ADDRESS, without_secrets(text))
        return _AMOUNT.sub(AMOUNT, self._without_names(text))

    def quoted(self, text: str) -> str:
        """Give a text without them, and without what stands in double quotes: other programs quote names so."""
        return self.text(_QUOTED.sub(QUOTED, text))

    def line(self, line: str) -> str:
        """Give a line of the log, plain or JSON."""
        if line.startswith("{"):
            try:
                return json.dumps(self.data(json.loads(line), quoted=True))
            except ValueError:
                pass
        return self.quoted(line)

    def data(self, data: Any, *, quoted: bool = False) -> Any:
        """Give data of JSON with every text in it scrubbed."""
        if isinstance(data, str):
            return self.quoted(data) if quoted else self.text(data)
        if isinstance(data, dict):
            return {key: self.data(value, quoted=quoted) for key, value in data.items()}
        return [self.data(each, quoted=quoted) for each in data] if isinstance(data, list) else data

    def _without_names(self, text: str) -> str:
        low = text.lower()
        if len(low) != len(text):  # a few letters become two
            text = low
        kept, done = [], 0
        for word in _WORD.finditer(low):
            if word.start() < done:
                continue
            for name in self._names.get(word[0], ()):
                end = word.start() + len(name)
                if low.startswith(name, word.start()) and not low[end : end + 1].isalnum():
                    kept += [text[done : word.start()], NAME]
                    done = end
                    break
        return "".join([*kept, text[done:]])
