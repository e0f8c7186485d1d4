"""Whose name is meant: files of several teams, loaded together, do not disturb each other.

A name (network, setting, team, event kind) that one file alone defines is everybody's. Where
several files define it, each means its own; any other file means that of a file it uses, or the
one that is exported. A file that uses another one, or what comes with the package, replaces the
names that it defines again, for all files at once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from whyreset.basis.frozen import Frozen, replace
from whyreset.basis.names import numbered
from whyreset.language import clause_tree, tree
from whyreset.language.clause_tree import Word
from whyreset.language.report import Desk
from whyreset.language.texts import placeholders
from whyreset.model.event import FIELDS

Files = list[tuple[tree.RuleFile, Desk]]
Name = tuple[str, str]
"""What it is (network, setting, team, event), and how it is called."""

_REFERENCES: dict[type, dict[str, str]] = {
    clause_tree.InNode: {"networks": "network"},
    clause_tree.JoinNode: {"event": "event"},
    clause_tree.AfterNode: {"event": "event", "tolerance": "setting"},
    tree.BurstNode: {"kind": "event", "gap": "setting"},
    tree.AtNode: {"kind": "event"},
    tree.StreamNode: {"kind": "event"},
    clause_tree.RangeNode: {"low": "setting", "high": "setting"},
    clause_tree.AtLeastNode: {"count": "setting", "within": "setting"},
    clause_tree.DistinctNode: {"count": "setting"},
    clause_tree.EveryNode: {"tolerance": "setting", "missing": "setting"},
    clause_tree.VaryNode: {"share": "setting"},
    clause_tree.QuantifierNode: {"share": "setting"},
    clause_tree.ConditionNode: {"value": "setting"},
    tree.EventNode: {"kind": "event"},
    tree.NetworkNode: {"name": "network"},
    tree.SettingNode: {"name": "setting"},
    tree.TeamNode: {"name": "team"},
}
_AMOUNTS = ("gap", "span", "confidence")
_DEFINED = (tree.NetworkNode, tree.SettingNode, tree.TeamNode, tree.EventNode)


@dataclass(slots=True)
class _Definitions:
    """Where each name is defined: file -> place; and by which files it is exported."""

    uses: dict[str, list[str]]
    places: dict[Name, dict[str, str]] = field(default_factory=dict)
    shipped: set[Name] = field(default_factory=set)
    exports: dict[Name, dict[str, str]] = field(default_factory=dict)

    def related(self, one: str, other: str) -> bool:
        """Whether one of two files uses the other."""
        return one in self.uses[other] or other in self.uses[one]

    def groups(self, name: Name) -> list[list[str]]:
        """The files that define a name, those together of which one uses another."""
        made: list[list[str]] = []
        for file in self.places[name]:
            joined = [each for each in made if any(self.related(file, one) for one in each)]
            made = [each for each in made if each not in joined]
            made.append([*(one for each in joined for one in each), file])
        return sorted(made, key=lambda each: list(self.places[name]).index(each[0]))


def resolve(files: Files) -> Files:
    """The files with each name made the only one of its kind; problems go to the desks."""
    found = _definitions(files)
    clashing = {
        name: groups
        for name, places in found.places.items()
        if len(places) > 1 and name not in found.shipped and len(groups := found.groups(name)) > 1
    }
    if not clashing:
        return files
    made = []
    for file, desk in files:
        scope = _Scope(file.name, found, clashing, desk)
        statements = tuple(_renamed(each, scope.meant) for each in file.statements)
        made.append((replace(file, statements=statements), desk))
    return made


def _definitions(files: Files) -> _Definitions:
    found = _Definitions(closure(files))
    for file, desk in files:
        for statement in file.statements:
            name = _defined(statement)
            if name is None:
                continue
            if file.shipped:
                found.shipped.add(name)
            else:
                word = statement.kind if isinstance(statement, tree.EventNode) else statement.name  # type: ignore[union-attr]
                found.places.setdefault(name, {}).setdefault(file.name, desk.by(word.span))
    for file, desk in files:
        for statement in file.statements:
            if isinstance(statement, tree.ExportNode):
                for what, word in statement.names:
                    _export(what, word, file, desk, found)
    _replaced_twice(files, found)
    return found


def _defined(statement: tree.Statement) -> Name | None:
    match statement:
        case tree.NetworkNode(name=word, extends=False):
            return "network", word.text
        case tree.SettingNode(name=word):
            return "setting", word.text
        case tree.TeamNode(name=word):
            return "team", word.text
        case tree.EventNode(kind=word) if word.text not in FIELDS:
            return "event", word.text
    return None


def _export(what: str, word: Word, file: tree.RuleFile, desk: Desk, found: _Definitions) -> None:
    name = (what, word.text)
    if file.name not in found.places.get(name, {}):
        own = [text for (kind, text), places in found.places.items()
               if kind == what and file.name in places]  # fmt: skip
        hint = f"its {what}s: {', '.join(own)}" if own else f"it defines no {what}"
        desk.say("E043", f"this file has no {what} `{word.text}` to export", word.span, hint)
        return
    before = found.exports.setdefault(name, {})
    if before and file.name not in before:
        hint = f"first exported at {next(iter(before.values()))}; give one of them another name"
        desk.say("E022", f"a second {what} `{word.text}` is exported", word.span, hint)
    before[file.name] = desk.by(word.span)


def _replaced_twice(files: Files, found: _Definitions) -> None:
    """Two files that replace one name: that of the one that is loaded last wins."""
    for file, desk in files:
        for statement in file.statements:
            name = _defined(statement)
            if file.shipped or name is None or name[0] == "event":
                continue
            earlier = _rival(file.name, name, found)
            if earlier is not None:
                what, text = name
                message = f"this replaces the {what} `{text}` once more, for all files"
                hint = f"{earlier} replaces it, too: leave one out, or `use` that file here"
                desk.say("W025", message, statement.name.span, hint)  # type: ignore[union-attr]


def _rival(file: str, name: Name, found: _Definitions) -> str | None:
    """Where a file loaded earlier replaces the name as well, without knowing of this one."""
    group = next(each for each in found.groups(name) if file in each)
    for other, place in found.places[name].items():
        if other == file:
            return None
        if (name in found.shipped or other in group) and not found.related(other, file):
            return place
    return None


def closure(files: Files) -> dict[str, list[str]]:
    """The files that each file uses, directly or through others; nearest first."""
    direct = {file.name: file.uses for file, _ in files}
    closed: dict[str, list[str]] = {}
    for name, own in direct.items():
        seen: list[str] = []
        queue = list(reversed(own))
        while queue:
            used = queue.pop(0)
            if used not in seen and used != name:
                seen.append(used)
                queue += reversed(direct.get(used, ()))
        closed[name] = seen
    return closed


@dataclass(slots=True)
class _Scope:
    """What names mean in one file."""

    file: str
    found: _Definitions
    clashing: dict[Name, list[list[str]]]
    desk: Desk

    def meant(self, what: str, word: Word) -> Word:
        """The word, with the only name of the definition that it means."""
        name = (what, word.text)
        if word.quoted or name not in self.clashing:
            return word
        groups = self.clashing[name]
        chosen = self._chosen(name, groups)
        if chosen is None:
            places = " and ".join(self.found.places[name].values())
            hint = f"`use` one of the files here, or `export {what} {word.text}` in one of them"
            message = f"which {what} `{word.text}` is meant? It is defined at {places}"
            self.desk.say("E042", message, word.span, hint)
            return word
        exported = next(iter(self.found.exports.get(name, ())), groups[0][0])
        # The first keeps the plain name, unless another one is exported.
        plain = exported in chosen
        return word if plain else replace(word, text=numbered(word.text, groups.index(chosen) + 1))

    def _chosen(self, name: Name, groups: list[list[str]]) -> list[str] | None:
        """The files whose definition is meant here."""
        exporting = self.found.exports.get(name, ())
        for file in (self.file, *self.found.uses[self.file], *exporting):
            for group in groups:
                if file in group:
                    return group
        return None


def _renamed(node: Any, meant: Callable[[str, Word], Word]) -> Any:
    """A part of the tree with its references renamed."""
    if type(node) is tuple:
        return tuple(_renamed(each, meant) for each in node)
    if not isinstance(node, Frozen) or isinstance(node, Word):
        return node
    if isinstance(node, tree.ItemNode):
        return _item(node, meant)
    if isinstance(node, tree.ScopeNode):
        is_team = node.field.text == "team" and not node.value.quoted
        return replace(node, value=meant("team", node.value)) if is_team else node
    changes = {}
    references = _REFERENCES.get(type(node), {})
    for name in node._fields:
        value = getattr(node, name)
        if name in references:
            changed = _words(value, references[name], meant)
        else:
            changed = _renamed(value, meant)
        if changed is not value:
            changes[name] = changed
    return replace(node, **changes) if changes else node


def _words(value: Any, what: str, meant: Callable[[str, Word], Word]) -> Any:
    if type(value) is tuple:
        return tuple(meant(what, each) for each in value)
    return value if value is None else meant(what, value)


def _item(node: tree.ItemNode, meant: Callable[[str, Word], Word]) -> tree.ItemNode:
    if node.key in _AMOUNTS:
        return replace(node, words=tuple(meant("setting", each) for each in node.words))
    return replace(node, words=tuple(_text(each, meant) for each in node.words))


def _text(word: Word, meant: Callable[[str, Word], Word]) -> Word:
    """A text with its `{setting}` placeholders renamed."""
    if not word.quoted or "{" not in word.text:
        return word
    text = word.text
    for name in _placeholders(text):
        key = meant("setting", replace(word, text=name, quoted=False)).text
        text = text.replace("{" + name + "}", "{" + key + "}")
    return replace(word, text=text)


def _placeholders(text: str) -> Iterable[str]:
    return {name for name, _ in placeholders(text) if name.isidentifier()}
