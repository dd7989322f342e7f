"""What all widgets share: a frame, buttons, a canvas with a name, a line for what went wrong."""

from .panel import (
    Handler,
    NamedCanvas,
    Panel,
    answer_while_busy,
    drawn_at_once,
    sentence,
    status_line,
)

__all__ = [
    "Handler",
    "NamedCanvas",
    "Panel",
    "answer_while_busy",
    "drawn_at_once",
    "sentence",
    "status_line",
]
