"""`whyreset test --watch` runs the tests anew when a rule file changes."""

import signal
import subprocess
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

RULES = """use "../common/names.rules"
rule r {
  label probe_noise
  burst of reset by pod, peer gap 5m
  when { at least 3 }
  test "three" { at 0s..20s every 10s  reset peer=10.0.0.1; expect probe_noise }
}
"""


class Watching:
    """A run, and what it prints, line by line."""

    def __init__(self, shell: Any, *words: str) -> None:
        self.process = subprocess.Popen(
            shell.command("test", "--no-builtin", "--watch", *words),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=shell.environment,
        )
        self._lines: Queue[str] = Queue()
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip())

    def told(self) -> list[str]:
        """What is printed up to where it waits."""
        lines: list[str] = []
        while "waiting for changes" not in "".join(lines[-1:]):
            lines.append(self._lines.get(timeout=30))
        return lines


def test_tests_run_with_each_change(shell: Any, tmp_path: Path) -> None:
    path = tmp_path / "team" / "team.rules"
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "names.rules").write_text("network office = 10.1.0.0/16\n")
    (tmp_path / "team").mkdir()
    path.write_text(RULES)
    watching = Watching(shell, str(path))
    try:
        assert "1 passed, 0 failed" in watching.told()
        (path.parent / "report.txt").write_text("no rules")
        path.write_text(RULES.replace("at least 3", "at least 9"))
        second = watching.told()
        assert "changed: team.rules" in second
        assert "0 passed, 1 failed" in second
        path.write_text(RULES.replace("at least 3", "at leest 3"))
        assert any("E001" in line for line in watching.told())
        path.write_text(RULES)
        assert "1 passed, 0 failed" in watching.told()
        used = tmp_path / "common" / "names.rules"
        used.write_text("network office = 10.2.0.0/16\n")
        assert "changed: names.rules" in watching.told()
        watching.process.send_signal(signal.SIGINT)
        assert watching.process.wait(timeout=30) in (0, 130, -signal.SIGINT)
    finally:
        watching.process.kill()
        watching.process.wait()
