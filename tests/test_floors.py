"""Imports go down the house only, and siblings on one floor do not know each other."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "engine" / "whyreset"
BELOW = {
    "basis": set(),
    "model": {"basis"},
    "language": {"basis", "model"},
    "ingest": {"basis", "model"},
    "correlate": {"basis", "model"},
    "run": {"basis", "model", "language", "ingest", "correlate"},
    "editor": {"basis", "model", "language", "run"},
    "cli": {"basis", "model", "language", "ingest", "correlate", "run", "editor"},
}
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("*/**/*.py"))


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            yield from (
                (node.lineno, f"{node.module}.{alias.name}" if node.module == "whyreset" else
                 str(node.module))
                for alias in node.names
            )  # fmt: skip


def strays(module: str, tree: ast.Module) -> list[str]:
    """The imports of a module that do not go down."""
    floor = module.partition("/")[0]
    allowed = BELOW[floor] | {floor, "__version__"}
    return [
        f"{module}:{line} imports {name}"
        for line, name in imported(tree)
        if name.split(".")[0] == "whyreset" and name.split(".")[1] not in allowed
    ]


def test_every_folder_is_a_floor() -> None:
    assert {module.partition("/")[0] for module in MODULES} == set(BELOW)


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    assert strays(module, ast.parse((ROOT / module).read_text())) == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("correlate/x.py", "from whyreset.ingest.lines import Row"),
        ("correlate/x.py", "import whyreset.language.load"),
        ("ingest/x.py", "def f():\n    from whyreset.language import tree"),
        ("model/x.py", "from whyreset import cli"),
        ("basis/x.py", "from whyreset.model.event import Event"),
    ],
)
def test_an_import_upwards_would_be_found(module: str, line: str) -> None:
    assert strays(module, ast.parse(line))


def test_what_the_heart_loads_when_it_is_imported() -> None:
    """Neither a grammar nor a terminal library is needed to correlate: start-up counts."""
    heavy = {"lark", "rich", "watchfiles", "hyperscan", "pygls", "lsprotocol"}
    for module in MODULES:
        if module.startswith("editor/"):
            continue  # imported by `whyreset lsp` alone
        tree = ast.parse((ROOT / module).read_text())
        top = ast.Module([node for node in tree.body if not isinstance(node, ast.If)], [])
        for node in top.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {name.split(".")[0] for _, name in imported(ast.Module([node], []))}
                lark_user = module.startswith("language/") and names & heavy == {"lark"}
                assert lark_user or not names & heavy, f"{module} imports {names & heavy}"
