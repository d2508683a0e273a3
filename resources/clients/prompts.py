"""Reads a prompt's folder: `system.md`, `user.md`, `prompt.toml`. A template is typed: it has to use every variable of
its task, and no other, so that a misspelt name is told when the prompt is read and not when it is paid for.
"""

import re
import tomllib
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.prompts import REPLY_VERSIONS, VARIABLES, PromptName, PromptSettings
from chrysopedia_assets.models.records import content_hash
from resources.clients.voice import VOICE_FILE, Voices, read_voices

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
VOICED: PromptName = "synthesis"
_LOOSE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{\{")


@dataclass(frozen=True)
class PromptTemplate:
    """A task's prompt as it is on disk, and how to ask with it."""

    task: PromptName
    system: str
    user: str
    settings: PromptSettings
    voices: Voices | None = None

    @cached_property
    def dial(self) -> str:
        """What the setting `voice` adds to the system text; empty where it is not set."""
        if self.settings.voice is None or self.voices is None:
            return ""
        return f"\n{self.voices.paragraph(self.settings.voice)}\n"

    @cached_property
    def version(self) -> str:
        """Of what is asked: both texts, how much may be read and written, the version of the reply's schema.

        Not the cases; and who answers, how, is a version of its own (`resources.sources`).
        """
        bounds = self.settings.model_dump_json(include={"max_output_tokens", "max_input_tokens"})
        system = self.system + self.dial
        return content_hash(system, self.user, bounds, str(REPLY_VERSIONS[self.task]))

    def texts(self, values: Mapping[str, str]) -> tuple[str, str]:
        """System and user text, filled. What is filled in is never read as a template."""
        return _filled(self.system, values) + self.dial, _filled(self.user, values)

    def with_settings(self, changes: Mapping[str, Any]) -> "PromptTemplate":
        """With other settings. Raises pydantic's ValidationError, or ConfigurationError for a voice that it has not."""
        settings = self.settings.model_dump() | dict(changes)
        changed = replace(self, settings=PromptSettings.model_validate(settings))
        return _voiced(changed, f"the prompt of {self.task}")


def read_prompt(folder: Path, task: PromptName) -> PromptTemplate:
    """Raises ConfigurationError, with the file and what is wrong in it.

    All three files of one folder: where it is replaced by another while it is read (a promotion), the other is read.
    """
    while True:
        which = _which(folder)
        try:
            found: PromptTemplate | ConfigurationError = _read_prompt(folder, task)
        except ConfigurationError as error:
            found = error
        if _which(folder) != which:
            continue
        if isinstance(found, ConfigurationError):
            raise found
        return found


def _which(folder: Path) -> int | None:
    try:
        return folder.stat().st_ino
    except OSError:
        return None


def _read_prompt(folder: Path, task: PromptName) -> PromptTemplate:
    system, user = (_template(folder / name, task) for name in ("system.md", "user.md"))
    settings = _settings(folder / "prompt.toml", task)
    voices = read_voices(folder / VOICE_FILE)
    return _checked(PromptTemplate(task, system, user, settings, voices), str(folder))


def with_part(prompt: PromptTemplate, path: Path) -> PromptTemplate:
    """The prompt with another `user.md`, or, if the file has any other name, another `system.md`."""
    text = _template(path, prompt.task)
    changed = replace(prompt, user=text) if path.name == "user.md" else replace(prompt, system=text)
    return _checked(changed, str(path))


def with_system(prompt: PromptTemplate, text: str, where: str) -> PromptTemplate:
    """The prompt with another system text; `where` it comes from, for messages."""
    _refuse_loose(text, where)
    _refuse_unknown(text, where, prompt.task)
    return _checked(replace(prompt, system=text), where)


def with_voice(prompt: PromptTemplate, value: float | None) -> PromptTemplate:
    """The prompt with its dial set, 0 to 1; None leaves it as it is. Raises ConfigurationError."""
    if value is None:
        return prompt
    if not 0 <= value <= 1:
        raise ConfigurationError(
            f"a voice of {value:g} is none", cure="Give a number from 0 (neutral) to 1 (own words)."
        )
    return prompt.with_settings({"voice": value})


def _voiced(prompt: PromptTemplate, where: str) -> PromptTemplate:
    """A dial that nothing is written for would silently do nothing."""
    if prompt.settings.voice is None:
        return prompt
    if prompt.task != VOICED:
        raise ConfigurationError(
            f"a voice is set for {prompt.task}",
            where=where,
            cure=f"Only {VOICED} writes in a creator's voice: set it there (voice = 0.8, or CHRYSOPEDIA_LLM_SYNTHESIS_VOICE).",
        )
    if prompt.voices is None:
        raise ConfigurationError(
            f"a voice is set, and the prompt has no {VOICE_FILE} that says what it means",
            where=where,
            cure=f"Copy {VOICE_FILE} from the installed prompt into its folder, or leave the voice unset.",
        )
    return prompt


def _checked(prompt: PromptTemplate, where: str) -> PromptTemplate:
    """What is not used anywhere has no line to be named."""
    used = {name for text in (prompt.system, prompt.user) for name in _VARIABLE.findall(text)}
    if unused := VARIABLES[prompt.task] - used:
        raise _wrong_variables("unused", unused, where, prompt.task)
    return _voiced(prompt, where)


def _template(path: Path, task: PromptName) -> str:
    text = _read(path)
    _refuse_unknown(text, str(path), task)
    return text


def _refuse_unknown(text: str, where: str, task: PromptName) -> None:
    lines = [set(_VARIABLE.findall(line)) - VARIABLES[task] for line in text.splitlines()]
    if unknown := set().union(*lines):
        first = next(number for number, names in enumerate(lines, start=1) if names)
        raise _wrong_variables("unknown", unknown, f"{where}, line {first}", task)


def _wrong_variables(
    kind: str, names: Set[str], where: str, task: PromptName
) -> ConfigurationError:
    return ConfigurationError(
        f"{kind} variables: {', '.join(sorted(names))}",
        where=where,
        cure=f"Templates of {task} use {', '.join(sorted(VARIABLES[task]))}, each as {{{{ name }}}}.",
    )


def _read(path: Path) -> str:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"the prompt cannot be read: {error}",
            where=str(path),
            cure="A prompt is a folder with system.md, user.md and prompt.toml, in UTF-8.",
        ) from error
    _refuse_loose(text, str(path))
    return text


def _refuse_loose(text: str, where: str) -> None:
    for number, line in enumerate(text.splitlines(), start=1):
        if loose := _LOOSE.search(_VARIABLE.sub("", line)):
            raise ConfigurationError(
                f"this is no variable: {loose[0]!r}",
                where=f"{where}, line {number}",
                cure="A variable is written {{ name }}; templates have no other code.",
            )


def _settings(path: Path, task: PromptName) -> PromptSettings:
    try:
        found = tomllib.loads(_read(path))
        version = found.pop("reply_version", None)
        settings = PromptSettings.model_validate(found)
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigurationError(
            f"the prompt's settings are wrong: {_in_short(error)}",
            where=str(path),
            cure=f"Known are reply_version, {', '.join(PromptSettings.model_fields)}.",
        ) from error
    if version != REPLY_VERSIONS[task]:
        raise ConfigurationError(
            f"the prompt is written for replies of version {version}; the stage reads version {REPLY_VERSIONS[task]}",
            where=str(path),
            cure="Bring its text up to the shape that the stage reads, then set reply_version.",
        )
    return settings


def _in_short(error: tomllib.TOMLDecodeError | ValidationError) -> str:
    if isinstance(error, tomllib.TOMLDecodeError):
        return str(error)
    return "; ".join(f"{e['loc'][0] if e['loc'] else ''}: {e['msg']}" for e in error.errors())


def _filled(template: str, values: Mapping[str, str]) -> str:
    """In one pass, so that braces in a transcript stay what they are."""
    return _VARIABLE.sub(lambda match: values[match[1]], template)
