"""The printed configurations: their parts, the command in them, and a real Fluent Bit if any."""

import json
import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from whyreset.basis.times import format_time
from whyreset.basis.units import NS
from whyreset.cli.main import main
from whyreset.run.fluentbit import MODES, Places, configuration, lua_filter, parsers

START = 1_800_000_000
RESET = "read tcp 10.42.1.9:80->10.42.0.1:51234: read: connection reset by peer"
WHYRESET = f"{shlex.quote(sys.executable)} -m whyreset"
PARTS = [(mode, part) for mode in MODES for part in ((None,) if mode != "pipe" else ("in", "out"))]


def places(folder: Path) -> Places:
    return Places(
        logs=str(folder / "*.log"),
        out=str(folder / "out.jsonl"),
        fifo=str(folder / "the fifo"),
        lua=str(folder / "whyreset.lua"),
        parsers=str(folder / "parsers.conf"),
        command=f"{WHYRESET} filter",
        db=str(folder / "tail.db"),
    )


def classic(text: str) -> list[tuple[str, dict[str, str]]]:
    """The sections of a classic configuration, with keys in lower case."""
    sections: list[tuple[str, dict[str, str]]] = []
    for line in text.splitlines():
        if line.startswith("["):
            sections.append((line.strip("[]").lower(), {}))
        elif line.startswith("    "):
            key, value = line.split(None, 1)
            sections[-1][1][key.lower()] = value
        else:
            assert line.startswith("#"), line
    return sections


def yaml(text: str) -> list[tuple[str, dict[str, str]]]:
    """The sections of what is printed as YAML: the little of it that is used, read strictly."""
    sections: list[tuple[str, dict[str, str]]] = []
    kind = ""
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        found = re.fullmatch(r" *(- )?([\w.]+):(?: (.*))?", line)
        assert found, line
        dash, key, value = found.groups()
        if value is None:
            kind = key.rstrip("s") if key != "pipeline" else kind
            if key == "service":
                kind = "service"
                sections.append((kind, {}))
            continue
        if dash:
            sections.append((kind, {}))
        sections[-1][1][key] = json.loads(value) if value.startswith('"') else value
    return sections


@pytest.mark.parametrize(("mode", "part"), PARTS)
def test_both_styles_say_the_same(mode: str, part: str | None, tmp_path: Path) -> None:
    one = classic(configuration(mode, "classic", places(tmp_path), part))
    other = yaml(configuration(mode, "yaml", places(tmp_path), part))
    both = [
        [
            (kind, {key: value.lower() if value in {"On", "Off"} else value
                    for key, value in values.items() if key != "parsers_file"})
            for kind, values in sections if kind != "parser"
        ]
        for sections in (one, other)
    ]  # fmt: skip
    assert sorted(map(str, both[0])) == sorted(map(str, both[1]))
    inline = [values for kind, values in other if kind == "parser"]
    needed = [v["parser"] for k, v in one if k in {"input", "filter"} and "parser" in v]
    assert {values["name"] for values in inline} >= set(needed)
    assert ("parsers_file" in one[0][1]) == bool(needed)
    assert set(needed) <= {values["name"] for _, values in classic(parsers())}


def test_what_goes_out_and_what_comes_back_have_different_tags(tmp_path: Path) -> None:
    sections = yaml(configuration("fifo", "yaml", places(tmp_path)))
    inputs = {values["tag"] for kind, values in sections if kind == "input"}
    assert inputs == {"kube.*", "labelled"}
    matches = {values["match"]: values["file"] for kind, values in sections if kind == "output"}
    assert matches == {"kube.*": "the fifo", "labelled": "out.jsonl"}


def test_the_settings_reach_the_lua_file() -> None:
    source = lua_filter([b'say "x"', b"back\\slash", "é".encode()], '/a "b"', "why", "msg")
    assert 'or "/a \\034b\\034"' in source
    assert 'local KEY = "why"' in source
    assert 'local TEXT = "msg"' in source
    body = source.partition("local LITERALS = {\n")[2].partition("\n}")[0].split("\n")
    assert body == ['  "back\\092slash",', '  "say \\034x\\034",', '  "\\195\\169",']


def test_the_command_of_the_fifo_survives_a_kill(tmp_path: Path) -> None:
    """As Fluent Bit runs it: it writes the FIFO chunk by chunk, each time opened anew."""
    where = places(tmp_path)
    os.mkfifo(where.fifo)
    sections = yaml(configuration("fifo", "yaml", where))
    (command,) = [values["command"] for _, values in sections if "command" in values]
    child = subprocess.Popen(
        ["sh", "-c", command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    got: list[dict[str, object]] = []
    rest = b""
    try:
        for chunk in range(6):
            lines = "".join(
                json.dumps({"seq": 10 * chunk + i, "log": RESET if i == 5 else "x"}) + "\n"
                for i in range(10)
            )
            with Path(where.fifo).open("w") as fifo:
                fifo.write(lines)
            while len(got) < 10 * (chunk + 1):
                assert select.select([child.stdout], [], [], 15)[0], got[-1:]
                *lines_read, rest = (rest + os.read(child.stdout.fileno(), 1 << 16)).split(b"\n")
                got += map(json.loads, lines_read)
            if chunk == 3:  # what comes now is read by the next one
                inner = subprocess.run(
                    ["ps", "-o", "pid=", "--ppid", str(child.pid)], capture_output=True, check=False
                ).stdout.split()
                for pid in inner:
                    os.kill(int(pid), signal.SIGKILL)
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        child.communicate(timeout=15)
    assert [each["seq"] for each in got] == list(range(60))
    assert [each["seq"] for each in got if "whyreset" in each] == list(range(5, 60, 10))


def test_the_command_of_the_fifo_ends_with_fluent_bit(tmp_path: Path) -> None:
    """A command that were left over would take records from the next one."""
    where = places(tmp_path)
    os.mkfifo(where.fifo)
    sections = yaml(configuration("fifo", "yaml", where))
    (command,) = [values["command"] for _, values in sections if "command" in values]
    fifo = os.open(where.fifo, os.O_RDWR)
    child = subprocess.Popen(["sh", "-c", command], stdout=subprocess.PIPE)
    os.write(fifo, b'{"log":"one"}\n')
    assert child.stdout.readline() == b'{"log":"one"}\n'
    child.stdout.close()
    child.wait(15)
    os.write(fifo, b'{"log":"two"}\n')
    assert os.read(fifo, 100) == b'{"log":"two"}\n'
    os.close(fifo)


FLUENT_BIT = shutil.which("fluent-bit")
needs_fluent_bit = pytest.mark.skipif(FLUENT_BIT is None, reason="fluent-bit is not installed")
RECORDS = 20_000


def log_lines(count: int) -> str:
    return "".join(
        f"{format_time(START * NS + i * 7_000_001)} stderr F "
        f"seq={i} {RESET if i % 50 == 0 else 'handled'}\n"
        for i in range(count)
    )


def with_tag_and_time(text: str) -> str:
    """A configuration whose last output tells Fluent Bit's own tag and time of each record."""
    head, plain, rest = text.rpartition("plain\n")
    assert plain
    assert not rest
    return head[: head.rindex("\n") + 1]


def check_records(path: Path, count: int, tag: str) -> list[dict[str, object]]:
    """Wait for all records; none is missing, none is out of order, none has another time, in
    the record or beside it, nor another tag."""
    until = time.monotonic() + 60
    while path.read_text().count("\n") < count if path.exists() else True:
        assert time.monotonic() < until, path.exists() and path.read_text().count("\n")
        time.sleep(0.2)
    tagged = [line.split(": [", 1) for line in path.read_text().splitlines()]
    assert {each for each, _ in tagged} == {tag}
    told = [rest.split(", ", 1) for _, rest in tagged]
    seconds = [divmod(START * NS + i * 7_000_001, NS) for i in range(count)]
    # Fluent Bit reads the decimals of a time as a double and cuts: some are a nanosecond less.
    assert [time for time, _ in told] == [
        f"{whole}.{int(part / NS * 1e9):09}" for whole, part in seconds
    ]
    found = [json.loads(record.removesuffix("]")) for _, record in told]
    assert [int(str(each["log"]).split()[0][4:]) for each in found] == list(range(count))
    assert [each["time"] for each in found] == [
        format_time(START * NS + i * 7_000_001) for i in range(count)
    ]
    return found


def kill_filter(agent: int) -> None:
    """Kill the filter below the shell that Fluent Bit has started."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True)
    parents = dict(map(int, line.split()) for line in listed.stdout.splitlines())
    shells = {pid for pid, parent in parents.items() if parent == agent}
    (victim,) = [pid for pid, parent in parents.items() if parent in shells]
    os.kill(victim, signal.SIGKILL)


@needs_fluent_bit
@pytest.mark.parametrize("style", ["yaml", "classic"])
@pytest.mark.parametrize("mode", ["fifo", "lua"])
@pytest.mark.parametrize("kill", [False, True])
def test_the_whole_pipeline(mode: str, style: str, kill: bool, tmp_path: Path) -> None:
    where = places(tmp_path)
    name = f"web-7d9c5b6f4-abcde_shop_web-{'a' * 64}.log"
    (tmp_path / name).write_text(log_lines(RECORDS // 2))
    Path(where.parsers).write_text(parsers())
    os.mkfifo(where.fifo)
    socket = tmp_path / "w.sock"
    lua = subprocess.run(
        [*shlex.split(WHYRESET), "fluentbit", "lua", "--unix", str(socket)],
        capture_output=True,
        check=True,
    )
    Path(where.lua).write_bytes(lua.stdout)
    config = tmp_path / f"fluent-bit.{'yaml' if style == 'yaml' else 'conf'}"
    config.write_text(with_tag_and_time(configuration(mode, style, where)))
    tag = (
        "labelled" if mode == "fifo" else f"kube.{tmp_path.as_posix()[1:]}/{name}".replace("/", ".")
    )
    serve = [*shlex.split(WHYRESET), "serve", "--unix", str(socket)]
    server = subprocess.Popen(serve, stderr=subprocess.DEVNULL) if mode == "lua" else None
    until = time.monotonic() + 15
    while server is not None and not socket.exists() and time.monotonic() < until:
        time.sleep(0.05)
    agent = subprocess.Popen([str(FLUENT_BIT), "-q", "-c", str(config)], start_new_session=True)
    try:
        check_records(Path(where.out), RECORDS // 2, tag)
        if kill and server is not None:
            server.kill()
        elif kill:
            kill_filter(agent.pid)
        with (tmp_path / name).open("a") as log:
            log.writelines(log_lines(RECORDS).splitlines(keepends=True)[RECORDS // 2 :])
        found = check_records(Path(where.out), RECORDS, tag)
    finally:
        agent.terminate()
        agent.wait(20)
        if server is not None:
            server.kill()
    marked = [each for each in found if "whyreset" in each]
    resets = sum(RESET in str(each["log"]) for each in found)
    assert len(marked) == resets or (kill and mode == "lua" and len(marked) >= resets // 2)


@needs_fluent_bit
@pytest.mark.parametrize("style", ["yaml", "classic"])
@pytest.mark.parametrize("kill", [False, True])
def test_the_whole_pipeline_of_two(style: str, kill: bool, tmp_path: Path) -> None:
    where = places(tmp_path)
    name = f"web-7d9c5b6f4-abcde_shop_web-{'a' * 64}.log"
    (tmp_path / name).write_text(log_lines(RECORDS // 2))
    Path(where.parsers).write_text(parsers())
    for part in ("in", "out"):
        config = tmp_path / f"{part}.{'yaml' if style == 'yaml' else 'conf'}"
        text = configuration("pipe", style, where, part)
        config.write_text(with_tag_and_time(text) if part == "out" else text)
        command = text.splitlines()[1].removeprefix("# ").replace(part.upper(), str(config))
    command = command.replace("IN", str(config).replace("out.", "in."))
    pipeline = subprocess.Popen(["sh", "-c", command], start_new_session=True)
    try:
        check_records(Path(where.out), RECORDS // 2, "labelled")
        pids = subprocess.run(
            ["pgrep", "-s", str(pipeline.pid), "-f", "whyreset filter$"],
            capture_output=True, text=True, check=True,
        ).stdout.split()  # fmt: skip
        if kill:
            for pid in pids:
                if "python" in Path(f"/proc/{pid}/cmdline").read_text().split("\0")[0]:
                    os.kill(int(pid), signal.SIGKILL)
        with (tmp_path / name).open("a") as log:
            log.writelines(log_lines(RECORDS).splitlines(keepends=True)[RECORDS // 2 :])
        found = check_records(Path(where.out), RECORDS, "labelled")
    finally:
        os.killpg(pipeline.pid, signal.SIGTERM)
        pipeline.wait(20)
    assert all(("whyreset" in each) == (RESET in str(each["log"])) for each in found)


SAMPLES = Path(__file__).parents[2] / "samples" / "fluent-bit"


@pytest.mark.parametrize(
    "words",
    [
        *(
            (f"{mode}.{suffix}", "config", "--mode", mode, "--format", style)
            for mode in ("fifo", "lua")
            for suffix, style in (("yaml", "yaml"), ("conf", "classic"))
        ),
        *(
            (f"pipe-{part}.{suffix}", "config", "--mode", "pipe", "--part", part, "--format", style)
            for part in ("in", "out")
            for suffix, style in (("yaml", "yaml"), ("conf", "classic"))
        ),
        ("parsers.conf", "parsers"),
        ("fluentd.conf", "fluentd"),
    ],
    ids=lambda words: words[0],
)
def test_the_samples_are_what_is_printed(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fluentbit", *words[1:]]) == 0
    assert (SAMPLES / words[0]).read_text() == capsys.readouterr().out


def test_nothing_else_is_among_the_samples() -> None:
    printed = {"fluentd.conf", "parsers.conf"} | {
        f"{mode}{'-' + part if part else ''}.{suffix}"
        for mode, part in PARTS for suffix in ("yaml", "conf")
    }  # fmt: skip
    assert {path.name for path in SAMPLES.iterdir()} == {"README.md", *printed}


def test_paths_and_command_reach_fluentds_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--out", "/data/labelled.log", "--filter", "/opt/bin/whyreset filter --hold 1s"]
    assert main(["fluentbit", "fluentd", *words]) == 0
    printed = capsys.readouterr().out
    assert "  path /data/labelled\n" in printed
    assert "  command /opt/bin/whyreset filter --hold 1s --tag-prefix labelled.\n" in printed


def test_a_part_goes_with_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fluentbit", "config", "--mode", "pipe"]) == 2
    assert main(["fluentbit", "config", "--mode", "lua", "--part", "in"]) == 2
    assert "two Fluent Bits" in capsys.readouterr().err


def test_commands_of_the_samples_exist() -> None:
    page = (SAMPLES / "README.md").read_text() + (SAMPLES / "fluentd.conf").read_text()
    named = re.findall(r"whyreset (filter|serve|fluentbit)((?: --?[\w-]+)*)", page)
    assert {name for name, _ in named} == {"filter", "serve", "fluentbit"}
    for name, options in named:
        shown = subprocess.run(
            [*shlex.split(WHYRESET), name, "--help"], capture_output=True, text=True, check=True
        ).stdout
        for option in options.split():
            assert option in shown
