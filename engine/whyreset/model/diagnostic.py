"""What the checker has to say about a rule file."""

from whyreset.basis.frozen import Frozen
from whyreset.basis.span import Span


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
        """File, line and column, the source line underlined, and the cure."""
        width = (
            self.span.end_column - self.span.column
            if self.span.end_line == self.span.line
            else len(self.line_text) - self.span.column + 1
        )
        head = f"{self.file}:{self.span.line}:{self.span.column}: {self.code}: {self.message}"
        gutter = f"{self.span.line:>5} | "
        mark = " " * (len(gutter) + self.span.column - 1) + "^" * max(1, width)
        parts = [head, gutter + self.line_text, mark]
        if self.hint:
            parts.append(f"      = {self.hint}")
        return "\n".join(parts)


class RuleError(Exception):
    """Rule files that cannot be used; carries their diagnostics."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        self.diagnostics = diagnostics
        super().__init__("\n\n".join(found.render() for found in diagnostics))
