"""Regular expressions that are compiled when they are first used, not when they are imported."""

import re
from typing import Any, AnyStr, cast


class _Lazy:
    def __init__(self, source: Any, flags: int) -> None:
        self._source, self._flags = source, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(re.compile(self._source, self._flags), name)
        setattr(self, name, found)  # from now on as quick as the pattern itself
        return found


def lazy(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What `re.compile` gives, without its time: most runs need few of all patterns."""
    return cast("re.Pattern[AnyStr]", _Lazy(source, flags))
