"""The command as a real process."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

RULES = """event reset {
  match `read tcp <local:addr>-><peer:addr>: read: connection reset by peer`
  match /(?<peer>[\\d.]+) hung up on (?<client>[^|]+)/
}
event access {
  match /(?<client>[\\d.]+) GET (?<path>\\S+) (?<status>\\d+)/
}
rule few {
  label probe_noise
  title "Few"
  burst of reset by pod, peer gap 60s
  when {
    met: any have access from peer within 1h if known
    at least 4
  }
  because "{count} from {peer}, {met.path}"
  remedy "none ± needed"
  test "four" {
    at 0s..30s every 10s reset peer=10.0.0.1
    expect probe_noise count=4
  }
}
"""


@dataclass(frozen=True)
class Shell:
    """Runs `whyreset` with the rules above, and nothing of the user's."""

    rules: Path
    environment: dict[str, str]

    def command(self, *words: str | Path) -> list[str]:
        return [sys.executable, "-m", "whyreset", *map(str, words)]

    def run(
        self, *words: str | Path, stdin: bytes = b"", code: int = 0, **environment: str
    ) -> "Said":
        done = subprocess.run(
            self.command(*words),
            input=stdin,
            capture_output=True,
            check=False,
            timeout=30,
            env=self.environment | environment,
        )
        said = Said(done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in said.err, said.err
        assert done.returncode == code, said
        return said

    def reads(
        self, *words: str | Path, stdin: bytes = b"", code: int = 0, command: str = "run"
    ) -> "Said":
        chosen = (command, "--no-builtin", "-r", self.rules, *words)
        return self.run(*chosen, stdin=stdin, code=code)


@dataclass(frozen=True)
class Said:
    out: str
    err: str


def reset_lines(count: int, peer: str = "10.0.0.1") -> bytes:
    return b"".join(
        f"2026-11-22T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}.5Z stdout F read tcp "
        f"10.0.9.9:80->{peer}:{30000 + i % 9999}: read: connection reset by peer\n".encode()
        for i in range(count)
    )


@pytest.fixture(scope="session")
def lines() -> Callable[..., bytes]:
    """`lines(count, peer)`: CRI lines, one reset a second."""
    return reset_lines


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = tmp_path_factory.mktemp("shell")
    (folder / "own.rules").write_text(RULES)
    kept = {"PATH", "HOME", "LANG", "LC_ALL", "XDG_CACHE_HOME", "VIRTUAL_ENV"}
    environment = {name: value for name, value in os.environ.items() if name in kept}
    return Shell(folder / "own.rules", environment)
