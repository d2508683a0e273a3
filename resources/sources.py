"""What stages read beside each other's results and the library's files: prompts, the taxonomy, who answers and how.

Each is a source asset of the graph with a version by content. One snapshot is read for a run, so that what a stage used
and what is recorded that it used are the same, also when a file is edited meanwhile.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from chrysopedia_assets.engines import EXTRACTIVE
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.prompts import TASKS, PromptName, Task
from chrysopedia_assets.models.records import content_hash
from chrysopedia_assets.models.slugs import slug
from chrysopedia_assets.models.stage_defs import (
    OF_VIDEOS,
    TAXONOMY,
    StageDef,
    prompt_source,
    settings_source,
)
from chrysopedia_assets.models.taxonomy import Taxonomy
from resources.clients.git import last_commit
from resources.clients.prompts import PromptTemplate, with_part, with_system
from resources.clients.taxonomy import read_taxonomy
from resources.llm import prompt
from resources.settings import OPENAI_URL, LlmSettings, llm_settings, settings

Prompt = PromptTemplate

MAX_NAME = 30
"""Of a model's name in a version: Dagster's tags take 63 characters in all."""
HASH_DIGITS = 8


class Prompts(Mapping[PromptName, PromptTemplate]):
    """A prompt that cannot be read is an error for whoever asks for it, and for nobody else."""

    def __init__(self, found: Mapping[PromptName, PromptTemplate | ConfigurationError]) -> None:
        self._found = found

    def __getitem__(self, task: PromptName) -> PromptTemplate:
        found = self._found[task]
        if isinstance(found, ConfigurationError):
            raise found
        return found

    def __iter__(self) -> Iterator[PromptName]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def with_one(self, prompt: PromptTemplate) -> "Prompts":
        return Prompts({**self._found, prompt.task: prompt})

    def readable(self) -> list[PromptTemplate]:
        return [found for found in self._found.values() if isinstance(found, PromptTemplate)]

    def readable_of_stages(self) -> dict[Task, PromptTemplate]:
        return {
            task: found
            for task in TASKS
            if isinstance(found := self._found.get(task), PromptTemplate)
        }


@dataclass(frozen=True)
class Sources:
    """`versions` of all that could be read; `broken` says what is wrong with the rest."""

    prompts: Prompts
    taxonomy: Taxonomy | None
    versions: Mapping[str, str]
    broken: Mapping[str, ConfigurationError]

    def used_by(self, stage: StageDef) -> dict[str, str]:
        """The versions that the stage works with. Raises the ConfigurationError of one that it cannot do without."""
        return {name: self.version(name) for name in stage.sources if name not in OF_VIDEOS}

    def version(self, name: str) -> str:
        """Raises the ConfigurationError of one that is broken."""
        if name in self.broken:
            raise self.broken[name]
        return self.versions[name]

    def known_taxonomy(self) -> Taxonomy:
        """Raises its ConfigurationError where there is none."""
        if self.taxonomy is None:
            raise self.broken[TAXONOMY]
        return self.taxonomy

    def check(self) -> None:
        """Raises ConfigurationError when any of them is broken."""
        for error in self.broken.values():
            raise error


def read_sources() -> Sources:
    """As they are on disk and in the environment now. Raises ConfigurationError for a setting that is wrong for all."""
    chosen = llm_settings()
    found: dict[PromptName, PromptTemplate | ConfigurationError] = {}
    versions: dict[str, str] = {}
    broken: dict[str, ConfigurationError] = {}
    taxonomy: Taxonomy | None = None
    try:
        taxonomy = read_taxonomy(settings().taxonomy_file)
        versions[TAXONOMY] = content_hash(taxonomy.model_dump_json())
    except ConfigurationError as error:
        broken[TAXONOMY] = error
    for task in TASKS:
        try:
            found[task] = read = prompt(task, chosen)
        except ConfigurationError as error:
            found[task] = broken[prompt_source(task)] = broken[settings_source(task)] = error
            continue
        versions[prompt_source(task)] = read.version
        if read.settings.model or taxonomy is not None:
            versions[settings_source(task)] = _who_answers(read, chosen, versions.get(TAXONOMY))
        else:
            broken[settings_source(task)] = broken[TAXONOMY]
    return Sources(Prompts(found), taxonomy, versions, broken)


@lru_cache(maxsize=256)
def sources_of(run_id: str) -> Sources:
    """What the run works with from its beginning to its end in this process."""
    return read_sources()


def path_of(name: str) -> Path | None:
    """The folder or file that a source is read from; None for what the environment says."""
    if name == TAXONOMY:
        return settings().taxonomy_file
    task = name.removeprefix("prompts/")
    return settings().prompts_dir / task if task != name else None


def commit_of(name: str) -> str | None:
    """The newest commit of a source's files; None where there is none, or they have been edited since."""
    path = path_of(name)
    return last_commit(path) if path is not None else None


def overriding(asked: PromptTemplate, *, text: str = "", path: str = "") -> PromptTemplate:
    """A prompt with what is given for one video alone: another system text, or a file or folder.

    A folder is a whole prompt; a file replaces `system.md`, or `user.md` if that is its name. Who answers stays as it is
    for everybody: that is on record as what it is. Raises ConfigurationError.
    """
    if text and path:
        raise ConfigurationError(
            "both a text and a file are given as the prompt of this run", cure="Give one of them."
        )
    if not path:
        return with_system(asked, text, "the prompt of this run")
    given = Path(path).expanduser()
    if not given.is_dir():
        return with_part(asked, given)
    chosen = llm_settings()
    found = prompt(asked.task, chosen, given)
    if _who_answers(found, chosen, None) != _who_answers(asked, chosen, None):
        raise ConfigurationError(
            "the prompt of this run names another model, temperature or way of thinking",
            where=str(given / "prompt.toml"),
            cure=f"Leave those as they are in {settings().prompts_dir / asked.task}.",
        )
    return found


def prompt_to_try(task: PromptName, path: Path | None, model: str | None = None) -> PromptTemplate:
    """The installed prompt, or what a folder or file makes of it, asked of any model. Raises ConfigurationError."""
    chosen, given = llm_settings(), path.expanduser() if path is not None else None
    if given is not None and not given.is_dir():
        found = with_part(prompt(task, chosen), given)
    else:
        found = prompt(task, chosen, given)
    return found.with_settings({"model": model}) if model else found


def _who_answers(asked: PromptTemplate, chosen: LlmSettings, taxonomy: str | None) -> str:
    """The engine or model, and what shapes its answers beside the prompt, in words and a hash.

    The embedded engine takes its words from the taxonomy, whatever the task; for classification that is an input of
    its own. Where a server stands does not matter, what kind of one it is does.
    """
    settings = asked.settings
    if not settings.model:
        words = taxonomy if taxonomy and asked.task != "classification" else ""
        name, facts = slug(EXTRACTIVE), (EXTRACTIVE, words)
    else:
        kind = "openai" if chosen.server.base_url.rstrip("/") == OPENAI_URL else "compatible"
        temperature = "" if settings.temperature is None else f"-t{settings.temperature:g}"
        name = f"{slug(settings.model)[:MAX_NAME]}{temperature}"
        extra = json.dumps(chosen.extra, sort_keys=True)
        facts = (kind, settings.model, temperature, str(settings.thinks), extra)  # type: ignore[assignment]
    return f"{name}-{content_hash(*facts)[:HASH_DIGITS]}"
