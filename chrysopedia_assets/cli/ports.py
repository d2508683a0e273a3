"""Where commands listen that serve something."""

import socket

from chrysopedia_assets.errors import ConfigurationError


def refuse_taken(host: str, port: int) -> None:
    """Before anything is started. Dagster would go on without a web UI, and its daemons would fight those of the other one.

    Raises ConfigurationError.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:  # the second for what is no port
            raise ConfigurationError(
                f"nothing can listen on {host}:{port}: {getattr(error, 'strerror', error)}",
                cure="Stop what is there, or choose another with --port.",
            ) from error
