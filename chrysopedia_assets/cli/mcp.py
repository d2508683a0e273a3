"""`mcp`: the library for assistants, over the Model Context Protocol."""

from importlib.metadata import version
from importlib.util import find_spec

from chrysopedia_assets.errors import ConfigurationError


def mcp_command() -> None:
    """Serve the library to an assistant on stdin and stdout: search, pages, moments with what was said, what is out of date.
    Reads only. An assistant starts it by itself: docs/assistants.md.
    """
    if find_spec("mcp") is None:
        raise ConfigurationError(
            "the package mcp is not installed", cure="Install it: pip install 'chrysopedia[mcp]'"
        )
    from resources.database import open_database
    from resources.mcp_server import server

    server(open_database(), version("chrysopedia")).run()
