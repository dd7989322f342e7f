"""Show, inside a notebook, the helper code that the lesson is about."""

import inspect
import linecache
from collections.abc import Callable

from IPython.display import Markdown


def show_source(thing: Callable[..., object]) -> Markdown:
    """The current source of a class or function of `helpers`, as Jupyter shows code."""
    linecache.checkcache()  # the file may have been edited since it was imported
    return Markdown(f"```python\n{inspect.getsource(thing)}```")
