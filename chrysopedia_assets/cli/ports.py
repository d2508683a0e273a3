"""Where commands listen that serve something."""

import socket

from chrysopedia_assets.errors import ConfigurationError

LAST_PORT = 65_535


def refuse_taken(host: str, port: int) -> None:
    """Before anything is started. Dagster would go on without a web UI, and its daemons would fight those of the other one.

    Raises ConfigurationError.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"nothing can listen on {host}:{port}: {error.strerror}",
                cure="Stop what is there, or choose another with --port.",
            ) from error
