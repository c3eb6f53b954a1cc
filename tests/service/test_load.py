"""The service under a small load: what the benchmark measures with a thousand clients must be right with fifty."""

from __future__ import annotations

import pytest

from benchmarks.load import Followed, Ordered, followed, ordered
from benchmarks.load_clients import Cast, Client, Seen, seen_by
from benchmarks.load_order import displacements
from benchmarks.load_reads import at_share
from vibeboard.settings import Settings

CAST = Cast(steady=33, storming=9, slow=3, leaving=5)
EPISODES = 3
AT_ONCE = Settings().episodes_at_once


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> Followed:
    return followed(tmp_path_factory.mktemp("load") / "home", EPISODES, 2, CAST, 6.0, ())


@pytest.fixture(scope="module")
def in_order(tmp_path_factory) -> Ordered:
    return ordered(tmp_path_factory.mktemp("load") / "home", 6, 1)


def test_fifty_clients_lose_no_event_and_see_none_twice_whatever_their_connections_do(found):
    assert (found.seen.lost, found.seen.repeated) == (0, 0)
    assert found.seen.clients == sum(CAST)
    assert found.seen.events >= (sum(CAST) - CAST.leaving) * 4  # queued, begun, planned, priced


def test_who_came_back_after_the_storm_was_let_in(found):
    assert len(found.seen.back_s) == CAST.storming


def test_episodes_are_begun_in_the_order_in_which_they_were_asked_for(in_order):
    assert displacements([course.begun for course in in_order.courses]) == [0] * 6


def test_no_more_are_in_hand_at_once_than_the_settings_say(in_order):
    for place, course in enumerate(in_order.courses):
        ended_before = sum(other.ended <= course.begun for other in in_order.courses)
        assert ended_before > place - AT_ONCE


def test_nobody_is_overtaken_by_more_than_those_that_were_in_hand_with_it(in_order):
    assert max(displacements([course.ended for course in in_order.courses])) < AT_ONCE


def test_episodes_of_one_length_get_the_same_number_of_jobs_done(in_order):
    jobs = [course.jobs for course in in_order.courses]
    assert min(jobs) == max(jobs) > 4


def test_a_client_that_lost_an_event_or_saw_one_twice_would_be_found():
    whole, lacking, doubled = (Client("http://host", "film") for _ in range(3))
    whole.numbers, lacking.numbers, doubled.numbers = [1, 2, 3], [1, 3], [1, 2, 2, 3]
    seen: Seen = seen_by([whole, lacking, doubled], [whole, lacking, doubled], {"film": 3}, [])
    assert (seen.lost, seen.repeated, seen.events) == (1, 1, 9)


def test_a_client_that_left_early_is_owed_nothing_later():
    gone = Client("http://host", "film")
    gone.numbers = [1, 2]
    assert seen_by([gone], [], {"film": 9}, []).lost == 0


def test_who_overtakes_is_counted_by_places():
    assert displacements([1.0, 3.0, 2.0, 4.0]) == [0, 1, 1, 0]


def test_shares_are_nearest_ranks():
    assert [at_share([3.0, 1.0, 2.0, 4.0], share) for share in (0.5, 0.75, 0.99, 1.0)] == [2.0, 3.0, 4.0, 4.0]
    assert at_share([], 0.5) == 0.0
