"""Quoted messages: source code, comments, tickets and prose repeat what logs say.

A pattern finds the words of a message wherever they stand. Whether somebody logged them, or only
writes about them, is told by what stands before and behind them in their line.
"""

from whyreset.basis.lazy import lazy

_REACH = 400
"""Characters before and behind a message that are looked at."""
_NEAR = 80
"""Of them, those before a literal that tell whether it is one of source code."""
_HINT = lazy(
    r"[\"'`\u201c*#<|$]|//|\bI[ ']|nyone |omeone |ow (?:to|do|can) |hy (?:d|is|am|are)|"
    r"e (?:see|saw|get|got|also|are) |ets? (?:an? |th)|etting (?:an? |th)|"
    r"ou (?:see|get|may|might|can|will)\b|eans? that"
)
"""What is somewhere before every message that is quoted, in its line."""
_SIGNS = (
    '"',
    "'",
    "`",
    "\u201c",
    " F  ",
    " F \t",
    " F //",
    " F /*",
    " F #",
    " F $ ",
    " F |",
    " F <",
    " F **",
    " F -",
    " F * ",
    "I ",
    "nyone ",
    "omeone ",
    "ow to ",
    "ow do ",
    "ow can ",
    "hy d",
    "hy is",
    "hy am",
    "hy are",
    "e see ",
    "e saw ",
    "e get ",
    "e got ",
    "e also ",
    "e are ",
    "et a",
    "et th",
    "ets a",
    "ets th",
    "etting a",
    "etting th",
    "ou see",
    "ou get",
    "ou may",
    "ou might",
    "ou can",
    "ou will",
    "ean that",
    "eans that",
)
"""The same, in lines with CRI envelopes."""

_COMMENT = lazy(
    r"\s*(?:[-*] )?(?://|/\*|<!--|#{1,6} |\$ (?!\d)|\*\*[^*]+\*\*|\|.*\|\s*$|"
    r"</?(?:span|p|li|td|tr|th|code|pre|div|h\d|a|b|em|strong|br|details|summary)\b)|\s+\* "
)
# What stands before a literal in source code: a call, an operator, a keyword. The names of
# exceptions are none: their representations look the same, `error(104, 'Connection reset ...')`.
_CODE = lazy(
    r"(?:\b(?!(?:socket\.)?(?:error|timeout|exception|reset)\()"
    r"(?:[a-z_$][\w$]*(?:(?:\.|::|->)[a-z_$]\w*)*(?:\.[A-Z]\w*)?"
    r"(?<!Error)(?<!Exception)|(?:raise|throw|new) [\w.:]+)!?\((?:[^()\"'`]{0,80}, ?)?|"
    r"(?:[!=+]==?|[+]=?|&&|\|[|=]|:=|=>|!?~\*?) ?|"
    r"(?<!err)(?<!error)(?<!msg)(?<!message)(?<!reason)(?<!cause)(?<!exception)(?<!desc)(?<!details)"
    r"(?<!_string) = |"
    r"\b(?:return|case|throw|raise|assert|echo|print|puts|grep(?: -\w+)*|contains|printf|I?LIKE) )"
    r"[rbfu]?$"
)
_ALONE = lazy(r"\s+[-+\[(]?\s?[rbf]?$")  # a literal of a list stands by itself in its line
_ROW = lazy(r"\s*(?:[(\[].*[)\]],|\{'.*\},)$")  # of a table in source code
_KEYED = lazy(r"\s*[A-Za-z]\w*:\s{2,}$|\s+[A-Za-z]\w*: $")
_LABELLED = lazy(r"\s*(?:- )?(?:name|title|want|input|line|log|desc|label|pattern|summary): $")
_LIST_END = lazy(r"\s*[)\]}]*(?:,|;|\)|\]|\\|[+]|\|\|)\s*(?://.*)?$")
_PAYLOAD = (
    "subject", "title", "query", "search", "comment", "ticket", "body", "content", "summary",
    "description", "text", "payload", "article", "q",
)  # fmt: skip
_KEY = lazy(r"[A-Za-z]+$")
_STATEMENT = lazy(r"\b(?:INSERT INTO|SELECT|UPDATE|VALUES|DELETE FROM)\b[^\"]*$")
_WORDS = lazy(r"[^\W\d_]{2,}")
_TELLER = lazy(
    r"\b(?i:the|an?|this|like|see|seeing|gets?|getting|says?|saying|shows?|following|or|and|as|"
    r"about|means?|is|are|fix(?:e[ds])?|treat|exception) $"
)
_TELLING = lazy(
    r"\bI(?:'m|'ve|'ll| am| have| see| saw| get| got| keep| kept| was| did| found| think| also|"
    r" can| can't| don't| didn't| noticed| forgot| just| still| tried| believe| guess| had)\b|"
    r"\b(?:[Aa]nyone|[Ss]omeone) |\b[Hh]ow (?:to|do|can) |\b[Ww]hy (?:do|does|did|is|am|are) |"
    r"\b[Ww]e (?:see|saw|get|got|also|are seeing|are getting) |"
    r"\b(?:gets?|getting) (?:an?|the|this) |"
    r"\b[Yy]ou (?:(?:may|might|can|will) )?(?:see|get)\b|\bmeans? that\b"
)


def may_quote(text: str) -> bool:
    """Whether a line among several, each with its envelope, may quote a message."""
    return any(sign in text for sign in _SIGNS)


def is_quoted(text: str, at: int) -> bool:
    """Whether the message at a place of a record is only quoted there."""
    begin = text.rfind("\n", 0, at) + 1
    start = at
    while at < len(text) and not text[at].isalnum():
        at += 1
    if _HINT.search(text, begin, at) is None:
        return False
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    if begin < start and (_COMMENT.match(text, begin, end) or _ROW.match(text, begin, end)):
        return True
    head, tail = text[max(begin, at - _REACH) : at], text[at : min(end, at + _REACH)]
    return (
        ('"' in head and _in_literal(head, tail, '"'))
        or ("'" in head and _in_literal(head, tail, "'"))
        or ("`" in head and _in_backticks(head, tail))
        or head.count("\u201c") > head.count("\u201d")
        or _TELLING.search(head) is not None
    )


def _in_literal(head: str, tail: str, mark: str) -> bool:
    """Whether a literal of source code, a query or a payload is open before the message."""
    opened = _open_quote(head, mark)
    if opened < 0:
        return False
    before = head[:opened]
    near = before[-_NEAR:].rstrip("\\")
    if _is_value(near):
        if _is_payload(near):
            return True
    elif _CODE.search(near) or _TELLER.search(near):
        return True
    if mark == "'" and _STATEMENT.search(before):
        return True
    closed = _closing(tail, mark)
    literal, behind = tail[:closed], tail[closed + 1 :] if closed >= 0 else "-"
    if literal.endswith("\\n") and behind.lstrip()[:1] in {",", ")"}:
        return True
    if not behind.strip():
        return _ALONE.match(before) is not None or _LABELLED.match(before) is not None
    if not _LIST_END.match(behind):
        return False
    return bool(
        not before
        or _ALONE.match(before)
        or _LABELLED.match(before)
        or (mark == '"' and _KEYED.match(before))
        or (behind.lstrip().startswith(";") and before.rstrip().endswith("="))
    )


def _is_value(before: str) -> bool:
    """Whether a key of JSON or logfmt stands before a literal."""
    before = before.rstrip()
    return before.endswith(":") or (before.endswith("=") and before[-2:-1].isalnum())


def _is_payload(before: str) -> bool:
    """Whether the key before a value is one of those that hold what people wrote."""
    key = before.rstrip(' :="\\').lower()
    if not key.endswith(_PAYLOAD):
        return False
    found = _KEY.search(key)
    return found is not None and found[0] in _PAYLOAD


def _open_quote(head: str, mark: str) -> int:
    """Where the literal begins in which the text ends; -1 outside of any."""
    opened, place = -1, head.find(mark)
    while place >= 0:
        before = head[place - 1 : place]
        is_apostrophe = mark == "'" and opened < 0 and before.isalpha()
        if before != "\\" and not is_apostrophe:
            opened = place if opened < 0 else -1
        place = head.find(mark, place + 1)
    return opened


def _closing(tail: str, mark: str) -> int:
    """Where the literal ends in which the text begins; -1 if it does not."""
    at = tail.find(mark)
    while at > 0 and tail[at - 1] == "\\":
        at = tail.find(mark, at + 1)
    return at


def _in_backticks(head: str, tail: str) -> bool:
    """Whether the message stands in backticks, with words beside them."""
    if head.count("`") % 2 == 0 or "`" not in tail:
        return False
    beside = head[: head.rfind("`")] + tail[tail.find("`") :]
    return _WORDS.search(beside) is not None or head.lstrip()[:2] in {"- ", "* "}
