"""What a call costs. A price that nobody knows is unknown, never zero.

Prices come from genai-prices, by the provider whose API it is: a model of the same name on one's own server is not
billed by that provider.
"""

from dataclasses import dataclass

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.calls import Completion, Request, estimated_tokens

MILLION = 1_000_000


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens; those read from a provider's cache are part of what goes in."""

    tokens_in: float
    tokens_out: float
    tokens_cached: float


def cost_usd(
    completion: Completion, model: str, base_url: str, price: Price | None = None
) -> float | None:
    """As listed, else by `price`; None where there is neither a price nor a count."""
    if completion.tokens_in is None or completion.tokens_out is None:
        return None
    cached = min(completion.tokens_cached or 0, completion.tokens_in)
    listed = _listed(model, base_url, completion.tokens_in, completion.tokens_out, cached)
    if listed is None and price is not None:
        fresh = completion.tokens_in - cached
        spent = (fresh * price.tokens_in, cached * price.tokens_cached, completion.tokens_out * price.tokens_out)  # fmt: skip
        return sum(spent) / MILLION
    return listed


def most_usd(request: Request, base_url: str, price: Price | None = None) -> float:
    """What a call may cost: all of it read anew, and as long a reply as it allows. Raises ConfigurationError."""
    schema = request.model_dump_json(include={"reply_schema"})
    text = " ".join((*(message.content for message in request.messages), schema))
    longest = Completion("", tokens_in=estimated_tokens(text), tokens_out=request.max_output_tokens)
    found = cost_usd(longest, request.model, base_url, price)
    if found is None:
        raise ConfigurationError(
            f"nobody knows what {request.model} costs, so CHRYSOPEDIA_BUDGET_USD cannot be kept",
            cure="Set CHRYSOPEDIA_LLM_PRICE (0/0 for a server of your own), or unset the budget.",
        )
    return found


def is_known(model: str, base_url: str) -> bool:
    """Whether a call of the model there has a listed price."""
    return _listed(model, base_url, 1, 1, 0) is not None


def _listed(
    model: str, base_url: str, tokens_in: int, tokens_out: int, cached: int
) -> float | None:
    from genai_prices import Usage, calc_price

    usage = Usage(input_tokens=tokens_in, output_tokens=tokens_out, cache_read_tokens=cached)
    try:
        found = calc_price(usage, model_ref=model, provider_api_url=base_url)
    except LookupError:
        return None
    return float(found.total_price)
