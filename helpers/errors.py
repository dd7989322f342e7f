"""The one exception of this project."""


class LabError(ValueError):
    """Something a user can mend: its message says in one sentence what is wrong and what to do.

    Jupyter shows the sentence alone, without the stack trace.
    """

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]
