"""What each stage is made from: the one list that the graph, the verdicts and the commands share.

What belongs here: names, edges, versions of code. What does not: what a stage does. A test holds the graph to this list.
"""

from dataclasses import dataclass
from typing import Literal

from chrysopedia_assets.models.prompts import TASKS, Task
from chrysopedia_assets.models.records import StageName

SourceKind = Literal["file", "recogniser", "prompt", "settings", "taxonomy"]

LIBRARY_FILES = "library_files"
SPEECH_RECOGNITION = "speech_recognition"
NOT_HEARD = "transcript"
"""Its version of a video whose words come from a transcript file: no recogniser has a part in them."""
OF_VIDEOS = (LIBRARY_FILES, SPEECH_RECOGNITION)
"""Sources with a version for each video."""
TAXONOMY = "prompts/taxonomy"


def prompt_source(task: Task) -> str:
    return f"prompts/{task}"


def settings_source(task: Task) -> str:
    return f"{task}_settings"


SOURCES: dict[str, SourceKind] = {
    LIBRARY_FILES: "file",
    SPEECH_RECOGNITION: "recogniser",
    TAXONOMY: "taxonomy",
    **{prompt_source(task): "prompt" for task in TASKS},
    **{settings_source(task): "settings" for task in TASKS},
}
"""What is observed and never made. All but `OF_VIDEOS` are one thing for the whole library."""


@dataclass(frozen=True)
class StageDef:
    """`reads` are names of stages and sources; `task` is what the stage asks an engine, if it asks one.

    `code_version` is raised by hand when other code gives other results from the same inputs.
    """

    name: StageName
    code_version: str
    reads: tuple[str, ...]
    task: Task | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """What it reads that no stage makes."""
        return tuple(name for name in self.reads if name in SOURCES)


def _asking(
    name: StageName, code_version: str, reads: tuple[str, ...], task: Task, *more: str
) -> StageDef:
    sources = (*more, prompt_source(task), settings_source(task))
    return StageDef(name, code_version, (*reads, *sources), task)


STAGE_DEFS: dict[StageName, StageDef] = {
    stage.name: stage
    for stage in (
        StageDef("transcripts", "1", OF_VIDEOS),
        _asking("topic_chunks", "2", ("transcripts",), "segmentation"),
        _asking("key_moments", "1", ("transcripts", "topic_chunks"), "extraction"),
        _asking("classifications", "1", ("key_moments",), "classification", TAXONOMY),
        StageDef("synthesis_groups", "1", ("key_moments", "classifications")),
        _asking("technique_pages", "1", ("synthesis_groups",), "synthesis"),
    )
}

STAGE_OF: dict[Task, StageName] = {
    stage.task: stage.name for stage in STAGE_DEFS.values() if stage.task
}
"""Which stage asks for a task."""
