"""Addresses of pages: known by their moments, given once, and never a link into the void."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from chrysopedia_assets.inspection.addresses import Kept, Placed, Unplaced, place
from chrysopedia_assets.models.technique_pages import Citation

Pages = Mapping[str, Sequence[str]]
"""Of a record, by page id: the moments of each."""
SECONDS = {"a": 0.0, "b": 20.0, "c": 40.0, "d": 60.0, "e": 80.0, "f": 100.0}


def cited(moment: str, start_s: float | None = None, length_s: float = 20.0) -> Citation:
    """Moments `a` to `f` are 20 s each, one after the other. `a2` is `a` in another run: another id, nearly its time."""
    at_s = SECONDS[moment[0]] + 0.5 * len(moment[1:]) if start_s is None else start_s
    return Citation(
        number=1, moment_id=moment, title="M", start_s=at_s, end_s=at_s + length_s, quote="q"
    )


@dataclass
class Video:
    """What the store does with its decisions, in three lines."""

    kept: list[Kept] = field(default_factory=list)
    redirects: Mapping[str, str | None] = field(default_factory=dict)
    standing: dict[str, Sequence[str]] = field(default_factory=dict)

    def write(self, pages: Pages) -> Placed:
        new = [Unplaced(name, tuple(map(cited, moments))) for name, moments in pages.items()]
        placed = place(self.kept, self.redirects, new)
        for page in new:
            address = placed.addresses[page.page_id]
            number = sum(one.address == address for one in self.kept)
            self.kept.append(Kept(address, number + 1, page.cites))
        self.redirects = placed.redirects
        self.standing = {placed.addresses[name]: moments for name, moments in pages.items()}
        return placed


def after(*records: Pages) -> Placed:
    video = Video()
    return [video.write(pages) for pages in records][-1]


KICK, BASS = {"kick": "abc"}, {"bass": "de"}


def test_a_new_page_is_called_by_its_id() -> None:
    assert after({}) == Placed({}, {})
    assert after(KICK | BASS) == Placed({"kick": "kick", "bass": "bass"}, {})


def test_another_title_keeps_the_address() -> None:
    found = after(KICK | BASS, {"low-end": "abc", "kick": "de"})
    assert found == Placed({"low-end": "kick", "kick": "bass"}, {})


def test_the_larger_part_of_a_split_page_keeps_the_address() -> None:
    found = after(KICK, {"kick": "c", "punch": "ab"})
    assert found == Placed({"punch": "kick", "kick": "kick-2"}, {})


def test_of_merged_pages_the_larger_share_keeps_its_address_and_the_other_leads_there() -> None:
    assert after(KICK | BASS, {"both": "abcde"}) == Placed({"both": "kick"}, {"bass": "kick"})


def test_nobody_is_sent_on_twice() -> None:
    found = after({"one": "a", "two": "bc", "three": "def"}, {"x": "abc", "y": "def"}, {"z": "abcdef"})  # fmt: skip
    assert found == Placed({"z": "three"}, {"one": "three", "two": "three"})


def test_where_moments_are_gone_too_it_leads_to_where_what_took_its_place_went() -> None:
    found = after({"one": "a", "two": "bc"}, {"x": "abc"}, {"x": "bd", "y": "ef"})
    assert found.redirects == {"one": "two"}
    assert after({"one": "a", "two": "bc", "three": "def"}, {"x": "abc", "y": "def"}, {"z": "bcdef"}).redirects == {
        "one": "three", "two": "three",
    }  # fmt: skip


def test_a_page_whose_moments_are_all_gone_leads_nowhere_until_they_come_back() -> None:
    video = Video()
    video.write(KICK | BASS)
    assert video.write(KICK).redirects == {"bass": None}
    assert video.write({"kick": "abcd"}).redirects == {"bass": "kick"}
    assert video.write(KICK | {"low": "de"}) == Placed({"kick": "kick", "low": "bass"}, {})


def test_a_page_comes_back_with_most_of_its_moments_and_not_with_few() -> None:
    most = after(KICK, {"other": "f"}, {"again": "ab"})
    assert most.addresses == {"again": "kick"}
    few = after({"kick": "abcd"}, {"other": "f"}, {"again": "ae"})
    assert few == Placed({"again": "again"}, {"kick": "again", "other": None})


def test_an_address_is_never_given_to_another_page_of_the_same_title() -> None:
    assert after(KICK, {}, {"kick": "de"}) == Placed({"kick": "kick-2"}, {"kick": None})
    both = after(KICK, {}, {"kick": "de", "kick-2": "f"})
    assert both.addresses == {"kick-2": "kick-2", "kick": "kick-3"}


def test_moments_that_were_found_anew_are_known_by_their_time() -> None:
    found = after(KICK | BASS, {"x": ["a2", "b2", "c2"], "y": ["d2", "e2"]}, {"z": ["a33", "d33", "e33"]})  # fmt: skip
    assert found == Placed({"z": "bass"}, {"kick": "bass"})


def test_a_moment_beside_another_is_not_the_same() -> None:
    first = Kept("kick", 1, (cited("a"),))
    beside = Unplaced("new", (cited("other", start_s=15.0),))
    assert place([first], {}, [beside]) == Placed({"new": "new"}, {"kick": None})


def test_of_equal_shares_the_page_that_is_less_of_something_else_counts_more() -> None:
    found = after(KICK, {"x": "abde", "y": "c"}, {"x": "ab", "y": "cf", "z": "de"})
    assert found.addresses == {"x": "kick", "y": "y", "z": "z"}


def test_an_exchange_of_moments_that_is_put_back_gives_every_page_its_address_back() -> None:
    before, between = {"x": "abc", "y": "d"}, {"x": "ad", "m": "b", "n": "c"}
    video = Video()
    first = video.write(before)
    video.write(between)
    assert video.write({"other": "abc", "titles": "d"}).addresses == {
        "other": first.addresses["x"], "titles": first.addresses["y"],
    }  # fmt: skip


# Whatever happens --------------------------------------------------------------------------------

TITLES = st.permutations(["p", "q", "r", "p-2", "s", "t"])


@st.composite
def records(draw: st.DrawFn) -> Pages:
    """Some of the moments, each on one page, some of them found anew, under titles that come again."""
    where = {moment: draw(st.integers(0, 4)) for moment in SECONDS}
    anew = draw(st.sampled_from(["", "", "2", "22"]))
    pages: dict[int, list[str]] = {}
    for moment, number in where.items():
        if number:  # 0 is left out
            pages.setdefault(number, []).append(moment + anew)
    return dict(zip(draw(TITLES), pages.values(), strict=False))


@settings(deadline=None)
@given(st.lists(records(), max_size=6))
def test_every_address_has_one_page_or_leads_to_one(history: list[Pages]) -> None:
    video, ever = Video(), set()
    for pages in history:
        was = video.standing
        placed = video.write(pages)
        assert placed.addresses.keys() == pages.keys()
        live = set(placed.addresses.values())
        assert len(live) == len(pages)
        ever |= live
        assert live | placed.redirects.keys() == ever and not live & placed.redirects.keys()
        assert all(target is None or target in live for target in placed.redirects.values())
        for address in live & was.keys():  # no page takes the place of one that it has nothing of
            then, now = ({m[0] for m in at[address]} for at in (was, video.standing))
            before = [{c.moment_id[0] for c in k.cites} for k in video.kept if k.address == address]
            assert then & now or now in before[:-1]


@settings(deadline=None)
@given(st.lists(records(), min_size=1, max_size=6))
def test_the_same_record_again_changes_nothing(history: list[Pages]) -> None:
    video = Video()
    for pages in history:
        placed = video.write(pages)
    assert video.write(history[-1]) == placed


@settings(deadline=None)
@given(st.lists(records(), min_size=1, max_size=4), st.randoms())
def test_the_order_of_the_pages_does_not_matter(history: list[Pages], chance: object) -> None:
    names = list(history[-1])
    chance.shuffle(names)  # type: ignore[attr-defined]
    shuffled = {name: history[-1][name] for name in names}
    assert after(*history) == after(*history[:-1], shuffled)


@settings(deadline=None)
@given(st.lists(records(), max_size=3), records(), records())
def test_what_is_put_back_is_back_at_its_addresses(
    history: list[Pages], pages: Pages, other: Pages
) -> None:
    before = after(*history, pages)
    assert after(*history, pages, other, pages).addresses == before.addresses


def test_addresses_stay_however_often_moments_are_found_anew() -> None:
    """60 moments on 20 pages."""
    kept: list[Kept] = []
    for run in range(12):
        thirds = [[cited(f"a{run}-{n}", 30.0 * n + run / 4) for n in range(at, at + 3)] for at in range(0, 60, 3)]  # fmt: skip
        new = [Unplaced(f"run {run} page {n}", tuple(third)) for n, third in enumerate(thirds)]
        placed = place(kept, {}, new)
        kept += [Kept(placed.addresses[page.page_id], run + 1, page.cites) for page in new]
    assert set(placed.addresses.values()) == {f"run 0 page {n}" for n in range(20)}
