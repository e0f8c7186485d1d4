"""The canonical form of a rule file: one item a line, columns aligned, comments kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from whyreset.language.format_items import NAMED, Block, Break, Item, fold
from whyreset.model.definition import MAPPINGS

WIDTH = 100
"""A block that was written on one line stays on it while the line is no longer than this."""
_INDENT = "  "


def format_text(text: str, name: str = "<text>") -> str:
    """The same statements in canonical form; RuleError for a text that cannot be parsed.

    What is compiled from it stays the same; order, comments and single empty lines are kept.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    body = fold(text, name)
    return "".join(f"{line}\n" for line in _commented(_lines(body, "")))


_Line = tuple[str, str]
"""A line and the comment at its end."""


def _lines(block: Block, indent: str) -> Iterator[_Line]:
    """The lines of a block's items."""
    widths = _columns(block.items)
    for index, item in enumerate(block.items):
        above = _above(item, first=index == 0)
        if not indent and index and _is_tall(item, block.items[index - 1]) and above[:1] != [""]:
            above = ["", *above]
        yield from ((indent + comment if comment else "", "") for comment in above)
        yield from _item_lines(item, indent, widths[index])
    below = [*block.below]
    while below and not below[-1]:
        below.pop()
    if not block.items:
        while below and not below[0]:
            below.pop(0)
    yield from ((indent + comment if comment else "", "") for comment in below)


def _above(item: Item, *, first: bool) -> list[str]:
    above = item.above
    while first and above[:1] == [""]:
        above = above[1:]
    return above


def _is_tall(item: Item, before: Item) -> bool:
    """Whether an empty line sets a rule apart from what stands before it."""
    return any(
        "rule" in each.words[:2] and any(isinstance(w, Block) and not _fits(each, "") for w in
                                         each.words)
        for each in (item, before)
    )  # fmt: skip


def _item_lines(item: Item, indent: str, width: "_Width") -> Iterator[_Line]:
    if _fits(item, indent, width):
        yield indent + _flat(item, width), item.comment
        return
    text = ""
    pieces: list[str] = []
    for word in item.words:
        if isinstance(word, str):
            pieces.append(word)
            continue
        text += _joined(pieces, item, width, text)
        pieces = []
        if isinstance(word, Break):
            yield indent + text, word.comment
            text = " " * _hang(item, width)
            yield from ((indent + text + comment, "") for comment in word.below)
        elif word.flat and _room(item, indent):
            text += _braces(word)
        elif not word.items and not word.below and not word.comment:
            text += " {}" if text else "{}"
        else:
            yield indent + text + (" {" if text else "{"), word.comment
            yield from _lines(word, indent + _INDENT)
            text = "}"
    yield indent + text + _joined(pieces, item, width, text), item.comment


def _hang(item: Item, width: "_Width") -> int:
    """Where a list goes on: under its first word."""
    head = item.words[: item.words.index("=") + 1] if "=" in item.words else item.words[:1]
    return len(_joined([each for each in head if isinstance(each, str)], item, width, "")) + 1


def _room(item: Item, indent: str) -> bool:
    """Whether an item whose only line breaks are between words can keep its blocks flat."""
    breaks = any(isinstance(word, Break) for word in item.words)
    return breaks and all(
        len(indent) + len(_braces(word)) <= WIDTH
        for word in item.words
        if isinstance(word, Block) and word.flat
    )


def _fits(item: Item, indent: str, width: "_Width | None" = None) -> bool:
    """Whether the item is, and can stay, on one line."""
    if any(isinstance(word, Break) for word in item.words):
        return False
    blocks = [word for word in item.words if isinstance(word, Block)]
    if not blocks:
        return True
    if not all(word.flat for word in blocks):
        return False
    mapping = item.first in MAPPINGS  # what is read as one line may be long
    return mapping or len(indent) + len(_flat(item, width or _Width())) <= WIDTH


def _flat(item: Item, width: "_Width") -> str:
    text = ""
    pieces: list[str] = []
    for word in item.words:
        if isinstance(word, Block):
            text += _joined(pieces, item, width, text) + _braces(word)
            pieces = []
        elif isinstance(word, str):
            pieces.append(word)
    return text + _joined(pieces, item, width, text)


def _braces(block: Block) -> str:
    if not block.items:
        return " {}"
    mapping = all("=" in item.words[1:2] for item in block.items)
    between = ", " if mapping else "; "
    return " { " + between.join(_flat(item, _Width()) for item in block.items) + " }"


# ---- words of one line


@dataclass(slots=True)
class _Width:
    """Columns that neighbours share: of the first word, of a name, of the times of a test."""

    head: int = 0
    name: int = 0
    time: int = 0


def _joined(words: Sequence[str], item: Item, width: _Width, before: str) -> str:
    """The words of an item with the spaces between them; a space first if something is before."""
    paired = item.paired
    made = " " if before and words and not before.isspace() else ""
    last = before.strip()[-1:] or ""
    for index, word in enumerate(words):
        start = index == 0
        if paired and word == ",":
            continue
        tight = word in (",", "..", ":") or last == ".." or (paired and "=" in (word, last))
        if not start and not tight:
            made += " "
        made += word
        last = word
        if not before:
            made = _padded(made, words, index, item, width)
    return made


def _padded(made: str, words: Sequence[str], index: int, item: Item, width: _Width) -> str:
    """The text so far, filled up to the column that its neighbours share."""
    group = item.group
    if index == len(words) - 1 and item.first not in MAPPINGS:
        return made
    if index == 0 and width.head:
        return made.ljust(width.head)
    if index == 1 and (group == "clause" or group in NAMED):
        return made.ljust(width.name)
    if group == "at" and index + 1 == _kind_at(words):
        return made.ljust(width.time)
    return made


def _kind_at(words: Sequence[str]) -> int:
    """Where the event kind of an `at` line stands."""
    index = 2
    if words[index : index + 1] == [".."]:
        index += 4  # .. AMOUNT every AMOUNT
        if words[index : index + 1] == ["±"]:
            index += 2
    return index


def _columns(items: Sequence[Item]) -> list[_Width]:
    """The columns of each item: those of a run of neighbours of one group share theirs."""
    widths = [_Width() for _ in items]
    for group, run in _runs(items):
        chosen = [items[index] for index in run]
        head = name = time = 0
        if group in ("head", "text", "item"):
            head = max(len(item.first) for item in chosen) + (1 if group == "head" else 0)
        elif group == "clause":
            name = max(len(item.first) for item in chosen) + 1
        elif group in NAMED:
            name = max(len(f"{item.first} {item.words[1]}") for item in chosen)
        elif group == "at":
            time = max(len(_times(item)) for item in chosen) + 1
        for index in run:
            widths[index] = _Width(head, name, time)
    return widths


def _times(item: Item) -> str:
    words = [word for word in item.words if isinstance(word, str)]
    return _joined(words[: _kind_at(words)], Item(), _Width(), "")


def _runs(items: Sequence[Item]) -> Iterator[tuple[str, list[int]]]:
    """Groups of neighbours; in an event and among clauses the whole block is one."""
    whole: dict[str, list[int]] = {}
    run: list[int] = []
    for index, item in enumerate(items):
        group = item.group
        if group in ("item", "clause", "head"):
            whole.setdefault(group, []).append(index)
            continue
        if run and (items[run[-1]].group != group or run[-1] != index - 1 or "" in item.above):
            yield items[run[0]].group, run
            run = []
        if group:
            run.append(index)
    if run:
        yield items[run[0]].group, run
    yield from whole.items()


def _commented(lines: Iterator[_Line]) -> Iterator[str]:
    """Lines with their comments; those of neighbouring lines begin in one column."""
    waiting: list[_Line] = []
    for line in lines:
        if line[1]:
            waiting.append(line)
            continue
        yield from _aligned(waiting)
        waiting = []
        yield line[0].rstrip()
    yield from _aligned(waiting)


def _aligned(lines: Sequence[_Line]) -> Iterator[str]:
    column = max((len(text) for text, _ in lines), default=0)
    for text, comment in lines:
        yield f"{text.ljust(column)}  {comment}"
