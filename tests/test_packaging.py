"""The wheel holds all that is needed, and works away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(out), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (built,) = out.glob("*.whl")
    return built


def listed(cwd: Path, **environment: str) -> tuple[set[str], set[Path]]:
    """Names of the rules in force, and the folders that they and the package come from."""
    code = (
        "import sys, whyreset; print(whyreset.__file__)\n"
        "from whyreset.basis.shipped import shipped; print(shipped('rules'))\n"
        "from whyreset.cli.main import main; sys.exit(main(['rules']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env={**os.environ, "XDG_CACHE_HOME": str(cwd / "cache"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    package, folder, *rows = done.stdout.splitlines()
    return {row.split()[1] for row in rows}, {Path(package).parent, Path(folder)}


def test_the_wheel_holds_rules_grammars_and_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for kind, pattern in (("rules", "*.rules"), ("grammars", "*.lark")):
        ours = {f"whyreset/{kind}/{path.name}" for path in (ROOT / kind).glob(pattern)}
        assert ours, kind
        assert ours <= names
    assert {"whyreset/py.typed", "whyreset/run/whyreset.lua"} <= names
    assert not [name for name in names if name.startswith(("tests/", "samples/"))]


def test_installed_elsewhere(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    subprocess.run(
        [
            sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
            "--disable-pip-version-check", "--target", str(target), str(wheel),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    away, beside = tmp_path / "away", tmp_path / "beside"
    away.mkdir()
    beside.mkdir()
    rules, places = listed(away, PYTHONPATH=str(target))
    assert places == {target / "whyreset", target / "whyreset" / "rules"}
    in_checkout, _ = listed(beside, PYTHONPATH=str(ROOT / "engine"))
    assert rules == in_checkout
    assert "tcp_health_check" in rules


def test_in_a_checkout(tmp_path: Path) -> None:
    _, places = listed(tmp_path, PYTHONPATH=str(ROOT / "engine"))
    assert places == {ROOT / "engine" / "whyreset", ROOT / "rules"}
