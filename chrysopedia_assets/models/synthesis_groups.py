"""The bounded groups of moments that one synthesis call each may see."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from chrysopedia_assets.models.key_moments import KeyMoment
from chrysopedia_assets.models.records import Record, StageRecord, Text

MAX_GROUP_MOMENTS = 30
MAX_GROUP_TOKENS = 12_000


class GroupedMoment(Record):
    moment: KeyMoment
    tags: tuple[Text, ...] = ()


class SynthesisGroup(Record):
    """Moments of one category, in order of time; `tokens` is an estimate of what they cost to read."""

    group_id: Text
    category: Text
    tokens: Annotated[int, Field(ge=0, le=MAX_GROUP_TOKENS)]
    moments: tuple[GroupedMoment, ...] = Field(min_length=1, max_length=MAX_GROUP_MOMENTS)


class SynthesisGroups(StageRecord):
    groups: tuple[SynthesisGroup, ...]

    @model_validator(mode="after")
    def _each_moment_in_one_group(self) -> Self:
        ids = [m.moment.moment_id for group in self.groups for m in group.moments]
        if len(set(ids)) != len(ids):
            raise ValueError("a moment is in two groups")
        return self
