"""What the checker has to say about a rule file."""

from whyreset.basis.frozen import Frozen
from whyreset.basis.span import Span

_WIDTH, _BEFORE, _LONGEST = 160, 60, 400
"""Characters that are shown of a line, of them before the place that is meant; of a message."""


class Diagnostic(Frozen):
    """One finding: `code` is never reused (`E...` an error, `W...` a warning)."""

    code: str
    message: str
    file: str
    span: Span
    hint: str | None = None
    line_text: str = ""

    @property
    def is_error(self) -> bool:
        """Whether the file cannot be used."""
        return self.code.startswith("E")

    def render(self) -> str:
        """File, line and column, the source line underlined (if there is one), and the cure."""
        head = f"{self.file}:{self.span.line}:{self.span.column}: {self.code}: {self.message}"
        cure = [f"      = {_clipped(self.hint)}"] if self.hint else []
        if not self.line_text:
            return "\n".join([_clipped(head), *cure])
        gutter = f"{self.span.line:>5} | "
        lead, shown, width = self._shown()
        # A tab is as wide above as below.
        blank = "".join(each if each == "\t" else " " for each in gutter + lead)
        mark = blank + "^" * max(1, width)
        return "\n".join([_clipped(head), gutter + shown, mark, *cure])

    def _shown(self) -> tuple[str, str, int]:
        """What stands before the place, the line, how much of it is meant: long ones clipped."""
        line, at = self.line_text, self.span.column - 1
        one_line = self.span.end_line == self.span.line
        end = self.span.end_column - 1 if one_line else len(line)
        start = max(0, at - _BEFORE) if len(line) > _WIDTH else 0
        front = "..." if start else ""
        back = "..." if len(line) - start > _WIDTH else ""
        lead = (front + line[start:at]).ljust(at - start + len(front))
        return lead, front + line[start : start + _WIDTH] + back, min(end, start + _WIDTH) - at


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


class RuleError(Exception):
    """Rule files that cannot be used; carries their diagnostics."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        self.diagnostics = diagnostics
        super().__init__("\n\n".join(found.render() for found in diagnostics))
