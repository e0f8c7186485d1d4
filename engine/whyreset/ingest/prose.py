"""Prose: sentences, questions and titles that tell of what logs say.

Logs are terse. Where no header of a logger begins a line, few words are enough to tell that
somebody wrote it for people to read.
"""

from whyreset.basis.lazy import lazy

HEADER = 40
"""Characters at the begin of a line; the header of a logger has a digit among them."""
_OPENING = 20
"""Of them, those in which a stamp begins."""
_ITEM = lazy(r"\s*(?:[-*] )?0{1,2}[.)] (?=[A-Z\"'`*])")
"""The number of a list's item, in a zeroed text."""
_STRUCTURED = lazy(r"\":|=[\"\d]|^\W*[{<]")
_SAID = lazy(
    r"\b(?i:our|your|you|these|those|which|although|however|usually|sometimes|often|typically|"
    r"should|would|might|seems|appears|also|even|just|most|they|their|always|never|"
    r"how (?:do|does|to|can|is)|why|what (?:is|are|does|do|happens))\b|"
    r"^(?:If|When|Since|Because|At the|For (?:many|some|all)|During)\b(?= [a-z])[^\n:]*$|"
    r"^\*\*[^*\n]{1,80}\*\*:|[\u3002\uff1f\uff01]"
)
"""Words before a message that people write, and programs do not: in none of nine hundred messages
without a header that were logged."""
_IDEOGRAPH = lazy(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
_LEVEL = lazy(r"\W*(?i:err|error|warn|warning|fatal|crit|critical|info|debug)\b")
# PostgreSQL's clients ask whether the server is running.
_QUESTION = lazy(r"(?![^\n]*(?:Is the server |Are you missing ))[^\n]*[?\uff1f]\s*(?:\n|$)")
_DIGIT = lazy(r"\d")
_DEFINED = lazy(
    r"(?:by (?:remote )?peer|reset|closed|pipe|EOF|timeout|SIG[A-Z]{3,4})[\"'`.]{0,2}"
    r"(?:[\u3001\u3002]| "
    r"(?:occurs?|happens?|means|indicates?|typically|usually|often|can|is|are|appears?|"
    r"errors? (?:occurs?|in|when|can|on|is|are|messages?|from))\b)"
)
_NARRATED = lazy(
    r"(?:The|These|Those|If|When|Since|Because|Although|Common|Typical|Most|Some|Many)\b"
    r"[^\n:\d]{0,200}\b(?:are|like|such as|including|shows?|means?) (?![\w ]+[:,] )|"
    r"(?:Fix(?:ing)?|Solv(?:e|ing)|Resolving|Understanding|Debugging|Troubleshooting) "
    r"[^\n:]{0,80}(?:\(0+: )?$|"
    r"(?:Handle|Catch|Suppress|Avoid|Prevent|Investigate|Improve|Don't|Do not) "
    r"[^\n:\d\"]{0,80}\"[^\n\"]*$|"
    r"(?:After|Since|When) (?:the |an? )?(?:(?:up|down)grad|updat|migrat)(?:ing|e|ion) "
    r"(?:[\w.-]+ ){0,4}to (?:version |v)?0+(?:\.0+){0,2}(?![.:\d])"
)
"""What begins a sentence that goes on to tell of messages, or a title that names one."""


def is_telling(head: str) -> bool:
    """Whether the zeroed text before a message is that of a sentence about it, or of a title."""
    if head[:1] != "0" and _NARRATED.match(head):
        return True
    item = _ITEM.match(head)
    if item:
        head = head[item.end() :]
    is_dated = "0" in head[:HEADER]
    return not is_dated and not _STRUCTURED.search(head) and _SAID.search(head) is not None


def is_told_of(text: str, begin: int, near: int, end: int) -> bool:
    """Whether a line that begins with no header asks about its message, or says what it means.

    `near` and `end` bound what stands around the message.
    """
    if _QUESTION.match(text, near) and _IDEOGRAPH.match(text, begin):
        return True
    if _DIGIT.search(text, begin, begin + _OPENING) is not None:
        return False
    if _QUESTION.match(text, near) and not _LEVEL.match(text, begin):
        return True
    return (
        _DIGIT.search(text, begin, begin + HEADER) is None
        and _DEFINED.search(text, near, end) is not None
    )
