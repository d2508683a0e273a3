"""The command for a machine that only transcribes: media files in, transcript files out. No library, no database."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chrysopedia_assets.cli.output import errors, plain, refuse, results
from chrysopedia_assets.cli.running import progress_bar
from chrysopedia_assets.errors import ChrysopediaError, ConfigurationError
from chrysopedia_assets.models.clock import heard_in_words

if TYPE_CHECKING:
    from resources.clients.speech.port import Recogniser
    from resources.speech_settings import SpeechSettings
    from resources.transcribing import Due, Round


def transcribe_command(
    files: Annotated[
        list[Path], typer.Argument(help="Media files, or folders with <Creator>/<file>.")
    ],
    out: Annotated[
        Path, typer.Option(help="Where the transcripts go: <out>/<Creator>/<file>.json.")
    ],
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, and transcribe whatever comes, until stopped.")
    ] = False,
) -> None:
    """Transcribe media files into transcripts that `ingest` takes. Needs no library and no database: for a computer with a
    GPU. What has a transcript is left; what was stopped goes on behind its last finished part.
    """
    from resources.transcribing import one_round, refuse_unfit_folder, rounds

    refuse_unfit_folder(out)
    if watch:
        refuse("Watching. Ctrl-C stops it.")
    try:
        failed = _transcribe(rounds(files, out) if watch else [one_round(files, out)], out)
    except KeyboardInterrupt:
        refuse("Stopped. The same command goes on from here.")
        raise
    raise typer.Exit(1 if failed else 0)


def _transcribe(each: "Iterable[Round]", out: Path) -> int:
    """How many could not be. What is wrong with the settings ends it at once."""
    from resources.hearing import recogniser
    from resources.speech_settings import needed_speech_settings

    chosen = needed_speech_settings()
    failed = written = done = 0
    with recogniser(chosen) as who:
        for found in each:
            done += found.done
            for error in found.refused:
                refuse(f"refused    {error}")
            failed += len(found.refused)
            for due in found.due:
                if _is_written(due, out, chosen, who):
                    written += 1
                else:
                    failed += 1
    results.print(f"{written} transcribed, {done} already were, {failed} failed.", highlight=False)
    return failed


def _is_written(due: "Due", out: Path, chosen: "SpeechSettings", who: "Recogniser") -> bool:
    """With a bar; a file that fails is told, and the rest goes on."""
    from resources.hearing import job_with_hints, place
    from resources.transcribing import write_transcript

    with progress_bar() as bar:
        task = bar.add_task("", total=None, what=due.media.name)

        def progress(done_s: float, of_s: float | None) -> None:
            what = f"{due.media.name}: {heard_in_words(done_s, of_s)}"
            bar.update(task, completed=round(done_s), total=round(of_s or 0) or None, what=what)

        try:
            with place(chosen, lambda line: errors.print(plain(line))):
                job = job_with_hints(chosen, due.creator)
                heard = write_transcript(due, out, who, job, progress)
        except ConfigurationError:
            raise
        except ChrysopediaError as error:
            refuse(f"failed     {error}")
            return False
    count = len(heard.doubts)
    doubts = f", {count} doubt{'s' if count > 1 else ''}" if count else ""
    results.print(
        plain(f"{due.out}: {heard.heard_share:.0%} of the speech heard{doubts}"), soft_wrap=True
    )
    return True
