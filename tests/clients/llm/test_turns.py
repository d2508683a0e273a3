"""Whose turn it is, when there are not enough for all."""

import asyncio

import yaml

from resources.clients.llm.turns import Turns
from resources.llm import MOST_VIDEOS
from tests.builders import PROJECT


async def _take(turns: Turns, of: str, order: list[str], until: asyncio.Event) -> None:
    async with turns.turn(of):
        order.append(of)
        await until.wait()


async def _settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_no_more_than_so_many_go_at_a_time() -> None:
    async def scene() -> list[str]:
        turns, order, until = Turns(2), list[str](), asyncio.Event()
        tasks = [asyncio.create_task(_take(turns, of, order, until)) for of in "abc"]
        await _settled()
        before = list(order)
        until.set()
        await asyncio.gather(*tasks)
        assert order == ["a", "b", "c"]
        return before

    assert asyncio.run(scene()) == ["a", "b"]


def test_what_was_begun_first_is_served_before_what_asked_first() -> None:
    async def scene() -> list[str]:
        turns, order, until = Turns(1), list[str](), asyncio.Event()
        tasks = [asyncio.create_task(_take(turns, of, order, until)) for of in ("a", "b", "b", "a")]
        await _settled()
        until.set()
        await asyncio.gather(*tasks)
        return order

    assert asyncio.run(scene()) == ["a", "a", "b", "b"]


def test_a_turn_is_given_on_by_whoever_is_cancelled_or_fails() -> None:
    async def scene() -> list[str]:
        turns, order, until = Turns(1), list[str](), asyncio.Event()
        first = asyncio.create_task(_take(turns, "a", order, until))
        waiting = asyncio.create_task(_take(turns, "b", order, until))
        last = asyncio.create_task(_take(turns, "c", order, until))
        await _settled()
        first.cancel()
        await asyncio.sleep(0)  # the turn is b's now, and it has not gone on yet
        waiting.cancel()
        until.set()
        await asyncio.gather(first, waiting, last, return_exceptions=True)
        return order

    assert asyncio.run(scene()) == ["a", "c"]


def test_dagsters_pools_have_a_place_for_every_video_that_a_command_runs_at_once() -> None:
    settings = yaml.safe_load((PROJECT / "dagster.yaml").read_text("utf-8"))
    assert settings["concurrency"]["pools"]["default_limit"] > MOST_VIDEOS
