"""Narrowing: of the events that only serve as evidence, search for those that rules can use.

An access log has a line for each request, and rules ask for few of them: those with a status of
499, or those from the networks in which a rule's peers must be. What a rule demands of a field
becomes a literal to search for, so that the other lines are never looked at.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from whyreset.basis.frozen import Frozen, replace
from whyreset.basis.network import parse_prefix
from whyreset.language.literals import leads, literals_with, required_literals
from whyreset.language.matchers import logfmt_key
from whyreset.model.definition import BEFORE_PEERS, LOGFMT, Condition, Definition, Matcher, Wanted
from whyreset.model.event import FAR_ENDS, RESET
from whyreset.model.rule import BY_OWNER, FROM_CLIENT, InNetwork, Rule, asking, asks_labels

_MOST = 32
_MANY = 200
"""Clauses that ask for one kind of event: of more, each event counts. What they have in common
would take longer to find than it can save."""
_UNANSWERED = '" - '
"""What follows the request in place of a status: the client left before there was an answer. It is
all that tells such a line from those of the requests that were answered."""
_ANCHORED = re.compile(r"(?:\(\?m:)?\^")


class _Need(Frozen):
    """What a rule asks of a kind: conditions, and prefixes that its client must be in."""

    conditions: tuple[Condition, ...]
    prefixes: tuple[str, ...] | None
    from_peer: bool


def narrowed(
    definitions: Iterable[Definition], rules: Sequence[Rule], networks: dict[str, tuple[str, ...]]
) -> tuple[Definition, ...]:
    """The definitions with what has to be searched for when these rules are run."""
    needs = _needs(rules, networks)
    return tuple(
        replace(
            definition,
            matchers=tuple(
                _narrowed(matcher, definition, needs.get(definition.kind))
                for matcher in definition.matchers
            ),
        )
        if definition.kind in needs
        else replace(
            definition,
            matchers=tuple(replace(matcher, wanted=()) for matcher in definition.matchers),
        )
        for definition in definitions
    )


def _needs(
    rules: Sequence[Rule], networks: dict[str, tuple[str, ...]]
) -> dict[str, list[_Need] | None]:
    """Per kind what is asked for; None where every event counts."""
    needs: dict[str, list[_Need] | None] = dict.fromkeys((RESET, *FAR_ENDS))
    if asks_labels(rules):
        needs["address"] = None
    for rule in rules:
        needs[rule.kind] = None
        prefixes = _peer_prefixes(rule, networks)
        for clause in asking((*rule.when, *rule.unless)):
            if clause.relation in BY_OWNER:
                needs["address"] = None
            asked = needs.setdefault(clause.event, [])
            if asked is not None:
                from_peer = clause.relation in FROM_CLIENT
                prefixed = prefixes if from_peer else None
                asked.append(_Need(clause.conditions, prefixed, from_peer))
    return {kind: asked if len(asked or ()) <= _MANY else None for kind, asked in needs.items()}


def _peer_prefixes(rule: Rule, networks: dict[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """How the text of a peer's address must begin for the rule to hold; None where it is open."""
    for clause in rule.when:
        if (
            isinstance(clause, InNetwork)
            and clause.field == "peer"
            and not (clause.negated or clause.if_known or clause.quantifier)
        ):
            prefixes = [prefix for name in clause.networks for prefix in networks[name]]
            if len(prefixes) > _MOST:
                continue
            found = [_spelt(prefix) for prefix in prefixes]
            spelt = [text for texts in found if texts is not None for text in texts]
            if None not in found and len(spelt) <= _MOST:
                return tuple(dict.fromkeys(spelt))
    return None


@lru_cache(maxsize=1024)
def _spelt(prefix: str) -> list[str] | None:
    """The beginnings of dotted addresses in a network: `10.42.` of 10.42.0.0/16."""
    network = parse_prefix(prefix)
    if network.version != 4:
        return None
    octets = max(1, -(-network.prefixlen // 8))
    size = 1 << (8 * octets - network.prefixlen)
    if size > _MOST:
        return None
    packed = int.from_bytes(network.network_address.packed[:octets], "big")
    ends = "." if octets < 4 else ""
    return [
        ".".join(str(byte) for byte in (packed + i).to_bytes(octets, "big")) + ends
        for i in range(size)
    ]


def _narrowed(matcher: Matcher, definition: Definition, needs: list[_Need] | None) -> Matcher:
    """The matcher with the literals of the events that are needed."""
    if needs is None:
        return matcher
    if (unanswered := _unanswered(matcher)) is not None:
        return replace(matcher, wanted=(unanswered,))
    wanted: list[Wanted] = []
    of_clients: list[Wanted] = []
    by_peer = False
    for need in needs:
        if (literals := _by_conditions(matcher, definition, need)) is not None:
            wanted += literals
        elif (literals := _by_client(matcher, need)) is not None:
            of_clients += literals
        elif need.from_peer and _tells_client(matcher):
            by_peer = True
        else:
            return matcher
    if not by_peer:  # the peers are among the clients
        wanted += of_clients
    return replace(matcher, wanted=tuple(dict.fromkeys(wanted)), by_peer=by_peer)


def _unanswered(matcher: Matcher) -> Wanted | None:
    """What all records of a matcher have where each is of a request without an answer."""
    if matcher.pattern is None or any(name == "status" for name, _ in matcher.types):
        return None
    bare = literals_with(matcher.pattern, _UNANSWERED)
    if not bare:
        return None
    # .NET spells the quote within JSON with the digits of its character.
    literals = (*bare, *(each.replace(b'"', b"u0022") for each in bare))
    return Wanted(literals, bare, at_start=False)


def _by_conditions(matcher: Matcher, definition: Definition, need: _Need) -> list[Wanted] | None:
    """Literals of the records that meet a condition; None where it leads to none."""
    for condition in need.conditions:
        texts = _texts_of(condition, definition)
        if texts is None:
            continue
        found = [_literals_of(matcher, name, text) for name, text in texts]
        if None not in found:
            return [each for each in found if each is not None]
    return None


def _literals_of(matcher: Matcher, field: str, text: str) -> Wanted | None:
    """What each record has in which a field has this text: no literal if none can have it."""
    if matcher.pattern is not None:
        literals = required_literals(matcher.pattern, {field: text})
        bare = required_literals(matcher.pattern, {field: text}, bare=True)
        return Wanted(literals, bare, at_start=False) if literals else None
    literals = _of_key(matcher, field, text)
    return Wanted(literals, literals, at_start=False)


def _of_key(matcher: Matcher, field: str, text: str) -> tuple[bytes, ...]:
    """How the keys of a field may stand with this text."""
    paths = [mapped.path for mapped in matcher.mapped if mapped.field == field]
    if matcher.form == LOGFMT:
        return tuple(f"{logfmt_key(p)}{q}{text}".encode() for p in paths for q in ("", '"'))
    keys = [path[-1] for path in paths]
    return tuple(
        f'{key}":{space}{quote}{text}{quote}'.encode()
        for key in keys
        for space in ("", " ")
        for quote in ("", '"')
    )


def _tells_client(matcher: Matcher) -> bool:
    """Whether the client's address stands where it can be searched for."""
    if matcher.pattern is not None:
        found = leads(matcher.pattern, "client") if _ANCHORED.match(matcher.pattern) else ()
        return bool(found) and all(lead in BEFORE_PEERS for lead in found)
    return any(mapped.field == "client" for mapped in matcher.mapped)


def _texts_of(condition: Condition, definition: Definition) -> list[tuple[str, str]] | None:
    """Fields and texts of which one must be in the record for the condition to hold."""
    if condition.op != "=":
        return None
    given = [each for each in definition.assignments if each.field == condition.field]
    if not given:
        return [(condition.field, str(condition.value))]
    texts: list[tuple[str, str]] = []
    for assignment in given:
        equal = [each for each in assignment.where if each.op == "="]
        if str(assignment.value) != str(condition.value):
            continue
        if not equal:
            return None
        texts.append((equal[0].field, str(equal[0].value)))
    return texts


def _by_client(matcher: Matcher, need: _Need) -> list[Wanted] | None:
    """How the records of clients in the networks that a rule asks for begin."""
    if need.prefixes is None or matcher.pattern is None:
        return None
    return [
        wanted for prefix in need.prefixes for wanted in _at_start(matcher.pattern, prefix)
    ] or None


def _at_start(pattern: str, prefix: str) -> list[Wanted]:
    """How records begin whose client has this prefix; nothing where it is not what is first."""
    if not _ANCHORED.match(pattern):
        return []
    return [
        Wanted(literals, literals, at_start=not lead)
        for lead in leads(pattern, "client")
        for literals in [((lead + prefix).encode(),)]
    ]
