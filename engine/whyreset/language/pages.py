"""A short page for each code of the checker: why, what provokes it, the cure."""

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from whyreset.language.codes import CODES

_PAGES = Path(__file__).with_suffix(".toml")


class Page(NamedTuple):
    """What is to be said about a code."""

    code: str
    title: str
    why: str
    wrong: str
    right: str

    def text(self) -> str:
        """The page for a terminal."""
        kind = "an error" if self.code.startswith("E") else "a warning"
        return (
            f"{self.code}: {self.title} ({kind})\n\n{self.why}\n\n"
            f"  instead of  {self.wrong}\n  write       {self.right}"
        )

    def markdown(self) -> str:
        """The page as a section of the docs."""
        return (
            f"## {self.code}\n\n{self.title[0].upper()}{self.title[1:]}.\n\n{self.why}\n\n"
            f"```text\n# instead of\n{self.wrong}\n# write\n{self.right}\n```\n"
        )


@cache
def pages() -> dict[str, Page]:
    """All pages by code."""
    told = tomllib.loads(_PAGES.read_text(encoding="utf-8"))
    return {code: Page(code, CODES[code], **page) for code, page in told.items()}


def document() -> str:
    """`docs/diagnostics.md`."""
    head = (
        "# What the checker says\n\n"
        "This page is generated: `make docs` writes it from "
        "`engine/whyreset/language/pages.toml`.\n\n"
        "`whyreset check` prints the first error of each file, and all warnings; "
        "`whyreset explain CODE` prints the page of a code. Codes are never reused.\n"
    )
    return "\n".join([head, *(page.markdown() for page in pages().values())])


if __name__ == "__main__":
    print(document(), end="")
