"""`whyreset new`: a commented skeleton that passes `whyreset check` and `whyreset test`."""

import argparse
import re
import sys

from whyreset.cli.common import say
from whyreset.model.diagnostic import RuleError
from whyreset.model.event import FIELDS

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)

_RULE = """\
# What NAME is about, in one sentence. Try it:
#   whyreset check NAME.rules && whyreset test NAME.rules
#   whyreset run -r NAME.rules LOGS...
#
# Labels: probe_noise, client_abort, termination_fallout, idle_timeout, resource_exhaustion,
# protocol_mismatch, backend_crash.

rule NAME {
  label       client_abort
  title       "TITLE"                # shown under the label
  severity    low                    # info, low, warning, critical
  priority    50                     # rules are tried from the highest down
  confidence  80%                    # what a verdict is worth when every clause holds
  burst of reset by pod, peer gap 60s  # resets of one pod and peer, less than 60s apart

  # Each line must hold. Lines about single resets come first, lines about all of them last.
  when {
    peer not in loopback
    # A name makes what a clause found available to the texts: {asked}, {asked.path}.
    asked: access status >= 200 from peer within 5s before
    at least 2
  }
  # Any of these that holds is an exception.
  unless {
    termination on pod within 30s before
  }
  because "{count} resets from {peer}, after {asked.method} {asked.path} (status {asked.status})."
  remedy  "Say what to do."
  verify  "kubectl -n {namespace} logs {pod} --since=10m"

  # A test says which events there are and what the rule makes of them.
  test "two resets after a request" {
    at 0s   access client=10.42.0.20 status=200 method=GET path="/report"
    at 1s   reset peer=10.42.0.20
    at 2s   reset peer=10.42.0.20
    expect client_abort peer=10.42.0.20 count=2
  }
  # And when it must stay silent.
  test "nobody had asked for anything" {
    at 1s   reset peer=10.42.0.20
    at 2s   reset peer=10.42.0.20
    expect unknown
  }
  test "one reset is not enough" {
    at 0s   access client=10.42.0.20 status=200
    at 1s   reset peer=10.42.0.20
    expect unknown
  }
  test "a peer of our own" {
    at 0s   access client=127.0.0.1 status=200
    at 1s   reset peer=127.0.0.1
    at 2s   reset peer=127.0.0.1
    expect unknown
  }
  test "the pod was being ended" {
    at 0s   termination pod=app-1
    at 0s   access client=10.42.0.20 status=200
    at 1s   reset peer=10.42.0.20
    at 2s   reset peer=10.42.0.20
    expect unknown
  }
}
"""

_EVENT = """\
# What NAME is: a line of your service that tells something about a connection.
# See what the pattern matches:  whyreset try 'order <order:word> lost: peer <client:addr>' < LOG

event NAME {
  # from container "api-*"          # only lines of these sources
  match  `order <order:word> lost: peer <client:addr>`
  sample `order A17 lost: peer 10.42.3.9` gives order=A17 client=10.42.3.9
  sample `order A17 accepted: peer 10.42.3.9` gives nothing
}

# A rule that asks for it; `{lost.order}` is what the event says.
rule NAME_beside_reset {
  label     termination_fallout
  title     "TITLE"
  severity  warning
  priority  95
  burst of reset by pod, peer gap 60s
  when {
    lost: any have NAME from peer within 5s
  }
  because "{count} resets from {peer}; order {lost.order} was lost with them."
  remedy  "Say what to do."

  test "beside a reset" {
    at 10s  NAME client=10.42.3.9 order=A17
    at 11s  reset peer=10.42.3.9
    expect termination_fallout peer=10.42.3.9
  }
  test "of another peer" {
    at 10s  NAME client=10.42.3.8 order=A17
    at 11s  reset peer=10.42.3.9
    expect unknown
  }
}
"""
_BUILT_IN = """\
# A line of your service to be known as `NAME`. Its fields: FIELDS.
# See what the pattern matches:  whyreset try 'order lost at <FIELD:TYPE>' < LOG

event NAME {
  # from container "api-*"          # only lines of these sources
  match  `order lost at <FIELD:TYPE>`
  sample `order lost at VALUE` gives FIELD=VALUE
  sample `order sent to VALUE` gives nothing
}
"""
_SHOWN = {"peer": "10.42.3.9", "client": "10.42.3.9", "pod": "api-1"}
"""Of the fields of a built-in kind the first of these is shown, with this value."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `new`."""
    parser.add_argument("what", choices=("rule", "event"))
    parser.add_argument("name", metavar="NAME", help="letters, digits and _")


def run(options: argparse.Namespace) -> int:
    """Print the skeleton in canonical form: `whyreset new rule NAME > NAME.rules`."""
    if not _NAME.fullmatch(options.name):
        say(f"whyreset: {options.name!r} is no name: letters, digits and _, no digit first")
        return 2
    from whyreset.language.format import format_text  # noqa: PLC0415  imports lark

    try:
        text = format_text(_skeleton(options.what, options.name))
    except RuleError:
        say(f"whyreset: {options.name!r} is a word of the rule language: choose another name")
        return 2
    sys.stdout.write(text)
    return 0


def _skeleton(what: str, name: str) -> str:
    if what == "event" and name in FIELDS:
        return _of_built_in(name)
    title = name.replace("_", " ")
    text = _RULE if what == "rule" else _EVENT
    return text.replace("NAME", name).replace("TITLE", title[:1].upper() + title[1:])


def _of_built_in(kind: str) -> str:
    """A kind that is known has the fields it has, and rules that ask for it."""
    from whyreset.language.kinds import type_of_name  # noqa: PLC0415  only where it is asked for

    field = next(each for each in _SHOWN if each in FIELDS[kind])
    text = _BUILT_IN.replace("FIELDS", ", ".join(FIELDS[kind])).replace("FIELD", field)
    text = text.replace("TYPE", type_of_name(field)).replace("VALUE", _SHOWN[field])
    return text.replace("NAME", kind)
