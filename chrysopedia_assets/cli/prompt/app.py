"""The group itself: which commands it has. A new one is a line of the table and a function in a module beside this one."""

from chrysopedia_assets.cli.lazy import lazy_group

HERE = "chrysopedia_assets.cli.prompt"

app = lazy_group(
    "Try a prompt on what a stage was really given, find out whether it is better, and install it.",
    {
        "export": f"{HERE}.export:export_command",
        "run": f"{HERE}.run:run_command",
        "score": f"{HERE}.score:score_command",
        "compare": f"{HERE}.compare:compare_command",
        "promote": f"{HERE}.promote:promote_command",
        "history": f"{HERE}.promote:history_command",
        "rollback": f"{HERE}.promote:rollback_command",
        "optimize": f"{HERE}.optimize:optimize_command",
    },
)
