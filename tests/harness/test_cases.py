"""The format of a prompt's cases: what is told of one that is wrong, what counts as found, how an answer fares."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from chrysopedia_assets.errors import ConfigurationError, ReplyRefused
from chrysopedia_assets.harness.cases import (
    Case,
    check_cases,
    looked_for,
    read_case,
    run_case,
    run_cases,
)
from chrysopedia_assets.stages.classifications import ClassificationReply
from chrysopedia_assets.stages.ports import Answers, Question
from tests.builders import PROJECT

CASES = PROJECT / "prompts" / "segmentation" / "cases"
SHIPPED = yaml.safe_load((CASES / "kick_then_bass.yaml").read_text("utf-8"))
EQ_CASE = PROJECT / "prompts" / "classification" / "cases" / "same_tool_two_uses.yaml"


def put(folder: Path, text: str | None = None, **changes: Any) -> Path:
    """A prompt's folder with one case: the shipped one, changed; None takes a field away."""
    case = {name: value for name, value in (SHIPPED | changes).items() if value is not None}
    (folder / "cases").mkdir(exist_ok=True)
    path = folder / "cases" / "mine.yaml"
    path.write_text(yaml.safe_dump(case) if text is None else text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"text": "about: [unclosed"}, "the case cannot be read: while parsing"),
        ({"text": "- a list"}, "the case is not sound: it: Input should be"),
        ({"text": ""}, "the case is not sound: it: Input should be"),
        ({"text": "[" * 5_000}, "the case cannot be read"),
        ({"text": "a: !!python/object/apply:os.system ['true']"}, "could not determine"),
        ({"must_fnd": ["x"]}, "must_fnd: Extra inputs"),
        ({"about": None}, "about: Field required"),
        ({"given": {"video": 1}}, "video: Input should be"),
        ({"must_find": "kick"}, "must_find: Input should be"),
        ({"must_find": [250]}, "must_find.0: Input should be a valid string"),
        ({"must_find": [" "]}, "an empty text is found everywhere"),
        ({"embedded": False}, "belong together"),
        ({"because": "of this"}, "belong together"),
        ({"embedded": True}, "embedded: Input should be False"),
        ({"good": {"topics": []}}, "its good reply is refused: segmentation of segments 0 to 4"),
        ({"must_find": ["snare"]}, "its own good reply lacks 'snare'"),
        ({"must_not_find": ["KICK"]}, "its own good reply holds 'KICK'"),
        ({"bad": [{"reply": SHIPPED["good"], "because": "x"}]}, "its bad reply 1 is taken"),
        (
            {"bad": [{"reply": {"topics": []}, "because": "not in order"}]},
            "its bad reply 1 is refused, but not for 'not in order': topics",
        ),
    ],
)
def test_what_is_wrong_with_a_case_is_told_with_its_name(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    put(tmp_path, **changes)
    [complaint] = check_cases(tmp_path, "segmentation")
    assert complaint.startswith("mine.yaml: ")
    assert told in complaint


def test_sound_cases_and_no_cases_at_all_are_no_complaint(tmp_path: Path) -> None:
    assert check_cases(tmp_path, "segmentation") == []
    put(tmp_path)
    assert check_cases(tmp_path, "segmentation") == []


def test_a_file_that_would_never_be_read_is_told(tmp_path: Path) -> None:
    put(tmp_path).rename(tmp_path / "cases" / "mine.yml")
    (tmp_path / "cases" / ".hidden").touch()
    [complaint] = check_cases(tmp_path, "segmentation")
    assert complaint == "mine.yml: this is no case; a case's name ends in .yaml"


def test_a_file_that_is_not_text_is_told_with_its_path(tmp_path: Path) -> None:
    path = put(tmp_path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError) as caught:
        read_case(path, "segmentation")
    assert caught.value.where == str(path)
    assert "cannot be read" in caught.value.what


EQ_REPLY = ClassificationReply.model_validate(
    {
        "classes": [
            {"moment": 20, "category": "Mixdown", "tags": ["Equalizer", "distortion"]},
            {
                "moment": 21,
                "category": "sound_design",
                "tags": ["distortion"],
                "evidence": "Makes\nthe Growl at 2.5 k",
            },
        ]
    }
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("20: mixing", True),  # the key, of an answer that uses an alias
        ("20: eq", True),
        ("20: distortion", False),  # a tag of another category is dropped
        ("21: distortion", True),
        ("1: distortion", False),  # of moment 21, not 1
        ("makes the growl", True),
        ("the growl at 2.5", True),
        ("the growl at 2", False),  # not the whole number
        ("5 k", False),
        ("mixing eq", False),  # two lines
        ("mixdown", False),
    ],
)
def test_what_counts_as_found(text: str, found: bool) -> None:
    read = read_case(EQ_CASE, "classification")
    file = read.file.model_copy(update={"must_find": (text,), "must_not_find": (text,)})
    missing, wrongly = looked_for(Case(read.task, read.path, file, read.question), EQ_REPLY)
    assert (missing, wrongly) == (((), (text,)) if found else ((text,), ()))


class Says:
    """Answers every question with one reply, or fails."""

    def __init__(self, reply: Any, failure: Exception | None = None) -> None:
        self.reply, self.failure = reply, failure

    def __call__(self, questions: Any) -> Answers[Any]:
        if self.failure:
            raise self.failure
        question: Question[Any] = questions[0]
        return Answers([question.reply.model_validate(self.reply)], made_by="somebody")


def case(folder: Path, **changes: Any) -> Case:
    return read_case(put(folder, **changes), "segmentation")


def test_an_answer_passes_or_fails_by_what_it_says(tmp_path: Path) -> None:
    asked = case(tmp_path, must_find=["kick", "bass"], must_not_find=["sponsor"])
    passed = run_case(asked, Says(SHIPPED["good"]), "a model")
    assert passed.passed and passed.engine == "somebody"
    topics = [{"first_segment": 0, "label": "Kick", "summary": "By our sponsor."}]
    failed = run_case(asked, Says({"topics": topics}), "a model")
    assert not failed.passed
    assert (failed.missing, failed.wrongly) == (("bass",), ("sponsor",))


def test_a_refused_reply_is_a_failed_case_and_the_others_go_on(tmp_path: Path) -> None:
    asked = [case(tmp_path), case(tmp_path)]
    refused = Says(None, ReplyRefused("no use", cure="Run it again."))
    done = list(run_cases(asked, refused, "a model"))
    assert [one.failure for one in done] == ["no use", "no use"]
    breaks = Says({"topics": [{"first_segment": 3, "label": "x", "summary": "y"}]})
    one = run_case(asked[0], breaks, "a model")
    assert "the first topic begins at segment 3, not 0" in one.failure and not one.passed


def test_a_wrong_setting_stops_all(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        list(run_cases([case(tmp_path)], Says(None, ConfigurationError("key")), "a model"))


def test_a_case_that_does_not_apply_to_the_embedded_engine_is_not_asked_of_it(
    tmp_path: Path,
) -> None:
    asked = case(tmp_path, embedded=False, because="It knows no basses.")
    never = Says(None, AssertionError("asked"))
    assert run_case(asked, never, None).spared == "It knows no basses."
    with pytest.raises(AssertionError):
        run_case(asked, never, "a model")
