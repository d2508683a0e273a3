"""How long somebody waits for the prompt workbench itself, whatever the model takes.

Every measurement is a process of its own, from its start to its end, as a user has it.
"""

import subprocess
import sys
import time
from statistics import median

from benchmarks.report import Figure, arguments, print_figures

STARTS = 10
PROGRAM = "from chrysopedia_assets.cli.main import run; run()"


def main() -> None:
    given = arguments(str(__doc__).splitlines()[0]).parse_args()
    _command_s("--help")  # what Python compiles and the disk reads once is nobody's wait
    print_figures(
        {
            "help_s": Figure(
                median(_command_s("--help") for _ in range(STARTS)),
                "s",
                f"chrysopedia --help, median of {STARTS} starts",
            )
        },
        given.json,
    )


def _command_s(*words: str) -> float:
    command = [sys.executable, "-c", PROGRAM, *words]
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
