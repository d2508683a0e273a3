"""What a recogniser says of its own transcript, read from a file that anybody may have edited."""

import pytest

from chrysopedia_assets.models.doubts import Doubt
from resources.clients.captions.heard import MOST, sound

DOUBT = {"kind": "unheard", "start_s": 1.0, "end_s": 2.0, "reason": "1 s"}


def test_what_is_sound_is_kept_in_order() -> None:
    wrong = [{**DOUBT, "kind": "x"}, {**DOUBT, "start_s": -1}, "text", None, {**DOUBT, "more": 1}]
    assert sound([DOUBT, *wrong, {**DOUBT, "start_s": 1.5}], Doubt) == (
        Doubt(kind="unheard", start_s=1.0, end_s=2.0, reason="1 s"),
        Doubt(kind="unheard", start_s=1.5, end_s=2.0, reason="1 s"),
    )


@pytest.mark.parametrize("values", [None, {}, "text", 3])
def test_what_is_no_list_is_none(values: object) -> None:
    assert sound(values, Doubt) == ()


def test_there_are_no_more_than_anybody_needs() -> None:
    assert len(sound([DOUBT] * (MOST + 1), Doubt)) == MOST
