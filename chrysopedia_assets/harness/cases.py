"""A prompt's cases: questions with a reply that the gates take, replies that they refuse, and what an answer has to say.

What belongs here: the format, what is wrong with a case, how whoever answers does on one. What does not: which prompt
and which engine (`chrysopedia_assets.cli.prompt.cases` asks the settings). A case is `prompts/<task>/cases/NAME.yaml`:

    about: what the case is for, in a sentence
    given: the input of the task
    good: a reply that has to be taken
    bad: replies that have to be refused, each as {reply: ..., because: words of the reason}
    must_find: texts that an answer has to hold (may be left out)
    must_not_find: texts that it must not hold (may be left out)
    embedded: false, where the embedded engine cannot pass, with `because: why` (may be left out)

An answer is looked at line by line: each of its texts is a line, and those of an item about one moment begin with its
number, `20: mixing`. Category and tags are keys of the taxonomy there, whatever words the answer uses. A text is found
if it stands in a line, in any casing and spacing; a number at its beginning or end has to be the whole number.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import JsonValue, ValidationError, model_validator

from chrysopedia_assets.engines import EXTRACTIVE
from chrysopedia_assets.engines.llm.reading import read_reply
from chrysopedia_assets.errors import ChrysopediaError, ConfigurationError, ReplyRefused
from chrysopedia_assets.harness.side_by_side import side_by_side
from chrysopedia_assets.models.calls import Completion
from chrysopedia_assets.models.prompts import TASKS, PromptName
from chrysopedia_assets.models.records import Record, Text
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.stages.classifications import (
    ClassificationInput,
    ClassificationQuestion,
    ClassificationReply,
)
from chrysopedia_assets.stages.judging import JudgingInput, JudgingQuestion
from chrysopedia_assets.stages.key_moments import ExtractionInput, ExtractionQuestion
from chrysopedia_assets.stages.ports import Ask, Question, answers
from chrysopedia_assets.stages.reflecting import ReflectingInput, ReflectingQuestion
from chrysopedia_assets.stages.technique_pages import SynthesisInput, SynthesisQuestion
from chrysopedia_assets.stages.topic_chunks import SegmentationInput, SegmentationQuestion

ENDING = ".yaml"
ASKED: Mapping[PromptName, Callable[[Any], Question[Any]]] = {
    "segmentation": lambda given: SegmentationQuestion(SegmentationInput.model_validate(given)),
    "extraction": lambda given: ExtractionQuestion(ExtractionInput.model_validate(given)),
    "classification": lambda given: ClassificationQuestion(
        ClassificationInput.model_validate(given)
    ),
    "synthesis": lambda given: SynthesisQuestion(SynthesisInput.model_validate(given)),
    "judging": lambda given: JudgingQuestion(JudgingInput.model_validate(given)),
    "reflecting": lambda given: ReflectingQuestion(ReflectingInput.model_validate(given)),
}


class BadReply(Record):
    """`because` is a part of what is said against it."""

    reply: JsonValue
    because: Text


class CaseFile(Record):
    """A case as it is written."""

    about: Text
    given: Mapping[str, Any]
    good: JsonValue
    bad: tuple[BadReply, ...]
    must_find: tuple[Text, ...] = ()
    must_not_find: tuple[Text, ...] = ()
    embedded: Literal[False] | None = None
    because: Text = ""

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if (self.embedded is False) != bool(self.because.strip()):
            raise ValueError("`embedded: false` and `because: why` belong together")
        if not all(text.strip() for text in (*self.must_find, *self.must_not_find)):
            raise ValueError("an empty text is found everywhere")
        return self


@dataclass(frozen=True)
class Case:
    task: PromptName
    path: Path
    file: CaseFile
    question: Question[Any]

    @property
    def name(self) -> str:
        return self.path.stem


@dataclass(frozen=True)
class Gates:
    """`refused` of `bad` replies were refused for their reason; `wrong` says in words what is not as the case has it."""

    good_taken: bool
    bad: int
    refused: int
    wrong: tuple[str, ...]


@dataclass(frozen=True)
class CaseRun:
    """How whoever answers does on a case. `spared` says why it was not asked, `failure` why there is no answer."""

    case: Case
    gates: Gates
    engine: str
    seconds: float = 0.0
    missing: tuple[str, ...] = ()
    wrongly: tuple[str, ...] = ()
    failure: str = ""
    spared: str = ""

    @property
    def passed(self) -> bool:
        return not (self.gates.wrong or self.missing or self.wrongly or self.failure)


# Reading


def cases_in(folder: Path) -> list[Path]:
    """The files of a prompt's cases, by name."""
    return sorted((folder / "cases").glob(f"*{ENDING}"))


def read_case(path: Path, task: PromptName) -> Case:
    """Raises ConfigurationError, with the file and what is wrong in it."""
    try:
        file = CaseFile.model_validate(yaml.safe_load(path.read_text("utf-8")))
        return Case(task, path, file, ASKED[task](file.given))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise _wrong(path, f"the case cannot be read: {_told(error)}") from error
    except ValueError as error:
        raise _wrong(path, f"the case is not sound: {_told(error)}") from error


def check_cases(folder: Path, task: PromptName) -> list[str]:
    """What is wrong with the cases of a prompt's folder, by their gates alone; empty when all is well."""
    wrong = [
        f"{path.name}: this is no case; a case's name ends in {ENDING}"
        for path in sorted((folder / "cases").glob("*"))
        if path.suffix != ENDING and not path.name.startswith(".")
    ]
    for path in cases_in(folder):
        try:
            told = gates(read_case(path, task)).wrong
        except ConfigurationError as error:
            told = (error.what,)
        wrong += [f"{path.name}: {one}" for one in told]
    return wrong


def _told(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return " ".join(str(error).split())
    return "; ".join(
        f"{'.'.join(map(str, e['loc'])) or 'it'}: {e['msg']}" for e in error.errors()[:3]
    )


def _wrong(path: Path, what: str) -> ConfigurationError:
    return ConfigurationError(
        what,
        where=str(path),
        cure=f"Correct it; its fields are {', '.join(CaseFile.model_fields)}.",
    )


# Judging


def gates(case: Case) -> Gates:
    """Whether the stage's own rules take the good reply and refuse the bad ones, and the case agrees with itself."""
    wrong: list[str] = []
    taken = False
    try:
        good = read_reply(case.question, _completion(case.file.good))
    except ReplyRefused as error:
        wrong.append(f"its good reply is refused: {error.what}")
    else:
        taken = True
        missing, wrongly = looked_for(case, good)
        wrong += [f"its own good reply lacks {text!r}" for text in missing]
        wrong += [f"its own good reply holds {text!r}" for text in wrongly]
    told = [_refusal(case.question, bad) for bad in case.file.bad]
    wrong += [f"its bad reply {n} {one}" for n, one in enumerate(told, start=1) if one]
    return Gates(taken, len(told), told.count(""), tuple(wrong))


def _refusal(question: Question[Any], bad: BadReply) -> str:
    """What is not as it should be; empty where it is refused as it says."""
    try:
        read_reply(question, _completion(bad.reply))
    except ReplyRefused as error:
        told = error.what.partition(f"{question.subject}: ")[2]
        return "" if bad.because in told else f"is refused, but not for {bad.because!r}: {told}"
    return "is taken"


def _completion(reply: object) -> Completion:
    return Completion(json.dumps(reply, ensure_ascii=False))


def looked_for(case: Case, reply: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What must be found and is not, and what must not be found and is."""
    if isinstance(reply, ClassificationReply):
        reply = _in_keys(reply, case.question.given.taxonomy)  # type: ignore[attr-defined]
    said = [_plain(line) for line in lines_of(reply.model_dump(mode="json"))]
    missing = tuple(text for text in case.file.must_find if not _found(text, said))
    return missing, tuple(text for text in case.file.must_not_find if _found(text, said))


def lines_of(value: Any, about: str = "") -> Iterator[str]:
    """Every text of a reply; what an item says of one moment begins with its number."""
    match value:
        case str():
            yield f"{about}{value}"
        case list():
            for item in value:
                yield from lines_of(item, about)
        case {"moment": int(number), **rest}:
            yield from lines_of(rest, f"{number}: ")
        case dict():
            yield from lines_of(list(value.values()), about)


def _found(text: str, lines: Iterable[str]) -> bool:
    text = _plain(text)
    before = r"(?<!\d)(?<!\d[.,])" if text[0].isdigit() else ""
    after = r"(?!\d)(?![.,]\d)" if text[-1].isdigit() else ""
    wanted = re.compile(before + re.escape(text) + after)
    return any(wanted.search(line) for line in lines)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _in_keys(reply: ClassificationReply, taxonomy: Taxonomy) -> ClassificationReply:
    """Category and tags as they would be stored: tags of another category are dropped."""
    classes = []
    for one in reply.classes:
        category = taxonomy.category(one.category)
        assert category is not None, "the gates refuse such a reply"
        tags = tuple(tag.key for tag in map(category.tag, one.tags) if tag)
        classes.append(one.model_copy(update={"category": category.key, "tags": tags}))
    return ClassificationReply(classes=tuple(classes))


# Asking


def run_cases(cases: Iterable[Case], ask: Ask, model: str | None) -> Iterator[CaseRun]:
    """Each case as it is done; without a model the embedded engine answers.

    Raises ConfigurationError when all would fail in the same way.
    """
    with side_by_side("case") as threads:
        begun = [threads.submit(run_case, case, ask, model) for case in cases]
        for done in as_completed(begun):
            yield done.result()


def run_case(case: Case, ask: Ask, model: str | None) -> CaseRun:
    """A reply that is refused is a failed case; a wrong setting raises ConfigurationError."""
    found, engine = gates(case), model or EXTRACTIVE
    if model is None and case.task not in TASKS:
        return CaseRun(case, found, engine, spared=f"{case.task} takes a language model")
    if model is None and case.file.embedded is False:
        return CaseRun(case, found, engine, spared=case.file.because)
    started = time.perf_counter()
    try:
        told = answers(ask, [case.question])
    except ConfigurationError:
        raise
    except ChrysopediaError as error:
        return CaseRun(case, found, engine, time.perf_counter() - started, failure=error.what)
    seconds = time.perf_counter() - started
    missing, wrongly = looked_for(case, told.replies[0])
    return CaseRun(case, found, told.made_by, seconds, missing, wrongly)
