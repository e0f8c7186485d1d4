"""What keeps a file from being read: said once, until it is right again."""


class Trouble:
    """Of one path; `reason` is None while all is well, `notes` are sentences to be said."""

    def __init__(self, path: str) -> None:
        self.reason: str | None = None
        self.notes: list[str] = []
        self._path = path

    def complain(self, error: OSError) -> None:
        """Say what is wrong, if that was not said before."""
        reason = error.strerror or str(error)
        if self.reason != reason:
            self.reason = reason
            self.notes.append(f"{self._path}: {reason}; trying again")

    def recover(self) -> None:
        """It is right again."""
        if self.reason is not None:
            self.notes.append(f"{self._path}: can be read again")
            self.reason = None
