"""Quoted messages: source code, comments, tickets and prose repeat what logs say.

A pattern finds the words of a message wherever they stand. Whether somebody logged them, or only
writes about them, is told by what stands before and behind them in their line.
"""

from collections.abc import Iterable
from functools import lru_cache

from whyreset.basis.lazy import lazy
from whyreset.ingest.prose import HEADER, is_telling, is_told_of

_REACH = 400
"""Characters before and behind a message that are looked at."""
_NEAR = 80
"""Of them, those before a literal that tell whether it is one of source code."""
_REMEMBERED = 1024
"""Characters up to which a text before a message is remembered, with what it tells."""
_DIGIT = lazy(r"\d")
_REPORTED = lazy(r"\s*(?:(?:not )?ok 0+ - |[\u2717\u2718\u00d7] |PASS(?:ED)? )")
"""What begins the line in which a test runner names a test, in a zeroed text."""
CONDITION = "lastTransitionTime"
"""A field beside the message of a condition of an object, which repeats what once happened."""
_LEFT_OUT = lazy(r"(?:[\d\/:. -]{0,40}\[\w+\] )?(?:\.\.\.|\u2026) ")
"""What whoever quotes a line puts in the place of its address and numbers."""
_PATTERN = lazy(r"\\[dwsDWS][+*]|\\\(")
"""Of a regular expression that is to find a message."""
_HINT = lazy(
    r"[\"'`\u201c\u2022\u2023\u25aa\u25cf\u2713\u2714\u221a*#<|$]|//|\bI[ ']|nyone |omeone |"
    r"ummary: |Message: {2}|\bname: |iption: |\{(?:\w+=|$)|, ?/|=~|\bqr/|\bassert|^\s*- |^\s*:\w+:|"
    r"\bi (?:am|have|get|got|see|saw|was) |"
    r"ow (?:to|do|can) |hy (?:d|is|am|are)|e (?:see|saw|get|got|also|are) |"
    r"ets? (?:an? |th)|etting (?:an? |th)|ou (?:see|get|may|might|can|will)\b|eans? that|"
    r"such as| like |(?:note|question)s? about |^\s*-- "
)
"""What is somewhere before every message that is quoted, in its line."""
_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)

_COMMENT = lazy(
    r"\s*[\u2022\u2023\u25aa\u25cf\u2713\u2714\u221a] |\s*\d{1,2}\. (?=[\"'`])|"
    r"\s*(?:- )?(?:summary|expr|regex|pattern): |"  # of alerts and their like
    r"\s*- (?:name|alert|description|title|value|match|contains): |\s+description: |"
    r"\s+Message: {2,}|\s+message: ['\"]?(?:Get|Post) |"  # of what kubectl describes, or gets
    r"\s*:\w+:\s|"  # of a document's fields
    r"\s*[A-Za-z_:][\w:]*\{\w+=\"[^\n]*\} [-+\d.eE]+(?: \d+)?\s*$|"  # a sample of a metric
    r"\s*(?:\w+: ?)?\[\](?:string|byte|any|interface\{\})\{|"  # of Go's tables
    r"\s*[-*] [^\n]*\]\(http|"  # of changes, with a link
    r"\s*(?:- )?[\u2705\u274c\u26a0]\ufe0f? [\"'`]|"
    r"[-+]?\s*(?:[-*] )?(?://|/\*|<!--|#\[\w+\(|#{1,6} |\$ (?!\d)|"
    r"\*\*(?! )[^*]+(?<! )\*\*|\|.*\|\s*$|"
    r"</?(?:span|p|li|td|tr|th|code|pre|div|h\d|a|b|em|strong|br|details|summary|match|regex|"
    r"prematch|description)\b)|\s* \* |"
    r"\s*[rbfu]?(?:\"\"\"|''')|"  # of Python's documentation
    r"\s*(?:[\w-]+\s*=\s*)?\^[\w(%<\[]|"  # an expression that filters logs
    r"\s*(?:await )?(?:self\.)?(?:expect|assert[\w.]*|let|it|describe|context)\(|"
    r"\s+assert (?:not )?[\w.]+\(|\s*assert_\w+ [{\[\"]|"
    r"\s*-- (?=[a-zA-Z])|"  # of Haskell, Lua and SQL
    r"\s*match=r?[\"']|\s+[a-z][\w.]*\([^\n]*\"[^\n]*\);$|"
    r"\s+\{\"[^\"\n]*\", (?:true|false|nil|null|None|[A-Z]\w*(?:\.[A-Z]\w*)?)\},?$"
)
_BEHIND_CODE = lazy(r"(?:(?:[;:{}),]\s+|\S {2}|[!=]= [\w.]+ )(?:#|//)|[;{}),\]\w] ?//)\s[^\"']*$")
# What stands before a literal in source code: a call, an operator, a keyword. The names of
# exceptions are none: their representations look the same, `error(104, 'Connection reset ...')`.
_CODE = lazy(
    r"(?:(?:\b(?!(?:socket\.)?(?:error|timeout|exception|reset)\()"
    r"(?:[a-z_$][\w$]*(?:(?:\.|::|->)[a-z_$]\w*)*(?:\.[A-Z]\w*){0,3}"
    r"(?<!Error)(?<!Exception)|(?:raise|throw|new) [\w.:]+)|\)\.[A-Za-z]\w*)[!?]?\("
    r"(?:[^()\"'`]{0,80}(?:\([^()\"'`]{0,60}\))?, ?|(?:\"[^\"]*\", ?)+|(?:'[^']*', ?)+)?|"
    r"\[\] ?(?:\w{1,40} = )?\{ ?(?:\"[^\"]*\", ?)*|"
    r"(?:[!=+]==?|[+]=?|&&|\|[|=]|:=|=>|!?~\*?|<<) ?|"
    r"(?<!err)(?<!error)(?<!msg)(?<!message)(?<!reason)(?<!cause)(?<!exception)(?<!desc)(?<!details)"
    r"(?<!_string) = |"
    r"\b(?:const|let|var|val|static|final|String|string|auto) [\w<>*\[\]]{1,40}"
    r"(?: [\w<>]{1,40})? = |"
    r"\b(?:new|make|create|return|wrap|fake|mock)\w{0,20}Error\(|"
    r"\b(?:t|b|log|logger|slog|klog)\.Error[fwS]?\((?:\w+, )?|"
    r"\blog(?:ger)?\.\w+(?:\(\w*\))? \{ |"
    r"\b(?:MatchError|ContainSubstring|Equal|EqualError|ErrorContains|HavePrefix|HaveSuffix)\(|"
    r"\b(?:return|case|throw|raise|assert|echo|print|puts|grep(?: -\w+)*|contains|printf|I?LIKE) |"
    r"^\s+(?:@?\w+\.)?@?log(?:_\w+|(?:ger)?\.\w+)? )"
    r"[rbfu]?$"
)
_LISTED = lazy(
    r"\s*(?:(?:const|let|var|val|static|final) )?[A-Za-z_]\w*(?:: ?[\w\[\]<>&' ]{1,40})? :?= ?"
    r"&?[\[({](?:\"[^\"]*\", ?)*$"
)
"""What begins a line in which a list of source code has its name."""
_KEYWORD = lazy(r"\bself\.\w+\([^()]*\w=[rbf]?$")
"""An argument of a method of Python's, by its name."""
_SERIES = lazy(r"\w_\w*\{(?:\w+(?:[!=]~|!?=)\"[^\"]*\", ?)*\w+(?:[!=]~|!?=)$")
"""A label of a metric."""
_MEMBER = lazy(r"(?<![%\w.])&?[\w.]+\{(?:\w+: (?:[^\"'`{},]{1,60}|\"[^\"\n]{0,60}\"), )*\w+: $")
"""What stands before the value of a member of a struct, in Go's source code."""
_CHOICES = lazy(r"(?:%r\{|= ?/|\(\?[:i]|[rR][\"'])[^\n]*\|$")
"""Where one of the alternatives of an expression begins."""
_EXPRESSION = lazy(r"(?:[\w)\]]\([^()\"'\n]{0,80}, ?|[=!]~ ?|\bwhen |\bqr)/[^/\n]{0,300}$")
"""Where an expression of source code is open, between slashes."""
_EXPRESSION_END = lazy(r"[^/\n]*/[a-z]*(?:\s*[),;\]:]|\s|$)")
_LITERAL_ENDS = ('";', '");', '"));')
"""How a line ends in which a literal ends that began in an earlier one."""
_FORMAT = lazy(r"%[sdvqmu]\b")
_STAMP = lazy(r"\d{4}-\d\d-\d\d[T ]\d\d:|[IWEF]\d{4} \d\d:")
_BESIDE = lazy("['`\u201c]")
_ALONE = lazy(r"\s+[-+\[(]?\s?[rbf$@]?$")  # a literal of a list stands by itself in its line
_ROW = lazy(
    r"\s*(?:[(\[].*[)\]],|\{(?:'.*|[A-Z_\d]+, \".*\")\},)$|"
    r"\s+\{\"[^\"\n]*\", ?[\"`].*[\"`]\},?$|\s\s+(?:\"[^\"\n]*\", ?)+\"[^\"\n]*\",?$|"
    r"\s+(?:\w+=)?\[(?:\"[^\"\n]*\", ?)*\"[^\"\n]*\"\],?$|"
    r"\s+[A-Z][A-Z_\d]*\(\"[^\"\n]*\"\)[,;]$|\s{4,}[a-z_]\w*=(?:\"[^\"\n]*\"|'[^'\n]*'),$"
)
"""Rows of a table or a list in source code, and an argument with a line of its own."""
_KEYED = lazy(r"\s*[A-Za-z]\w*:\s{2,}$|\s+[A-Za-z]\w*: $")
_LABELLED = lazy(
    r"\s*(?:- )?(?:name|title|want|input|line|log|desc|label|pattern|summary): $|[^\n:]* of: $"
)
_NAMED = lazy(
    r" (?:log )?(?:messages?|lines?|entry|entries|warnings?)\b|"
    r" (?:not )?in (?:(?:str|repr)\(|[\w.]+(?:\(\))?\)*:\s*$)"
)
"""What is said of a quotation, or asked of a text."""
_LIST_END = lazy(r"\s*[)\]}]*(?:,|;|\)|\]|\\|[+]|\|\|)\s*(?://.*)?$")
_PAYLOAD = (
    "subject", "title", "query", "search", "comment", "ticket", "body", "content", "summary",
    "description", "text", "payload", "article", "q",
)  # fmt: skip
_GRPC = '"created":"@'
"""What gRPC's core writes before the description of an error."""
_KEY = lazy(r"[A-Za-z]+$")
_STATEMENT = lazy(r"\b(?:INSERT INTO|SELECT|UPDATE|VALUES|DELETE FROM)\b[^\"]*$")
_WORDS = lazy(r"[^\W\d_]{2,}")
_TELLER = lazy(
    r"\b(?i:the|an?|this|examples?|like|see|seeing|gets?|getting|says?|saying|shows?|following|or|and|as|"
    r"about|means?|is|are|fix(?:e[ds])?|treat|exception|fails with) $"
)
_TELLING = lazy(
    r"\bI(?:'m|'ve|'ll| am| have| see| saw| get| got| keep| kept| was| did| found| think| also|"
    r" can| can't| don't| didn't| noticed| forgot| just| still| tried| believe| guess| had)\b|"
    r"(?<![\d\])] )\bI [a-z']+ [a-z]|\bi (?:am|have|get|got|see|saw|was) [a-z]|"
    r"\b(?:errors?|messages?|exceptions?|logs?|warnings?|lines?|failures?) (?:such as|like)\b|"
    r"\b(?:[Aa]nyone|[Ss]omeone) |\b[Hh]ow (?:to|do|can) |\b[Ww]hy (?:do|does|did|is|am|are) |"
    r"\b[Ww]e (?:see|saw|get|got|also|are seeing|are getting) |"
    # Programs tell of errors getting something, and fail to get it.
    r"(?<![Ee]rror )(?<!(?:[Ff]ailed|[Uu]nable) to )(?<!(?:annot|d not) )"
    r"\b(?:gets?|getting) (?:an?|the|this) |"
    r"\b[Yy]ou (?:(?:may|might|can|will) )?(?:see|get)\b|\bmeans? that\b|"
    r"\b(?:notes?|questions?) about "
)


def is_quoted(text: str, at: int) -> bool:
    """Whether the message at a place of a record is only quoted there."""
    begin = text.rfind("\n", 0, at) + 1
    found = at
    while at < len(text) and not text[at].isalnum():
        at += 1
    told = _told_before(zeroed(text[begin:at]))
    return _is_quoted(text, begin, found, at) if told is None else told


def zeroed(text: str) -> str:
    """The same with zeros for digits, in which most lines of one kind are alike."""
    raw = text.encode("utf-8", "surrogatepass")  # bytes are translated ten times as fast
    return raw.translate(_ZEROS).decode("utf-8", "surrogatepass")


def _told_before(head: str) -> bool | None:
    """What the zeroed text before a message tells alone; None where more must be looked at."""
    return _remembered(head) if len(head) <= _REMEMBERED else _told(head)


def _told(head: str) -> bool | None:
    if head[:1] != "0" and _REPORTED.match(head):
        return True
    if CONDITION in head or _LEFT_OUT.match(head) or is_telling(head) or _PATTERN.search(head):
        return True
    if "0" not in head[:HEADER]:
        return None
    if _HINT.search(head) is None:
        return False
    opened = _open_quote(head, '"')
    if opened < 0 or not head[:opened].endswith(('":', '": ')):
        return None
    others = _BESIDE.search(head) or _COMMENT.match(head) or _TELLING.search(head)
    return None if others or _is_payload(head[:opened]) else False


_remembered = lru_cache(maxsize=4096)(_told)


def never_quotes(heads: Iterable[str]) -> bool:
    """Whether each of many texts before a message, zeroed, tells that it is not quoted."""
    return all(_told_before(head) is False for head in set(heads))


def _is_quoted(text: str, begin: int, found: int, at: int) -> bool:
    if is_told_of(text, begin, max(begin, found - _NEAR), found + _REACH):
        return True
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    if text.endswith('"""', at, end) or text.find(', """', at, end) >= 0:  # of Python's docs
        return True
    if text.find(CONDITION, at, end) >= 0:
        return True
    if text.endswith(_LITERAL_ENDS, at, end) and '"' not in text[begin:at]:
        return True
    if _HINT.search(text, begin, at) is None:
        return False
    if begin < found and (_COMMENT.match(text, begin, end) or _ROW.match(text, begin, end)):
        return True
    head, tail = text[max(begin, at - _REACH) : at], text[at : min(end, at + _REACH)]
    return (
        ('"' in head and _in_literal(head, tail, '"'))
        or ("'" in head and _in_literal(head, tail, "'"))
        or ("`" in head and (_in_backticks(head, tail) or _in_literal(head, tail, "`")))
        or ("/* " in head + " " and "*/" not in head)
        or (
            (text[begin : begin + 1].isspace() or "; #" in head)
            and _BEHIND_CODE.search(head) is not None
        )
        or head.count("\u201c") > head.count("\u201d")
        or _TELLING.search(head) is not None
        or (head.endswith("|") and _CHOICES.search(head) is not None)
        or ("/" in head and _is_expression(head, tail))
    )


def _in_literal(head: str, tail: str, mark: str) -> bool:
    """Whether a literal of source code, a query or a payload is open before the message."""
    opened = _open_quote(head, mark)
    if opened < 0:
        return False
    before = head[:opened]
    near = before[-_NEAR:].rstrip("\\")
    if _is_value(near):
        if _is_payload(near) or _SERIES.search(before) or _MEMBER.search(before):
            return True
    elif _CODE.search(near) or _TELLER.search(near):
        return True
    of_its_mark = _STATEMENT.search(before) if mark == "'" else _LISTED.match(before)
    if of_its_mark or _KEYWORD.search(near):
        return True
    # of a list of lines that were logged
    if before in {"", " "} and _STAMP.match(head, opened + 1):
        return False
    closed = _closing(tail, mark)
    if closed < 0 and tail.endswith("\\n\\") and _ALONE.match(before):
        return True
    literal, behind = tail[:closed], tail[closed + 1 :] if closed >= 0 else "-"
    if _NAMED.match(behind) or _is_argument(literal, behind, mark):
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
        or (mark == '"' and _FORMAT.search(head, opened))
    )


def _is_argument(literal: str, behind: str, mark: str) -> bool:
    """Whether a literal is one of the arguments of a call, as what follows it tells."""
    is_line = literal.endswith("\\n") and behind.lstrip()[:1] in {",", ")"}
    return is_line or (mark == '"' and behind.rstrip().endswith(");"))


def _is_expression(head: str, tail: str) -> bool:
    """Whether the message is part of a regular expression in source code."""
    return _EXPRESSION.search(head) is not None and _EXPRESSION_END.match(tail) is not None


def _is_value(before: str) -> bool:
    """Whether a key of JSON or logfmt stands before a literal."""
    before = before.rstrip()
    return before.endswith(":") or (before.endswith("=") and before[-2:-1].isalnum())


def _is_payload(before: str) -> bool:
    """Whether the key before a value is one of those that hold what people wrote."""
    key = before.rstrip(' :="\\').lower()
    if not key.endswith(_PAYLOAD) or _GRPC in before:
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
    if opened < 0:  # the text may have begun inside of one
        last = head.rfind(mark)
        called = head[max(last - _NEAR, 0) : max(last, 0)]
        return last if called.endswith(("(", ", ")) and _CODE.search(called) else -1
    return opened


def _closing(tail: str, mark: str) -> int:
    """Where the literal ends in which the text begins; -1 if it does not."""
    at = tail.find(mark)
    while at > 0 and tail[at - 1] == "\\":
        at = tail.find(mark, at + 1)
    return at


def _in_backticks(head: str, tail: str) -> bool:
    """Whether the message stands in backticks, with words beside them."""
    if head.count("`") % 2 == 0:
        return False
    before = head[: head.rfind("`")]
    if "`" not in tail:  # the quotation goes on in the next line
        return len(_WORDS.findall(before)) > 1 and _DIGIT.search(before, 0, HEADER) is None
    behind = tail[tail.find("`") :]
    is_item = head.lstrip()[:2] in {"- ", "* "} or behind.rstrip().endswith((".", ":", ","))
    return is_item or _WORDS.search(before + behind) is not None
