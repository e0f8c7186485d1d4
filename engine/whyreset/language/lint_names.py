"""Warnings about names: those that nothing uses, and those that are given twice."""

from collections.abc import Iterator, Sequence

from whyreset.basis.frozen import Frozen
from whyreset.language import clause_tree, tree
from whyreset.language.clause_tree import Word
from whyreset.language.report import Desk
from whyreset.language.texts import placeholders
from whyreset.model.event import FIELDS, PLACE_FIELDS

Files = Sequence[tuple[tree.RuleFile, Desk]]
_JOINED = ("client", "peer", "upstream", "upstream_name", "local")
"""Fields that the relations of a join read, though nobody names them."""


def lint_names(files: Files, own: Files) -> None:
    """Note what is odd about names; *own* are the files that do not come with the package."""
    _titles(files)
    used = _Uses(files)
    for file, desk in own:
        exported = {
            (what, word.text)
            for each in file.statements
            if isinstance(each, tree.ExportNode)
            for what, word in each.names
        }
        for statement in file.statements:
            _unused(statement, used, exported, desk)
        _unused_patterns(file, desk)
        _stated_twice(file, desk)


def _titles(files: Files) -> None:
    seen: dict[str, str] = {}
    for file, desk in files:
        for statement in file.statements:
            if not isinstance(statement, tree.RuleNode):
                continue
            for item in statement.body.items:
                if item.key != "title" or not item.words:
                    continue
                title, name = item.words[0], statement.name.text
                if title.text in seen:
                    message = f"`{seen[title.text]}` has the same title"
                    desk.say("W014", message, title.span, "say what is particular about this rule")
                seen.setdefault(title.text, name)


def _stated_twice(file: tree.RuleFile, desk: Desk) -> None:
    """A name that replaces what the same file said before: no adaptation, but a slip."""
    seen: dict[tuple[str, str], int] = {}
    for statement in file.statements:
        match statement:
            case tree.NetworkNode(name=word, extends=False):
                what = "network"
            case tree.SettingNode(name=word):
                what = "setting"
            case tree.TeamNode(name=word):
                what = "team"
            case _:
                continue
        first = seen.setdefault((what, word.text), word.span.line)
        if first != word.span.line:
            message = f"this replaces the {what} `{word.text}` of line {first}"
            more = f", or write `extend network {word.text}`" if what == "network" else ""
            desk.say("W031", message, word.span, f"leave one of them out{more}")


class _Uses:
    """All names that some statement refers to."""

    def __init__(self, files: Files) -> None:
        self.words: set[str] = set()
        self.kinds: set[str] = set()
        self.fields: set[str] = set()
        self.joined = False
        for file, _ in files:
            for statement in file.statements:
                self._take(statement)

    def _take(self, statement: tree.Statement) -> None:
        defined = isinstance(statement, tree.NetworkNode | tree.SettingNode | tree.TeamNode)
        if defined or isinstance(statement, tree.EventNode):
            self.fields.update(_conditioned(statement))
            return
        for node in _walk(statement):
            match node:
                case clause_tree.JoinNode() | clause_tree.AfterNode():
                    self.kinds.add(node.event.text)
                    self.joined = self.joined or node.relation is not None
                case tree.BurstNode():
                    self.kinds.add(node.kind.text)
                case Word():
                    self.words.add(node.text)
                    for name, _ in placeholders(node.text) if node.quoted else ():
                        self.words.add(name)
                        self.fields.add(name.rpartition(".")[2])

    def field(self, name: str) -> bool:
        """Whether anything names the field, or may read it."""
        return name in self.fields or name in self.words or (self.joined and name in _JOINED)


def _conditioned(statement: tree.Statement) -> Iterator[str]:
    """Fields that an event block itself asks for."""
    for node in _walk(statement):
        if isinstance(node, clause_tree.ConditionNode):
            yield node.field.text


def _walk(node: Frozen) -> Iterator[Frozen]:
    """All nodes of a part of the tree, in no order."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        for value in vars(each).values():
            if isinstance(value, Frozen):
                waiting.append(value)
            elif type(value) is tuple:
                waiting += [part for part in value if isinstance(part, Frozen)]


def _unused(
    statement: tree.Statement, used: _Uses, exported: set[tuple[str, str]], desk: Desk
) -> None:
    match statement:
        case tree.SettingNode(name=word):
            what, is_used = "setting", word.text in used.words
        case tree.TeamNode(name=word):
            what, is_used = "team", word.text in used.words
        case tree.NetworkNode(name=word, extends=False):
            what, is_used = "network", word.text in used.words
        case tree.EventNode(kind=word) if word.text not in FIELDS:
            what, is_used = "event", word.text in used.kinds
            if is_used:
                _unused_fields(statement, used, desk)
        case _:
            return
    if not is_used and (what, word.text) not in exported:
        hint = f"leave it out, or `export {what} {word.text}` for other files"
        desk.say("W015", f"nothing uses the {what} `{word.text}`", word.span, hint)


def _unused_patterns(file: tree.RuleFile, desk: Desk) -> None:
    used = {
        name
        for statement in file.statements
        for node in _walk(statement)
        if isinstance(node, tree.PatternNode | tree.MatcherNode | tree.LineNode)
        for name in node.uses
    }
    for statement in file.statements:
        if isinstance(statement, tree.PatternNode) and statement.name.text not in used:
            name = statement.name
            hint = f"leave it out, or use it: `%{{{name.text}}}`"
            desk.say("W015", f"nothing uses the pattern `{name.text}`", name.span, hint)


def _unused_fields(node: tree.EventNode, used: _Uses, desk: Desk) -> None:
    for matcher in node.matchers:
        names = [name for name, _ in matcher.types] + [each.field for each in matcher.mapped]
        for name in dict.fromkeys(names):
            if name in PLACE_FIELDS or matcher.log_format or used.field(name):
                continue
            message = f"`{name}` of `{node.kind.text}` is captured, but nothing uses it"
            hint = f"write `<_>` or `(?:...)` instead, or use it: `{node.kind.text} {name} = ...`"
            desk.say("W016", message, matcher.span, hint)
