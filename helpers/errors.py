"""The one exception of this project, and any exception as one sentence."""


class LabError(ValueError):
    """Something a user can mend: its message says in one sentence what is wrong and what to do.

    Jupyter shows the sentence alone, without the stack trace.
    """

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


def sentence(error: Exception) -> str:
    """What to show of an error where there is room for one sentence only."""
    return str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}"
