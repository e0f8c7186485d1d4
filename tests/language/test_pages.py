"""Every code has a page, and the docs have all of them."""

from pathlib import Path

import pytest

from whyreset.language.codes import CODES, CURES
from whyreset.language.pages import Page, document, pages

DOCS = Path(__file__).parents[2] / "docs" / "diagnostics.md"


def test_every_code_has_a_page() -> None:
    assert list(pages()) == list(CODES)
    assert set(CURES) <= set(CODES)


@pytest.mark.parametrize("page", pages().values(), ids=list(pages()))
def test_a_page_says_why_and_what_to_do(page: Page) -> None:
    assert page.why.endswith(".")
    assert page.wrong != page.right
    assert page.text().startswith(f"{page.code}: {CODES[page.code]} (")


def test_the_docs_are_what_is_generated() -> None:
    assert DOCS.read_text("utf-8") == document(), "run `make docs`"
