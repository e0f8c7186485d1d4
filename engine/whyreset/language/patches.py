"""Extensions and exclusions of rules, applied once every file is read."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from whyreset.basis.frozen import Frozen
from whyreset.language import tree
from whyreset.language.clause_tree import Word
from whyreset.language.drafts import Draft, DraftReader
from whyreset.language.report import Desk
from whyreset.model.rule import ScopeTest

Tests = tuple[ScopeTest, ...]
_MOST_SCOPES = 500
"""Of one rule: each variant knows of each other scope, so what they take grows with the square."""


class _Extension(Frozen):
    node: tree.ExtendNode
    scope: Tests
    desk: Desk
    reader: DraftReader


@dataclass(slots=True)
class Patches:
    """All rules as stated, and what is to be done to them.

    Extensions of a rule everywhere come first, then those for a scope, whichever file they stand
    in: the narrower one has the last word. Of two scopes that overlap the later one acts.
    `uses` says which files each file uses.
    """

    uses: Mapping[str, Iterable[str]]
    _stated: dict[str, Draft | None] = field(default_factory=dict)
    _places: dict[str, str] = field(default_factory=dict)
    _extensions: list[_Extension] = field(default_factory=list)
    _disabled: list[tuple[tree.DisableNode, Tests, Desk]] = field(default_factory=list)
    _changed: dict[tuple[str, frozenset[ScopeTest], str], Desk] = field(default_factory=dict)
    _variants: dict[tuple[str, frozenset[ScopeTest]], Draft] = field(default_factory=dict)
    _scopes: Counter[str] = field(default_factory=Counter)

    def state(self, draft: Draft | None, node: tree.RuleNode, desk: Desk) -> None:
        """A rule as stated; None if it is too broken to be extended."""
        name = node.name.text
        if name in self._stated:
            hint = f"the first is at {self._places[name]}: give this one another name, or change "
            hint += f"that one with `extend rule {name}`"
            desk.say("E022", f"a second rule named `{name}`", node.name.span, hint)
            return
        self._stated[name] = draft
        self._places[name] = desk.by(node.name.span)

    def extend(self, node: tree.ExtendNode, scope: Tests, desk: Desk, reader: DraftReader) -> None:
        """`extend rule ...`."""
        self._extensions.append(_Extension(node, scope, desk, reader))

    def disable(self, node: tree.DisableNode, scope: Tests, desk: Desk) -> None:
        """`disable rule ...`."""
        self._disabled.append((node, scope, desk))

    def apply(self) -> list[Draft]:
        """The rules with their variants, patched."""
        rules = {name: [draft] for name, draft in self._stated.items() if draft}
        gone = dict(self.disabled_everywhere())
        for each in sorted(self._extensions, key=lambda each: bool(each.node.scope)):
            if not self._acts_on(rules, each.node, each.desk):
                continue
            self._lint(each.node.name, each.desk, gone)
            self._once(each)
            self._extend(rules[each.node.name.text], each)
        for node, scope, desk in self._disabled:
            if not self._acts_on(rules, node, desk):
                continue
            if node.scope:
                self._without_effect(node.name, desk, gone)
            else:
                rules[node.name.text] = []
            for draft in rules[node.name.text]:
                draft.exclude(scope)
        return [draft for drafts in rules.values() for draft in drafts if _acts(draft)]

    def disabled_everywhere(self) -> tuple[tuple[str, str], ...]:
        """Rules that act nowhere, and where that is said."""
        return tuple(
            (node.name.text, desk.by(node.name.span))
            for node, _, desk in self._disabled
            if not node.scope
        )

    def _acts_on(
        self,
        rules: Mapping[str, object],
        node: tree.ExtendNode | tree.DisableNode,
        desk: Desk,
    ) -> bool:
        """Whether there is a sound rule of this name, with not too many scopes."""
        name = node.name
        if name.text not in self._stated:
            desk.unknown("E013", "rule", name.text, name.span, self._stated)
        elif node.scope:
            self._scopes[name.text] += 1
            if self._scopes[name.text] > _MOST_SCOPES:
                message = f"`{name.text}` is changed for more than {_MOST_SCOPES} scopes"
                desk.say("E048", message, name.span)
                return False
        return name.text in rules

    def _lint(self, name: Word, desk: Desk, gone: Mapping[str, str]) -> None:
        """An extension that has no effect, or may soon have none."""
        draft = self._stated[name.text]
        if name.text in gone:
            self._without_effect(name, desk, gone)
        elif draft is not None and draft.rule.status == "deprecated":
            message = f"`{name.text}` is deprecated: it will go in a later version"
            desk.say("W026", message, name.span, f"{self._places[name.text]} says what to use")

    @staticmethod
    def _without_effect(name: Word, desk: Desk, gone: Mapping[str, str]) -> None:
        if name.text in gone:
            message = f"`{name.text}` is disabled everywhere: this does nothing"
            hint = f"leave this out, or the line at {gone[name.text]}"
            desk.say("W017", message, name.span, hint)

    def _once(self, patch: _Extension) -> None:
        """Two files that change one line, and do not know of each other: the later one acts."""
        body, name = patch.node.body, patch.node.name.text
        lines = [(f"`{item.key}`", item.span) for item in body.items]
        lines += [(f"clause `{each.name.text}`", each.name.span)
                  for each in (*body.when, *body.unless) if each.name]  # fmt: skip
        for what, span in lines:
            place = name, frozenset(patch.scope), what
            other = self._changed.setdefault(place, patch.desk)
            if self._strangers(other.file, patch.desk.file):
                message = f"{other.file} changes the {what} of `{name}`, too: this one acts"
                hint = "change it in one file, or `use` that file here to say that this comes after"
                patch.desk.say("W027", message, span, hint)
            self._changed[place] = patch.desk

    def _strangers(self, one: str, other: str) -> bool:
        return one != other and one not in self.uses[other] and other not in self.uses[one]

    def _extend(self, drafts: list[Draft], patch: _Extension) -> None:
        """Change the rule, or the variant of this scope, or make that variant."""
        if not patch.node.scope:
            for draft in drafts:
                patch.reader.extend(draft, patch.node)
            return
        place = patch.node.name.text, frozenset(patch.scope)
        same = self._variants.get(place)
        if same is not None:
            patch.reader.extend(same, patch.node)
            return
        variant = drafts[0].variant(patch.scope)
        for draft in drafts:
            draft.exclude(patch.scope)
        patch.reader.extend(variant, patch.node)
        drafts.append(variant)
        self._variants[place] = variant


def _acts(draft: Draft) -> bool:
    """Whether any place is left where the rule acts."""
    return not any(set(group) <= draft.outside.keys() for group in draft.rule.scope.within)
