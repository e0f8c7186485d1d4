"""The manifest of docs/deploy.yaml fits this program, and docs/deploy.md tells what it does."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from whyreset.cli.main import _parse
from whyreset.ingest.checkpoint import Checkpoint
from whyreset.ingest.folder import Folders
from whyreset.ingest.stamps import Clock
from whyreset.language.load import load, load_text
from whyreset.run.follow import Follow
from whyreset.run.metrics import _Collector
from whyreset.run.reload import Rules
from whyreset.run.signals import Signals
from whyreset.run.standard_output import StandardOutput
from whyreset.run.tallies import Tallies

yaml = pytest.importorskip("yaml")
DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "deploy.md").read_text()
OBJECTS = {each["kind"]: each for each in yaml.safe_load_all((DOCS / "deploy.yaml").read_text())}
POD = OBJECTS["DaemonSet"]["spec"]["template"]["spec"]
CONTAINERS = {each["name"]: each for each in POD["containers"]}
FOLLOWER, CLUSTER = CONTAINERS["whyreset"], CONTAINERS["cluster"]


@pytest.fixture
def options() -> Any:
    program, *words = FOLLOWER["command"]
    assert program == "whyreset"
    return _parse(words)


def mounts(container: dict[str, Any]) -> dict[str, str]:
    return {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}


def test_the_options_exist_and_lead_to_what_is_mounted(options: Any) -> None:
    assert options.follow
    places = mounts(FOLLOWER)
    for path in (*options.paths, *options.rules, options.state, FOLLOWER["env"][0]["value"]):
        assert any(f"{path}/".startswith(f"{place}/") for place in places), path
    volumes = {volume["name"] for volume in POD["volumes"]}
    assert {*places.values(), *mounts(CLUSTER).values()} == volumes
    mounted = FOLLOWER["volumeMounts"]
    written = {mount["mountPath"] for mount in mounted if not mount.get("readOnly")}
    assert written == {str(options.state)}


def test_the_limit_leaves_room_above_what_the_program_keeps_to(options: Any) -> None:
    limit, request = (
        int(FOLLOWER["resources"][kind]["memory"].removesuffix("Mi")) << 20
        for kind in ("limits", "requests")
    )
    assert options.memory * 1.2 <= limit
    assert options.memory == request


def test_the_port_is_the_one_that_is_asked() -> None:
    ports = {port["name"]: port["containerPort"] for port in FOLLOWER["ports"]}
    probe = FOLLOWER["livenessProbe"]["httpGet"]
    assert f"--metrics=:{ports[probe['port']]}" in FOLLOWER["command"]
    assert probe["path"] == "/healthz"
    notes = OBJECTS["DaemonSet"]["spec"]["template"]["metadata"]["annotations"]
    assert notes["prometheus.io/port"] == str(ports["metrics"])


def test_the_rights_are_those_that_the_script_needs() -> None:
    (script,) = CLUSTER["args"]
    assert subprocess.run(["sh", "-n", "-c", script], check=False).returncode == 0
    (right,) = OBJECTS["ClusterRole"]["rules"]
    assert set(right["resources"]) == set(re.findall(r"kubectl get (\w+)", script))
    assert right["verbs"] == ["get", "list", "watch"]
    (subject,) = OBJECTS["ClusterRoleBinding"]["subjects"]
    account = OBJECTS["ServiceAccount"]["metadata"]
    assert {key: subject[key] for key in account} == account
    assert POD["serviceAccountName"] == account["name"]


def test_the_rules_of_the_config_map_load() -> None:
    for name, text in OBJECTS["ConfigMap"]["data"].items():
        assert name.endswith(".rules")
        assert load_text(text, name, builtin=True).networks


def test_the_metrics_are_all_told(tmp_path: Path) -> None:
    plan = load([], builtin=True)
    run = Follow(
        plan, Folders([str(tmp_path)]), Clock(), signals=Signals(),
        rules=Rules([], builtin=True, plan=plan), checkpoint=Checkpoint(tmp_path / "state"),
    )  # fmt: skip
    found = _Collector(run, Tallies(), StandardOutput(1, run._signals.is_stopping)).collect()
    names = {each.name + ("_total" if each.type == "counter" else "") for each in found}
    assert names == set(re.findall(r"`(whyreset_\w+)", PAGE))


def test_the_mounts_are_all_told() -> None:
    rows = re.findall(r"^\| `(/[^`]+)`", PAGE, re.MULTILINE)
    assert rows == [mount["mountPath"] for mount in FOLLOWER["volumeMounts"]]
