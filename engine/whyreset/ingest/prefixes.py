"""Envelopes that are prefixes of a line: kubectl, kubetail, kail, compose, pm2 and others."""

import re

from whyreset.basis.json_text import decode
from whyreset.basis.lazy import lazy
from whyreset.ingest.cloud_envelopes import place_of_stream
from whyreset.ingest.json_envelopes import label_places
from whyreset.ingest.peeling import HEADER, STAMP, Peeling
from whyreset.ingest.source_name import POD, SURE_POD, source_told
from whyreset.ingest.stamps import Clock, read_stamp

KUBECTL = lazy(r"\[(?:pod|deployment|job|\w+)/([\w.-]+)/([\w.-]+)\] ?")
KUBETAIL = lazy(r"\[([a-z0-9][a-z0-9.-]*)(?: ([a-z0-9][a-z0-9-]*))?\] ")
_SURE_KUBETAIL = lazy(rf"\[{SURE_POD}[\] ]")
_CONTAINER = r"([a-z0-9][a-z0-9-]*) "
_STERN_FORMS = tuple(
    lazy(rf"(?!\S+ exited with code )(?:([a-z0-9][a-z0-9-]*) )??({pod}) {_CONTAINER}")
    for pod in (SURE_POD, POD, r"[a-z0-9][a-z0-9.-]*")
)
# Without the whole input to go by, only a name that a ReplicaSet made is taken for a pod.
STERN_SURE = _STERN_FORMS[0]
_SHORT = lazy(r"(\d\d)-(\d\d) (\d\d:\d\d:\d\d) ")
_RUNTIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7,9}(?:Z|[+-]\d\d:\d\d)"
_NAMED = lazy(rf"(?:pod/)?([A-Za-z0-9][\w.-]*)(?:[:/ ]([a-z0-9][\w.-]*))?[:|]? (?={_RUNTIME} )")
_POD = lazy(POD)
_CLOUDWATCH = lazy(rf"({STAMP}) ([^\s/]+/[^\s/]+/[0-9a-f]{{32}}|\S+\.log) ")
GRAFANA = lazy(rf"\d{{13}}\t({STAMP})\t")
KAIL = lazy(r"([a-z0-9][a-z0-9-]*)/([a-z0-9][a-z0-9.-]*)\[([a-z0-9][a-z0-9-]*)\]: ")
# A service without a number has a name of its own; only the two spaces tell it from a table, and
# of the longest name, which has one, the head of a record behind it.
COMPOSE = lazy(
    r"([a-zA-Z0-9][\w.-]*[-_.]\d+) +\| ?|"
    r"(?!(?:trace|debug|info|notice|warn|warning|error|fatal|critical) )"
    r"([a-z][a-z0-9_.@-]*)(?: {2,}\|(?: |$)| \| (?="
    r"\[?20\d\d[-/]\d\d[-/]\d\d[T ]\d\d:|[A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d |"
    r"\{\"|\d{1,3}(?:\.\d{1,3}){3} - ))"
)
_TASK = lazy(r"\.[a-z0-9]{12,25}$")
_PM2 = lazy(
    r"\d+\|([\w.-]+) +\| "
    r"(?:(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?: ?[+-]\d\d:?\d\d)?): )?"
)
CLOUD_FOUNDRY = lazy(rf" *({STAMP}) \[([A-Z][\w/.-]*/\d+)\] (OUT|ERR) ?", re.IGNORECASE)
# As `heroku logs` prints it, and as a drain of syslog sends it on
HEROKU = lazy(
    rf"({STAMP}) (?:(?:app|heroku)\[([\w.-]+)\]: |"
    r"(?:host )?(?:app|heroku) ([a-z][\w-]*\.\d{1,4}) - (?:- )?)"
)
_LABELS = r'\{((?:\w+="(?:[^"\\]|\\.)*"(?:, ?)?)*)\}\s+'
LOGCLI = lazy(rf"({STAMP}) {_LABELS}")
_LABELLED = lazy(_LABELS)
# Of `journalctl -o verbose`
_FIELD = lazy(r"\s*MESSAGE=")
# `grep` in several files: a name with a file's ending, and the head of a record behind it.
_GREP = lazy(
    r"((?:[\w./@+-]*\.(?:log|err|out|txt|gz|json|jsonl)|/var/log/[\w./@+-]*|syslog|messages|kern\.log)"
    r"(?:[.-][\w.-]+?)?):(?:\d{1,9}:)?(?=\[?\d|[IWEF]\d{4} |[A-Z][a-z]{2} [ \d]?\d |\{\"|time=|"
    r"(?:https?|h2|wss?|grpcs) \d{4}-|[\da-f]{0,4}:[\da-f:.]{1,40} - \S+ \[\d\d/)"
)
# How a record begins that somebody has indented or marked as a log: by a stamp, an address, a
# method or an object. Screens of k9s stand in frames.
_PASTED = lazy(
    r"(?:[ \t]+|[ \t]*(`{1,3}|>{1,3} ?|\u2502 ?))"
    r"(?=\d{4}[-/.]\d\d[-/.]\d\d[T \t]\d\d:|[IWEF]\d{4} \d\d:\d\d:|"
    r"(?:[^\W\d_]{2,4}\.?|\d{1,2}\u6708) [ \d]?\d (?:\d{4} )?\d\d:\d\d:\d\d[ .]|"
    r"(?:\d{1,4} )?<\d{1,3}>|\{\"[^\"]{1,60}\" ?:|(?:time|ts|level|t)=|"
    r"\[(?:\d{4}[-/]\d\d[-/]\d\d[T ]|\d\d/[A-Z][a-z]{2}/\d{4}|[A-Z][a-z]{2} [A-Z][a-z]{2} |"
    r"[A-Z][a-z]{2} [ \d]?\d \d\d:| *\d{1,8}\.\d{3,9}s?\] |GIN\] |pid: \d|pod/)|"
    r"(?:INFO|WARN|ERRO|DEBU|FATA)\[|\d+:[A-Z] \d\d [A-Z]|\d{10}\.\d{3}[ \t]|"
    r"(?:https?|h2|wss?|grpcs) \d{4}-\d\d-\d\dT|"
    r"(?:[\w.-]{1,80}:\d{1,5} )?(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f:]{0,30}::?[\da-f.:]{1,30})"
    r"(?::\d{1,5})? (?:- |\[\d\d/|\[\d{4}-)|"
    r"\"?(?:GET|POST|PUT|DELETE|HEAD|OPTIONS|PATCH) [/*]\S{0,400} HTTP/\d)"
)
# A whole record as an element of a list, or as somebody quotes it
_QUOTED = lazy(r"(?:\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|\u201c([^\u201c\u201d]*)\u201d)[,;]?\s*")
_RECORD = lazy(rf"{HEADER}|[A-Z][a-z]{{2}} [ \d]?\d \d\d:\d\d:\d\d ")
# A quoted cell, in which quotes are doubled
_CELL = lazy(r"\"((?:[^\"]|\"\")*)\"[,;]?\s*")
# A member of an object that has a line of its own: what a container or a process has printed, or
# the message of who logs, where it begins as records do.
_KEYED = lazy(
    r"\s*\"(?:(log|textPayload)|(?:@?message|msg|MESSAGE|line))\": ?(\"(?:[^\"\\]|\\.)*\"),?\s*"
)
# Docker's desktop puts the viewer's time in front of a line; one of an access log has its own.
_VIEWED = lazy(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})?) (?="
    r"\[(?:GIN\] \d{4}/|pid: \d+\|app: |\d{4}-\d\d-\d\dT[\d:.]{8,18}Z\] \"[A-Z-]{1,7} )|"
    r"(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f:]{0,30}::?[\da-f.:]{1,30}) - \S+ \[\d\d/[A-Z])"
)
_LABEL = lazy(r'(\w+)="((?:[^"\\]|\\.)*)"')


def pasted(state: Peeling) -> bool:
    """A record in the text of whoever pasted it; what goes on with another begins otherwise."""
    found = _PASTED.match(state.text)
    if found is None:
        return False
    if found[1] and found[1][0] != ">":
        text = state.text.rstrip(" \u2502")
        if found[1][0] == "`" and text[-1] != "`":
            return False
        state.text = text.rstrip("`")
    return state.off("", found.end())


def quoted(state: Peeling) -> bool:
    """A whole record in quotes."""
    text = _unquoted(state.text)
    if not _RECORD.match(text):
        return False
    state.text = text
    return True


def _unquoted(text: str) -> str:
    """What stands in quotes: a backslash stands before those within, or they are doubled."""
    found = _QUOTED.fullmatch(text)
    if found is None:
        cell = _CELL.fullmatch(text)
        return cell[1].replace('""', '"') if cell else ""
    inner = found[found.lastindex or 0]
    return inner.replace('\\"', '"').replace("\\\\", "\\") if found.lastindex == 1 else inner


def keyed(state: Peeling) -> bool:
    """`"log": "text",` of an object that somebody has laid out."""
    found = _KEYED.fullmatch(state.text)
    if found is None:
        return False
    try:
        text = decode(found[2])
    except ValueError:
        return False
    if not isinstance(text, str) or not (found[1] or _RECORD.match(text)):
        return False
    state.text = text.rstrip("\n")
    return True


def kubectl(state: Peeling) -> bool:
    """`[pod/NAME/CONTAINER] text`."""
    found = KUBECTL.match(state.text)
    if found is None or state.pod:
        return False
    state.pod, state.container = found[1], found[2]
    return state.off("kubectl", found.end())


def kubetail(state: Peeling, *, sure: bool) -> bool:
    """`[POD CONTAINER] text` or `[POD] text`; `sure` where nothing but the pod's name tells."""
    if state.pod or (sure and not _SURE_KUBETAIL.match(state.text)):
        return False
    found = KUBETAIL.match(state.text)
    if found is None:
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


def stern(state: Peeling, clock: Clock, *, sure: bool) -> bool:
    """`POD CONTAINER text` or `NAMESPACE POD CONTAINER text`, with `--timestamps=short` or not."""
    if state.pod or state.stamps:
        return False
    matches = (form.match(state.text) for form in _STERN_FORMS[: 1 if sure else 3])
    found = next((found for found in matches if found), None)
    if found is None:
        return False
    state.namespace, state.pod, state.container = found[1], found[2], found[3]
    state.off("stern", found.end())
    short = _SHORT.match(state.text)
    stamp = read_stamp(f"I{short[1]}{short[2]} {short[3]}", clock) if short else None
    if short and stamp:
        state.stamps.append(stamp)
        state.off("stern", short.end())
    return True


def named(state: Peeling) -> bool:
    """A name before a runtime's stamp: podman's of several containers, `sed` after kubectl."""
    found = _NAMED.match(state.text)
    if found is None or state.pod or state.container or state.stamps:
        return False
    if _POD.fullmatch(found[1]):
        state.pod, state.container = found[1], found[2]
    else:
        state.container = found[2] or found[1]
    return state.off("kubectl", found.end())


def cloudwatch(state: Peeling) -> bool:
    """`STAMP STREAM text` of `aws logs tail`, where the stream's name tells who printed it."""
    found = None if state.stamps else _CLOUDWATCH.match(state.text)
    place = place_of_stream(found[2]) if found else None
    if found is None or not place or not state.stamped(found[1]):
        return False
    state.take(place)
    return state.off("cloudwatch", found.end())


def grafana(state: Peeling) -> bool:
    """`MILLISECONDS<tab>STAMP<tab>text` of what Grafana downloads."""
    found = GRAFANA.match(state.text)
    if found is None or state.stamps or not state.stamped(found[1]):
        return False
    return state.off("loki", found.end())


def viewed(state: Peeling, clock: Clock) -> bool:
    """`DATE TIME text` in front of an access line."""
    found = None if state.stamps else _VIEWED.match(state.text)
    stamp = read_stamp(found[1], clock) if found else None
    if found is None or stamp is None:
        return False
    state.stamps.append(stamp)
    return state.off("docker", found.end())


def compose(state: Peeling) -> bool:
    """`service-1  | text`, of a swarm `service.1.TASK@node | text`; also with the process in it,
    which some images print alike."""
    found = COMPOSE.match(state.text)
    if found is None or state.pod:
        return False
    if state.container:
        return state.envelope == "compose" and "." in found[0] and state.off("", found.end())
    name, _, node = (found[1] or found[2]).partition("@")
    state.container = _TASK.sub("", name) if node else name
    state.node = node or state.node
    return state.off("compose", found.end())


def grep(state: Peeling) -> bool:
    """`access.log:text` or `access.log:17:text`."""
    found = _GREP.match(state.text)
    if found is None or state.stamps:
        return False
    place = source_told(found[1])
    state.name, state.namespace = place.name, place.namespace
    state.pod, state.container = place.pod, place.container
    return state.off("grep", found.end())


def pm2(state: Peeling, clock: Clock) -> bool:
    """`0|app  | text`, or with a time: `0|app  | 2026-11-22T10:00:00: text`."""
    found = _PM2.match(state.text)
    if found is None or state.container:
        return False
    state.container = found[1]
    stamp = read_stamp(found[2], clock) if found[2] else None
    if stamp is not None:
        state.stamps.append(stamp)
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
    """`STAMP app[web.1]: text`, or `STAMP host app web.1 - text`."""
    found = HEROKU.match(state.text)
    if found is None or state.stamps or not state.stamped(found[1]):
        return False
    state.container = found[2] or found[3]
    return state.off("heroku", found.end())


def logcli(state: Peeling) -> bool:
    """`STAMP {namespace="shop", pod="api-0"} text`."""
    found = LOGCLI.match(state.text)
    if found is None or state.stamps or not state.stamped(found[1]):
        return False
    state.take(label_places(dict(_LABEL.findall(found[2]))))
    return state.off("loki", found.end())


def labelled(state: Peeling) -> bool:
    """`{namespace="shop", pod="api-0"} text`, as a page shows a line of Loki."""
    found = _LABELLED.match(state.text)
    if found is None or not found[1]:
        return False
    state.take(label_places(dict(_LABEL.findall(found[1]))))
    return state.off("loki", found.end())


def journal_field(state: Peeling) -> bool:
    """`    MESSAGE=text`."""
    found = _FIELD.match(state.text)
    return bool(found and state.off("journald", found.end()))
