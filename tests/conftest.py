"""What all tests share: a cache of their own, and examples that are the same in every run."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import whyreset

settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")

PACKAGE = Path(whyreset.__file__).parent
COMPILED = list(PACKAGE.rglob("*.so"))


def pytest_sessionstart() -> None:
    """Compiled modules that are older than a source would be tested in its place."""
    compiled = min((path.stat().st_mtime for path in COMPILED), default=float("inf"))
    for folder in ("basis", "correlate", "ingest", "model"):
        for source in (PACKAGE / folder).glob("*.py"):
            if source.stat().st_mtime > compiled:
                pytest.exit(f"{source} was changed since `make compiled`: run it, or `make pure`")


@pytest.fixture
def pure() -> None:
    """Skips a test that looks into classes in ways that those of compiled modules do not allow."""
    if COMPILED:
        pytest.skip("the engine is compiled")


@pytest.fixture(scope="session", autouse=True)
def _cache_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Programs under test can be interrupted, also where the tests run in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
