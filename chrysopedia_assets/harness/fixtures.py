"""What a stage of one video was really given, and what it gave, as one JSON file that needs nothing else.

What belongs here: the file's shape, how it is written and read, what is kept out of it. What does not: running a stage
on it (`trying`), where records come from (`exporting`).
"""

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ValidationError, model_validator

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.classifications import Classifications
from chrysopedia_assets.models.key_moments import KeyMoments
from chrysopedia_assets.models.prompts import REPLY_VERSIONS, Task
from chrysopedia_assets.models.records import (
    Record,
    StageName,
    StageRecord,
    Text,
    Video,
    content_version,
)
from chrysopedia_assets.models.stage_defs import STAGE_DEFS, STAGE_OF
from chrysopedia_assets.models.synthesis_groups import SynthesisGroups
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.models.topic_chunks import TopicChunks
from chrysopedia_assets.models.transcripts import Transcript

KIND: Literal["chrysopedia stage input"] = "chrysopedia stage input"
FIXTURE_VERSION: Literal[1] = 1
"""Of the records in it; a test holds their shape and this number together."""
HIDDEN = "[hidden]"
HIDDEN_FROM_CHARS = 6
"""A shorter secret would be found in ordinary words."""


class Records(Record):
    """What stages gave, each under its stage's name."""

    transcripts: Transcript | None = None
    topic_chunks: TopicChunks | None = None
    key_moments: KeyMoments | None = None
    classifications: Classifications | None = None
    synthesis_groups: SynthesisGroups | None = None
    technique_pages: TechniquePages | None = None

    def of(self, stage: StageName) -> StageRecord | None:
        found: StageRecord | None = getattr(self, stage)
        return found

    @classmethod
    def only(cls, records: Mapping[StageName, StageRecord]) -> Self:
        return cls(**records)  # type: ignore[arg-type]  # each under its own name


class Fixture(Record):
    """`taxonomy` is beside the input of every stage: the embedded engine and the stages below take their words from it.

    `prompt_version` and `output.made_by` are of what the stage gave when it was exported; without an output it was
    never run. Word times are left out: no stage reads them.
    """

    kind: Literal["chrysopedia stage input"]
    fixture_version: Literal[1]
    stage: StageName
    reply_version: int
    prompt_version: Text | None = None
    video: Video
    taxonomy: Taxonomy
    input: Records
    output: Records = Records()

    @model_validator(mode="after")
    def _has_what_its_stage_reads(self) -> Self:
        if self.stage not in INPUTS:
            raise ValueError(f"{self.stage} asks nobody, so there is no prompt to try on it")
        given = {name for name in Records.model_fields if self.input.of(name) is not None}  # type: ignore[arg-type]
        if given != set(INPUTS[self.stage]):
            raise ValueError(
                f"{self.stage} reads {', '.join(INPUTS[self.stage])}; given are {', '.join(sorted(given)) or 'none'}"
            )
        return self

    @property
    def task(self) -> Task:
        return TASK_OF[self.stage]

    @property
    def name(self) -> str:
        """Of the file, without its ending: the stage and the video."""
        return f"{self.stage}--{self.video.video_id}"

    @cached_property
    def fixture_id(self) -> str:
        """Equal for equal inputs, whatever was made of them."""
        return content_version(
            Fixture.model_construct(**{**dict(self), "output": Records(), "prompt_version": None})
        )

    @property
    def given_output(self) -> StageRecord | None:
        return self.output.of(self.stage)


TASK_OF: dict[StageName, Task] = {stage: task for task, stage in STAGE_OF.items()}
INPUTS: dict[StageName, tuple[StageName, ...]] = {
    stage: tuple(name for name in STAGE_DEFS[stage].reads if name in STAGE_DEFS)
    for stage in TASK_OF
}
"""What a fixture of each stage holds."""


def stage_of(asked: str) -> StageName:
    """By the stage's name or its task's. Raises ConfigurationError."""
    for stage, task in TASK_OF.items():
        if asked in (stage, task):
            return stage
    raise ConfigurationError(
        f"no stage {asked} has a prompt",
        cure=f"Name one of {', '.join(TASK_OF)}, or its task: {', '.join(STAGE_OF)}.",
    )


def written(fixture: Fixture, hidden: Iterable[str] = ()) -> str:
    """The file's text: the same for the same input, with nothing of `hidden` (secrets, paths) in it."""
    found = fixture.model_dump(mode="json", exclude_defaults=True)
    return (
        json.dumps(
            _without(found, [text for text in hidden if len(text) >= HIDDEN_FROM_CHARS]),
            indent=1,
            ensure_ascii=False,
        )
        + "\n"
    )


def _without(value: Any, hidden: list[str]) -> Any:
    match value:
        case str():
            for text in hidden:
                value = value.replace(text, HIDDEN)
            return value
        case list():
            return [_without(item, hidden) for item in value]
        case dict():
            return {name: _without(item, hidden) for name, item in value.items()}
    return value


def read_fixture(path: Path) -> Fixture:
    """Raises ConfigurationError, with the file and what is wrong in it."""
    found = _json(path)
    if not isinstance(found, dict) or found.get("kind") != KIND:
        raise _wrong(path, "this is no fixture")
    if (version := found.get("fixture_version")) != FIXTURE_VERSION:
        raise _wrong(
            path,
            f"the fixture is of version {version}; this release reads version {FIXTURE_VERSION}",
        )
    try:
        fixture = Fixture.model_validate(found)
    except ValidationError as error:
        [first, *_] = error.errors()
        where = ".".join(str(part) for part in first["loc"])
        raise _wrong(path, f"the fixture is not whole: {where or 'it'}: {first['msg']}") from error
    if (
        fixture.reply_version > REPLY_VERSIONS[fixture.task]
    ):  # of before: what is missing has a default
        raise _wrong(
            path,
            f"the fixture is of replies of version {fixture.reply_version}; the stage reads version {REPLY_VERSIONS[fixture.task]}",
        )
    return fixture


def read_fixtures(paths: Iterable[Path]) -> list[Fixture]:
    """Of files and folders of files, each input once, in the order of their names. Raises ConfigurationError."""
    files = [
        file
        for path in paths
        for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])
    ]
    if not files:
        raise ConfigurationError(
            "there is no fixture",
            cure="Make one: chrysopedia prompt export STAGE VIDEO --out FOLDER",
        )
    found = {fixture.fixture_id: fixture for fixture in map(read_fixture, files)}
    return sorted(found.values(), key=lambda fixture: fixture.name)


def of_one_stage(fixtures: Iterable[Fixture]) -> StageName:
    """The stage that all are of. Raises ConfigurationError."""
    stages = sorted({fixture.stage for fixture in fixtures})
    if len(stages) > 1:
        raise ConfigurationError(
            f"the fixtures are of several stages: {', '.join(stages)}",
            cure="Give those of one stage; a prompt is made for one.",
        )
    return stages[0]


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(path, f"the fixture cannot be read: {error}") from error
    except (ValueError, RecursionError) as error:
        raise _wrong(path, f"the fixture is cut off, or no JSON: {error}") from error


def _wrong(path: Path, what: str) -> ConfigurationError:
    return ConfigurationError(
        what,
        where=str(path),
        cure="Export it again: chrysopedia prompt export STAGE VIDEO --out FOLDER",
    )
