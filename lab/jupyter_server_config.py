"""What `make lab` changes in the Jupyter server: the pad answers sooner, and dead widgets speak.

Jupyter reads this file because `make lab` puts its folder on JUPYTER_CONFIG_PATH.
"""

from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

WIDGET = "application/vnd.jupyter.widget-view+json"
WORDS = "*What stood here needs a running kernel: click in this cell and press Shift + Enter.*"


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Sends every message of the kernel to the page at once.

    As it stands the server keeps a small message back until the browser has acknowledged the one
    before (Nagle's algorithm, RFC 896), and the browser takes up to 40 ms for that.
    """

    def connect(self) -> Any:
        self.websocket_handler.set_nodelay(True)
        return super().connect()


class LivingNotebooks(AsyncLargeFileManager):
    """Opens a notebook that has no kernel with a sentence in the place of each widget.

    JupyterLab would say "Error displaying widget: model not found".
    """

    async def get(self, path: str, content: bool = True, *args: Any, **options: Any) -> Any:
        model = await super().get(path, content, *args, **options)
        if content and model["type"] == "notebook":
            sessions = await self.parent.session_manager.list_sessions()
            if model["path"] not in [session["path"] for session in sessions]:
                for output in outputs(model["content"]):
                    if WIDGET in output.get("data", {}):
                        output["data"] = {"text/markdown": WORDS, "text/plain": WORDS}
        return model


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook["cells"] for output in cell.get("outputs", [])]


c = get_config()  # type: ignore[name-defined]  # noqa: F821  (Jupyter gives it to its config files)
c.ServerApp.kernel_websocket_connection_class = PromptConnection
c.ServerApp.contents_manager_class = LivingNotebooks
