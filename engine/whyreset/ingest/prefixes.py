"""Envelopes that are prefixes of a line: kubectl, kubetail, kail, compose, pm2 and others."""

import re

from whyreset.basis.lazy import lazy
from whyreset.ingest.peeling import STAMP, Peeling

KUBECTL = lazy(r"\[(?:pod|deployment|job|\w+)/([\w.-]+)/([\w.-]+)\] ?")
KUBETAIL = lazy(r"\[([a-z0-9][a-z0-9.-]*)(?: ([a-z0-9][a-z0-9-]*))?\] ")
KAIL = lazy(r"([a-z0-9][a-z0-9-]*)/([a-z0-9][a-z0-9.-]*)\[([a-z0-9][a-z0-9-]*)\]: ")
# A service without a number has a name of its own; only the two spaces tell it from a table, and
# of the longest name, which has one, the head of a record behind it.
COMPOSE = lazy(
    r"([a-zA-Z0-9][\w.-]*[-_]\d+) +\| ?|"
    r"(?!(?:trace|debug|info|notice|warn|warning|error|fatal|critical) )"
    r"([a-z][a-z0-9_.@-]*)(?: {2,}\|(?: |$)| \| (?="
    r"\[?20\d\d[-/]\d\d[-/]\d\d[T ]\d\d:|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d |"
    r"\{\"|\d{1,3}(?:\.\d{1,3}){3} - ))"
)
_TASK = lazy(r"\.[a-z0-9]{12,25}$")
_PM2 = lazy(r"\d+\|([\w.-]+) +\| ")
CLOUD_FOUNDRY = lazy(rf" *({STAMP}) \[([A-Z][\w/.-]*/\d+)\] (OUT|ERR) ?", re.IGNORECASE)
HEROKU = lazy(rf"({STAMP}) (app|heroku)\[([\w.-]+)\]: ")
LOGCLI = lazy(rf'({STAMP}) \{{((?:\w+="(?:[^"\\]|\\.)*"(?:, ?)?)*)\}}\s+')
# `grep` in several files: a name with a file's ending, and the head of a record behind it.
_GREP = lazy(
    r"(?:[\w./@+-]*\.(?:log|err|out|txt|gz|json|jsonl)|/var/log/[\w./@+-]*|syslog|messages|kern\.log)"
    r"(?:[.-][\w.-]+?)?:(?:\d{1,9}:)?(?=\[?\d|[IWEF]\d{4} |[A-Z][a-z]{2} [ \d]\d |\{\"|time=)"
)
_LABEL = lazy(r'(\w+)="((?:[^"\\]|\\.)*)"')


def kubectl(state: Peeling) -> bool:
    """`[pod/NAME/CONTAINER] text`."""
    found = KUBECTL.match(state.text)
    if found is None or state.pod:
        return False
    state.pod, state.container = found[1], found[2]
    return state.off("kubectl", found.end())


def kubetail(state: Peeling) -> bool:
    """`[POD CONTAINER] text` or `[POD] text`."""
    found = KUBETAIL.match(state.text)
    if found is None or state.pod:
        return False
    state.pod, state.container = found[1], found[2]
    return state.off("kubetail", found.end())


def kail(state: Peeling) -> bool:
    """`ns/pod[container]: text`."""
    found = KAIL.match(state.text)
    if found is None or state.pod:
        return False
    state.namespace, state.pod, state.container = found[1], found[2], found[3]
    return state.off("kail", found.end())


def compose(state: Peeling) -> bool:
    """`service-1  | text`, and of a swarm `service.1.TASK@node | text`."""
    found = COMPOSE.match(state.text)
    if found is None or state.container or state.pod:
        return False
    name, _, node = (found[1] or found[2]).partition("@")
    state.container = _TASK.sub("", name) if node else name
    state.node = node or state.node
    return state.off("compose", found.end())


def grep(state: Peeling) -> bool:
    """`access.log:text` or `access.log:17:text`."""
    found = _GREP.match(state.text)
    return bool(found and not state.stamps and state.off("grep", found.end()))


def pm2(state: Peeling) -> bool:
    """`0|app  | text`."""
    found = _PM2.match(state.text)
    if found is None or state.container:
        return False
    state.container = found[1]
    return state.off("pm2", found.end())


def cloud_foundry(state: Peeling) -> bool:
    """`   STAMP [APP/PROC/WEB/0] OUT text`."""
    found = CLOUD_FOUNDRY.match(state.text)
    if found is None or state.stamps or not state.stamped(found[1]):
        return False
    state.container = found[2]
    state.stream = "stdout" if found[3].upper() == "OUT" else "stderr"
    return state.off("cloudfoundry", found.end())


def heroku(state: Peeling) -> bool:
    """`STAMP app[web.1]: text`."""
    found = HEROKU.match(state.text)
    if found is None or state.stamps or not state.stamped(found[1]):
        return False
    state.container = found[3]
    return state.off("heroku", found.end())


def logcli(state: Peeling) -> bool:
    """`STAMP {namespace="shop", pod="api-0"} text`."""
    found = LOGCLI.match(state.text)
    if found is None or state.stamps or not state.stamped(found[1]):
        return False
    labels = dict(_LABEL.findall(found[2]))
    state.pod = labels.get("pod")
    state.namespace = labels.get("namespace")
    state.container = labels.get("container")
    state.node = labels.get("node_name") or labels.get("node")
    state.stream = labels.get("stream")
    return state.off("loki", found.end())
