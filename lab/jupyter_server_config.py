"""What `make lab` changes in the Jupyter server: the pad's answers come sooner.

Jupyter reads this file because `make lab` puts its folder on JUPYTER_CONFIG_PATH.
"""

from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Sends every message of the kernel to the page at once.

    As it stands the server keeps a small message back until the browser has acknowledged the one
    before (Nagle's algorithm, RFC 896), and the browser takes up to 40 ms for that.
    """

    def connect(self) -> Any:
        self.websocket_handler.set_nodelay(True)
        return super().connect()


c = get_config()  # type: ignore[name-defined]  # noqa: F821  (Jupyter gives it to its config files)
c.ServerApp.kernel_websocket_connection_class = PromptConnection
