"""Put moments of one category together, bounded by count and by tokens: a group must fit one synthesis call.

An unbounded group once made a 42,000-token prompt whose reply was valid and incomplete, on every retry.
"""

import math
from collections import defaultdict
from collections.abc import Iterator

from chrysopedia_assets.errors import ReplyRefused
from chrysopedia_assets.models.calls import estimated_tokens
from chrysopedia_assets.models.classifications import Classifications
from chrysopedia_assets.models.key_moments import KeyMoments
from chrysopedia_assets.models.records import content_hash
from chrysopedia_assets.models.synthesis_groups import (
    MAX_GROUP_MOMENTS,
    MAX_GROUP_TOKENS,
    GroupedMoment,
    SynthesisGroup,
    SynthesisGroups,
)


def group_for_synthesis(moments: KeyMoments, classifications: Classifications) -> SynthesisGroups:
    """Every moment in exactly one group; groups by category in order of first appearance, then by time."""
    classes = {c.moment_id: c for c in classifications.classifications}
    by_category: dict[str, list[GroupedMoment]] = defaultdict(list)
    for moment in moments.moments:
        if moment.moment_id not in classes:
            raise ReplyRefused(
                f"moment {moment.moment_id} ({moment.title!r}) has no classification",
                where=moments.video.video_id,
                cure="Run `classifications` for this video first: it is older than `key_moments`.",
            )
        found = classes[moment.moment_id]
        by_category[found.category].append(GroupedMoment(moment=moment, tags=found.tags))
    groups = (
        _group(category, part)
        for category, members in by_category.items()
        for part in _bounded(members)
    )
    return SynthesisGroups(video=moments.video, made_by="code 1", groups=tuple(groups))


def tokens_of(member: GroupedMoment) -> int:
    """An estimate of what reading this moment costs a model."""
    moment = member.moment
    text = " ".join((moment.title, moment.summary, moment.quote, moment.transcript, *member.tags))
    return estimated_tokens(text)


def _bounded(members: list[GroupedMoment]) -> Iterator[list[GroupedMoment]]:
    """Split into as few parts as the bounds allow, about equal in tokens, never reordering."""
    total = sum(tokens_of(member) for member in members)
    parts = max(math.ceil(len(members) / MAX_GROUP_MOMENTS), math.ceil(total / MAX_GROUP_TOKENS))
    part: list[GroupedMoment] = []
    tokens = 0
    for member in members:
        cost = tokens_of(member)
        full = len(part) == MAX_GROUP_MOMENTS or tokens + cost > MAX_GROUP_TOKENS
        if part and (full or tokens >= total / parts):
            yield part
            part, tokens = [], 0
        part.append(member)
        tokens += cost
    yield part


def _group(category: str, members: list[GroupedMoment]) -> SynthesisGroup:
    return SynthesisGroup(
        group_id=content_hash(category, *(member.moment.moment_id for member in members)),
        category=category,
        tokens=sum(tokens_of(member) for member in members),
        moments=tuple(members),
    )
