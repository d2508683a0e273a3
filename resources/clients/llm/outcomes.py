"""The word of the ledger for each way in which a call can fail."""

from chrysopedia_assets.errors import (
    AccessDenied,
    ChrysopediaError,
    ModelNotFound,
    PromptTooLong,
    RateLimited,
    ReplyDeclined,
    ReplyEmpty,
    ReplyMisshapen,
    ReplyNotJson,
    ReplyRefused,
    ReplyShort,
    ReplyTruncated,
    ServerFailed,
    TimedOut,
)
from chrysopedia_assets.models.calls import Outcome
from resources.clients.llm.endpoint import Unsupported

OUTCOMES: dict[type[ChrysopediaError], Outcome] = {
    ReplyTruncated: "truncated",
    ReplyNotJson: "not_json",
    ReplyMisshapen: "misshapen",
    ReplyDeclined: "declined",
    ReplyEmpty: "empty",
    ReplyShort: "short",
    ReplyRefused: "breaks_rules",
    RateLimited: "rate_limited",
    ServerFailed: "server_error",
    TimedOut: "timed_out",
    PromptTooLong: "too_long",
    AccessDenied: "denied",
    ModelNotFound: "no_such_model",
    Unsupported: "unsupported",
}


def outcome_of(failure: ChrysopediaError) -> Outcome:
    return OUTCOMES.get(type(failure), "bad_request")
