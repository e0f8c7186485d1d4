"""Envelopes of platforms and supervisors that are prefixes of a line: Fly, Papertrail's archives,
Lambda, s6 and daemontools, GitHub's runners, and the numbers of lines that `grep -n` prints."""

from whyreset.basis.lazy import lazy
from whyreset.ingest.peeling import STAMP, Peeling
from whyreset.ingest.stamps import Clock, Stamp, read_stamp

_EXPLORED = lazy(
    r"(?:DEFAULT|DEBUG|INFO|NOTICE|WARNING|ERROR|CRITICAL|ALERT|EMERGENCY) "
    rf"({STAMP}) ((?:\[resource\.labels\.\w{{1,40}}: [^\]\n]{{1,253}}\] )+)"
)
_SUMMARY = lazy(r"\[resource\.labels\.(container|pod|namespace)_?[nN]ame: ([^\]\n]+)\]")
_FLY = lazy(rf"({STAMP}) (?:app|runner|proxy|health)\[([\w.-]+)\] [a-z]{{3}} ?\[\w+\] ?")
# id, generated, received, id and name of the source, its address, facility, severity, program
_PAPERTRAIL = lazy(
    r"\d{4,20}\t(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)?)\t\d{4}-\d\d-\d\dT\S+\t\d+\t"
    r"([^\t]*)\t[\d.:a-fA-F]*\t\w*\t\w*\t([^\t]*)\t"
)
_LAMBDA = lazy(rf"({STAMP})\t[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}\t[A-Z]{{4,5}}\t")
# What Grafana downloads as a text; zap's console has a level there.
_TABBED = lazy(rf"({STAMP})\t(?![A-Za-z]{{3,6}}\t)")
_CELLED = lazy(rf"\"?({STAMP})\"?,\"((?:[^\"]|\"\")*)\"\s*")
# A viewer's clock: of Rancher, of Render, of Foreman, of svlogd
_CLOCKED = lazy(
    r"(\d{1,2}/\d{1,2}/\d{4},? \d{1,2}:\d\d:\d\d(?:\.\d{1,9})? ?[AP]M)(?:[ \t]+|: )|"
    r"([A-Z][a-z]{2} [ \d]?\d \d{1,2}:\d\d:\d\d [AP]M|"
    r"[A-Z][a-z]{2} \d\d?, \d{4} @ \d\d:\d\d:\d\d\.\d{3}(?= +\||[ \t]+\d{4}-))[ \t]{1,3}(?:\| )?|"
    r"\d\d:\d\d:\d\d ([a-z][\w-]*\.\d{1,3}) +\| |"
    r"(\d{4}-\d\d-\d\d)_(\d\d:\d\d:\d\d\.\d{5}) "
)
_TAI64N = lazy(r"@4([0-9a-f]{15})([0-9a-f]{8}) ")
_TAI_SECONDS = 10
"""How far TAI was ahead of UTC in 1970, as those who write these stamps count."""
_SECOND = 1_000_000_000
_ANNOTATED = lazy(r"##\[(?:error|warning|notice|debug|command|section|group)\]")
# An access line of Envoy or Gin, or one of uWSGI, behind whatever marks its record.
_FRONTED = lazy(
    r"(?=[-*] |[^\n\"'`{]{0,80}[\d|\u2502\u203a\]>] )[^\n\"'`{]{1,100}?[ \t](?="
    r"\[\d{4}-\d\d-\d\dT[\d:.]{8,18}Z\] \"[A-Z-]{1,7} [^\"\n]{1,2000}\" \d{1,3} "
    r"(?:-|[A-Z]{2,5})[ ,]|"
    r"\[GIN\] \d{4}/|\[pid: \d+\|app: )"
)
# Only in front of what begins a record: a pid of Redis, an hour and a port look the same.
_NUMBERED = lazy(
    r"\d{1,7}[:-](?=\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:|\d{1,3}(?:\.\d{1,3}){3}(?: - |:\d{1,5} \[)|"
    r"[IWEF]\d{4} \d\d:\d\d:|\{\"[^\"]{1,60}\" ?:|(?:time|ts|level)=|\[GIN\] |\[\d\d/[A-Z]|"
    r"[A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d )"
)


def fronted(state: Peeling) -> bool:
    """`web | [STAMP] "GET ...`: marks of somebody's own before a line that has a stamp itself."""
    found = _FRONTED.match(state.text)
    return bool(found and state.off("", found.end()))


def explored(state: Peeling) -> bool:
    """`INFO STAMP [resource.labels.containerName: NAME] text`, as Google's explorer has it."""
    found = None if state.stamps else _EXPLORED.match(state.text)
    if found is None or not state.stamped(found[1]):
        return False
    labels = dict(_SUMMARY.findall(found[2]))
    state.container = labels.get("container") or state.container
    state.pod = labels.get("pod") or state.pod
    state.namespace = labels.get("namespace") or state.namespace
    return state.off("gcp", found.end())


def fly(state: Peeling) -> bool:
    """`STAMP app[MACHINE] ams [info] text`."""
    found = None if state.stamps else _FLY.match(state.text)
    if found is None or not state.stamped(found[1]):
        return False
    return state.off("fly", found.end())


def papertrail(state: Peeling) -> bool:
    """Ten columns parted by tabs, of which the last is the message."""
    found = None if state.stamps else _PAPERTRAIL.match(state.text)
    if found is None:
        return False
    stamp = found[1] if found[1][-6:-5] in {"+", "-"} or found[1].endswith("Z") else found[1] + "Z"
    if not state.stamped(stamp):
        return False
    state.node, state.container = found[2] or None, found[3] or None
    return state.off("papertrail", found.end())


def celled(state: Peeling) -> bool:
    """`"STAMP","text"`, a row of a table in which quotes are doubled."""
    found = None if state.stamps else _CELLED.fullmatch(state.text)
    if found is None or not state.stamped(found[1]):
        return False
    state.text = found[2].replace('""', '"')
    return state.off("csv", 0)


def tabbed(state: Peeling) -> bool:
    """`STAMP<tab>REQUEST<tab>LEVEL<tab>text` of Lambda, and `STAMP<tab>text`."""
    found = None if state.stamps else _LAMBDA.match(state.text)
    envelope = "cloudwatch" if found else "loki"
    found = found or (None if state.stamps else _TABBED.match(state.text))
    if found is None or not state.stamped(found[1]):
        return False
    return state.off(envelope, found.end())


def clocked(state: Peeling, clock: Clock) -> bool:
    """`11/22/2026 10:00:00 AM text`, `Nov 22 10:00:00 AM  text`,
    `Nov 22, 2026 @ 10:00:00.123 | STAMP text` of Kibana, `10:00:00 web.1  | text`, and
    `2026-11-22_10:00:00.12345 text` of svlogd, whose clock is UTC's."""
    found = None if state.stamps else _CLOCKED.match(state.text)
    if found is None:
        return False
    if found[3]:
        state.container = found[3]
        return state.off("compose", found.end())
    if found[4]:
        return state.stamped(f"{found[4]}T{found[5]}Z") and state.off("svlogd", found.end())
    stamp = read_stamp(found[1] or found[2], clock)
    if stamp is not None:
        state.stamps.append(stamp)
    return state.off("screen", found.end())


def tai64n(state: Peeling) -> bool:
    """`@4000...`, seconds and nanoseconds in hexadecimal digits."""
    found = None if state.stamps else _TAI64N.match(state.text)
    if found is None:
        return False
    seconds = int(found[1], 16) - _TAI_SECONDS
    state.stamps.append(Stamp(seconds * _SECOND + int(found[2], 16), (), 0))
    return state.off("tai64n", found.end())


def annotated(state: Peeling) -> bool:
    """What a runner of GitHub puts before a line that it colours."""
    found = _ANNOTATED.match(state.text)
    return bool(found and state.off("", found.end()))


def numbered(state: Peeling) -> bool:
    """`17:text`, and `17-text` of a line beside a found one."""
    found = None if state.stamps else _NUMBERED.match(state.text)
    return bool(found and state.off("grep", found.end()))
