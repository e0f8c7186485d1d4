"""Named patterns: parts of expressions that are stated once, and written `%{NAME}` where used."""

import re
from collections.abc import Mapping

from whyreset.basis.frozen import Frozen
from whyreset.basis.suggest import did_you_mean
from whyreset.language.pattern import LONGEST, PatternError, refuse_long

# Within a class, and behind a backslash, `%{` is nothing but these two characters.
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|%\{(?P<name>[A-Za-z_][^{}]*)\}")
_FLAGS = re.compile(r"\(\?[aiLmsux]+\)")


class UnknownPatternError(PatternError):
    """A name in an expression that no pattern above it has."""


class Part(Frozen):
    """What stands for a name: from `start` to `end` of the text that was written out; the name
    at `offset` of what was written, so many characters long."""

    start: int
    end: int
    offset: int
    length: int


class Expansion(Frozen):
    """An expression with its named parts written out; `uses` are their names."""

    text: str
    parts: tuple[Part, ...] = ()
    uses: tuple[str, ...] = ()

    def written(self, offset: int, length: int) -> tuple[int, int]:
        """Offset and length, in what was written, of a place in the text: a place within a part
        is at its name."""
        grown = 0
        for part in self.parts:
            if offset < part.start:
                break
            if offset < part.end:
                return part.offset, part.length
            grown += part.end - part.start - part.length
        return offset - grown, length


class NamedPatterns:
    """The patterns that a file states; *lines* says on which line each will be stated."""

    def __init__(self, lines: Mapping[str, int]) -> None:
        self._lines = lines
        self._texts: dict[str, str] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._texts

    def add(self, name: str, text: str) -> None:
        """State a pattern, its own parts written out already."""
        self._texts[name] = f"(?:{text})"

    def expand(self, text: str, of: str = "") -> Expansion:
        """Write out the parts of an expression; *of* is the pattern that it states, if it does.

        UnknownPatternError for a name that is not stated above, PatternError for what gets too
        long.
        """
        made: list[str] = []
        parts: list[Part] = []
        uses: list[str] = []
        at = size = 0
        for found in _PIECE.finditer(text):
            name = found["name"]
            if name is None:
                continue
            if name not in self._texts:
                raise self._unknown(name, of, found)
            start = size + found.start() - at
            size = start + len(self._texts[name])
            made += [text[at : found.start()], self._texts[name]]
            parts.append(Part(start, size, found.start(), len(found[0])))
            uses.append(name)
            at = found.end()
            if size > LONGEST:
                break
        whole = "".join([*made, text[at:]])
        if uses:
            refuse_long(whole)
        return Expansion(whole, tuple(parts), tuple(dict.fromkeys(uses)))

    def _unknown(self, name: str, of: str, found: re.Match[str]) -> UnknownPatternError:
        message = f"no pattern `{name}` is stated above"
        hint = did_you_mean(name, self._texts) or "state it above: `pattern NAME /.../`"
        part, colon, field = name.partition(":")
        if name == of:
            message, hint = f"pattern `{name}` uses itself", "a repeat is written `(?:...)*`"
        elif name in self._lines:
            message = f"pattern `{name}` is stated further below"
            hint = f"move it up from line {self._lines[name]}: a pattern stands above its uses"
        elif colon:
            message = f"`%{{{name}}}` names no pattern"
            hint = f"a part is captured by a group around it: `(?<{field}>%{{{part}}})`"
        return UnknownPatternError(message, found.start(), len(found[0]), hint)


def refuse_flags(text: str) -> None:
    """PatternError for a part that sets flags for the whole of what it will stand in."""
    found = _FLAGS.match(text)
    if found is not None:
        hint = f"write `{found[0][:-1]}:...)`, which is for this part alone"
        message = f"`{found[0]}` would hold for the whole of an expression"
        raise PatternError(message, 0, len(found[0]), hint)
