"""Warnings about networks: what is inside of what stands beside it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import permutations

from whyreset.basis.network import Prefix, parse_prefix
from whyreset.language import tree
from whyreset.language.drafts import Draft, Placed
from whyreset.language.report import Desk
from whyreset.model.rule import AnyOf, Clause, InNetwork

_Key = tuple[int, int, int]
Files = Sequence[tuple[tree.RuleFile, Desk]]
_MOST = 30
"""Networks of one clause that are compared with each other."""


def lint_networks(
    files: Files, drafts: Iterable[Draft], networks: Mapping[str, tuple[str, ...]]
) -> None:
    """Note prefixes, and networks of one clause, that say nothing of their own."""
    for file, desk in files:
        for statement in file.statements:
            if isinstance(statement, tree.NetworkNode):
                _prefixes(statement, desk)
    # What comes with the package stands for ranges that each site states for itself.
    own = {
        statement.name.text
        for file, _ in files
        if not file.shipped
        for statement in file.statements
        if isinstance(statement, tree.NetworkNode)
    }
    insides = _Insides({name: networks[name] for name in own})
    for draft in drafts:
        for placed in draft.clauses():
            _beside(placed, insides)


def _beside(placed: Placed, insides: "_Insides") -> None:
    for clause in _in_networks(placed.clause):
        names = [name for name in dict.fromkeys(clause.networks) if name in insides.networks]
        for inner, outer in permutations(names[:_MOST], 2):
            if insides.has(outer, inner) and not (inner < outer and insides.has(inner, outer)):
                message = f"`{inner}` is inside `{outer}`, which stands beside it"
                placed.desk.say("W029", message, placed.span, f"leave `{inner}` out")
                return


def _in_networks(clause: Clause) -> Iterator[InNetwork]:
    if isinstance(clause, InNetwork):
        yield clause
    elif isinstance(clause, AnyOf):
        for each in clause.clauses:
            yield from _in_networks(each)


class _Insides:
    """Which networks are inside of which, each pair looked at once."""

    def __init__(self, networks: Mapping[str, tuple[str, ...]]) -> None:
        self.networks = networks
        self._keys: dict[str, frozenset[_Key]] = {}
        self._known: dict[tuple[str, str], bool] = {}

    def has(self, outer: str, inner: str) -> bool:
        """Whether each address of *inner* is in *outer* as well."""
        known = self._known.get((outer, inner))
        if known is None:
            around, within = self._of(outer), self._of(inner)
            known = all(_is_in(each, around) for each in within)
            self._known[outer, inner] = known
        return known

    def _of(self, name: str) -> frozenset[_Key]:
        if name not in self._keys:
            self._keys[name] = frozenset(_key(parse_prefix(each)) for each in self.networks[name])
        return self._keys[name]


def _is_in(key: _Key, network: frozenset[_Key]) -> bool:
    return key in network or any(each in network for each in _wider(key))


def _prefixes(node: tree.NetworkNode, desk: Desk) -> None:
    places: dict[_Key, int] = {}
    pairs: dict[int, tuple[str, str]] = {}  # where the later one stands: inner, outer
    for place, word in enumerate(node.prefixes):
        try:
            prefix = parse_prefix(word.text)
        except ValueError:  # an error of its own
            continue
        if "/" in word.text and str(prefix.network_address) != word.text.partition("/")[0]:
            message = f"`{word.text}` has bits set behind its length: it means `{prefix}`"
            desk.say("W010", message, word.span, f"write `{prefix}`, or the address alone")
        key = _key(prefix)
        if key in places:
            pairs.setdefault(place, (word.text, node.prefixes[places[key]].text))
        places.setdefault(key, place)
    for key, place in places.items():
        outer = next((places[each] for each in _wider(key) if each in places), None)
        if outer is not None:
            inner = node.prefixes[place].text, node.prefixes[outer].text
            pairs.setdefault(max(place, outer), inner)
    for place, (small, large) in pairs.items():
        message = f"`{small}` is inside `{large}`, which stands beside it"
        desk.say("W009", message, node.prefixes[place].span, f"leave `{small}` out")


def _key(prefix: Prefix) -> _Key:
    return prefix.version, prefix.prefixlen, int(prefix.network_address)


def _wider(key: _Key) -> Iterator[_Key]:
    """The prefixes that this one is inside of, the narrowest first."""
    version, length, address = key
    bits = 32 if version == 4 else 128
    for shorter in range(length - 1, -1, -1):
        yield version, shorter, address >> (bits - shorter) << (bits - shorter)
