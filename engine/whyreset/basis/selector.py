"""Label selectors, as Kubernetes writes them: `app=checkout,tier in (edge, web),!canary`."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from whyreset.basis.lazy import lazy

_NAME = r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?"
_KEY = rf"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/)?{_NAME}"
_REQUIREMENT = lazy(
    rf"\s*(?:(?P<key>{_KEY})\s*(?:(?P<op>==?|!=)\s*(?P<value>(?:{_NAME})?)"
    rf"|\s(?P<set>in|notin)\s*\((?P<values>[^()]*)\))?|!\s*(?P<absent>{_KEY}))\s*(?:,|$)"
)
_VALUE = lazy(rf"(?:{_NAME})?")


class Requirement(NamedTuple):
    """One part of a selector; `values` None asks only whether the label is there."""

    key: str
    negated: bool
    values: tuple[str, ...] | None

    def is_met(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet it; as in Kubernetes, a missing label meets what is negated.

        Log shippers write `_` for the dots of keys: such labels are the same.
        """
        value = labels.get(self.key)
        if value is None:
            value = labels.get(self.key.replace(".", "_"))
        found = value is not None and (self.values is None or value in self.values)
        return found is not self.negated


@lru_cache(maxsize=256)
def parse_selector(text: str) -> tuple[Requirement, ...]:
    """The parts of a selector; ValueError for a text that is none."""
    parts: list[Requirement] = []
    at = 0
    while at < len(text):
        found = _REQUIREMENT.match(text, at)
        if found is None:
            raise ValueError(text[at:].strip())
        parts.append(_part(found.groupdict()))
        at = found.end()
    if not parts or text.rstrip().endswith(","):
        raise ValueError(text)
    return tuple(parts)


def _part(said: Mapping[str, str | None]) -> Requirement:
    key = said["key"]
    if key is None:
        return Requirement(said["absent"] or "", True, None)
    if said["op"]:
        return Requirement(key, said["op"] == "!=", (said["value"] or "",))
    if said["set"]:
        values = tuple(each.strip() for each in (said["values"] or "").split(","))
        if not all(_VALUE.fullmatch(each) for each in values):
            raise ValueError(said["values"])
        return Requirement(key, said["set"] == "notin", values)
    return Requirement(key, False, None)


def selects(selector: str, labels: str) -> bool:
    """Whether a selector picks a pod with these labels, which are one text (`join_labels`)."""
    found = _split(labels)
    return all(part.is_met(found) for part in parse_selector(selector))


def join_labels(labels: Mapping[object, object]) -> str:
    """Labels as one text, always the same for the same labels."""
    return ",".join(sorted(f"{key}={value}" for key, value in labels.items()))


@lru_cache(maxsize=4096)
def _split(labels: str) -> dict[str, str]:
    pairs = (each.partition("=") for each in labels.split(",") if each)
    return {key: value for key, _, value in pairs}
