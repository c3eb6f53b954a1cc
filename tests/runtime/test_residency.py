"""What has to be loaded, what has to go, and what must not: sizes are in whole units, a device of 44, a host of 96."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_runtime.ledger import Ledger
from gpu_runtime.residency import Move, MoveKind, Need, Residency, State, TooBig

SIZES = {"wan": 28, "flux": 24, "umt5": 11, "t5": 9, "qc": 2, "seg": 1}
DROP, READ, RELEASE, UPLOAD = MoveKind.DROP, MoveKind.READ, MoveKind.RELEASE, MoveKind.UPLOAD


def residency(device: int = 44, host: int = 96) -> Residency:
    return Residency(SIZES, Ledger(device), Ledger(host))


def carry_out(residency: Residency, moves: list[Move] | None) -> None:
    assert moves is not None
    for move in moves:
        residency.begin(move)
        residency.end(move)


def bring(residency: Residency, *weights: str, next_use: dict[str, float] | None = None) -> None:
    """Make weights resident and use them once."""
    need = Need(weights)
    carry_out(residency, residency.plan(need, next_use or {}))
    assert residency.lease("job", need)
    residency.give_back("job")


def released(moves: list[Move] | None) -> set[str]:
    assert moves is not None
    return {move.component for move in moves if move.kind is RELEASE}


def test_weights_on_disk_are_read_and_uploaded():
    plan = residency().plan(Need(("umt5",)), {})
    assert plan == [Move(READ, "umt5"), Move(UPLOAD, "umt5")]


def test_what_is_resident_needs_no_moves():
    here = residency()
    bring(here, "wan", "qc")
    assert here.plan(Need(("wan", "qc"), work=14), {}) == []


def test_weights_that_left_the_device_come_back_from_host_memory():
    here = residency()
    bring(here, "wan")
    bring(here, "flux")
    assert here.state("wan") is State.IN_HOST
    assert here.plan(Need(("wan",)), {}) == [Move(RELEASE, "flux"), Move(UPLOAD, "wan")]


def test_weights_whose_host_copy_was_dropped_stay_usable_and_go_to_disk_when_released():
    here = residency(host=28)
    bring(here, "wan")
    bring(here, "umt5")
    assert here.plan(Need(("wan", "umt5")), {}) == []
    assert here.lease("job", Need(("wan", "umt5")))
    here.give_back("job")
    carry_out(here, [Move(RELEASE, "wan")])
    assert here.state("wan") is State.ON_DISK


def test_the_room_for_work_evicts_too():
    here = residency()
    bring(here, "wan", "umt5")
    assert here.plan(Need(("wan",), work=10), {}) == [Move(RELEASE, "umt5")]


def test_what_nobody_needs_goes_before_what_is_used_last():
    here = residency()
    bring(here, "flux", "t5", "umt5")
    assert released(here.plan(Need(("qc",), work=7), {"flux": 9.0, "umt5": 1.0})) == {"t5"}
    assert released(here.plan(Need(("qc",), work=7), {"t5": 5.0, "flux": 1.0, "umt5": 9.0})) == {"umt5"}


def test_of_what_nobody_needs_the_one_used_longest_ago_goes():
    here = residency()
    for name in ("t5", "umt5", "qc", "t5"):
        bring(here, name)
    assert released(here.plan(Need(("flux",), work=2), {})) == {"umt5"}


def test_of_what_nobody_needs_the_one_that_would_have_to_be_read_again_stays():
    here = residency()
    bring(here, "umt5", "t5")
    carry_out(here, [Move(DROP, "umt5")])
    assert released(here.plan(Need(("flux",), work=3), {})) == {"t5"}


def test_no_more_goes_than_has_to():
    here = residency()
    bring(here, "qc", "seg", "wan", "t5")
    next_use = {"qc": 90.0, "seg": 80.0, "wan": 70.0, "t5": 1.0}
    assert released(here.plan(Need(("flux",)), next_use)) == {"wan"}


def test_a_small_model_makes_small_ones_leave_before_a_big_one_that_will_be_used():
    here = residency(device=33)
    bring(here, "wan", "qc")
    assert released(here.plan(Need(("seg",), work=3), {"wan": 900.0, "qc": 1.0})) == {"qc"}


def test_a_big_model_makes_a_small_one_leave():
    here = residency(device=29)
    bring(here, "seg")
    assert released(here.plan(Need(("wan",), work=1), {"seg": 1.0})) == {"seg"}


def test_leased_weights_never_leave():
    here = residency()
    bring(here, "wan")
    assert here.lease("job", Need(("wan",)))
    assert here.plan(Need(("flux",)), {}) is None
    with pytest.raises(ValueError, match="wan is on device: it cannot begin to release now"):
        here.begin(Move(RELEASE, "wan"))
    here.give_back("job")
    assert released(here.plan(Need(("flux",)), {})) == {"wan"}


def test_weights_held_twice_are_free_when_both_gave_them_back():
    here = residency()
    bring(here, "wan")
    assert here.lease("one", Need(("wan",)))
    assert here.lease("two", Need(("wan",)))
    here.give_back("one")
    assert here.plan(Need(("flux",)), {}) is None
    assert {one.component: one.leases for one in here.residents()}["wan"] == 1


def test_a_lease_is_all_or_nothing():
    here = residency()
    bring(here, "wan")
    assert not here.lease("job", Need(("wan", "umt5")))
    assert not here.lease("job", Need(("wan",), work=17))
    assert here.device.free == 16
    assert released(here.plan(Need(("flux",)), {})) == {"wan"}


def test_who_holds_something_gives_it_back_before_asking_for_more():
    here = residency()
    bring(here, "wan")
    assert here.lease("job", Need(("wan",)))
    with pytest.raises(ValueError, match="job holds a need already"):
        here.lease("job", Need(("wan",)))


def test_more_than_the_device_is_refused_with_the_figures():
    with pytest.raises(TooBig) as refused:
        residency().plan(Need(("wan", "flux"), work=3), {})
    assert (refused.value.memory, refused.value.needed, refused.value.capacity) == ("device", 55, 44)


def test_a_component_larger_than_the_host_is_refused():
    with pytest.raises(TooBig) as refused:
        residency(host=20).plan(Need(("flux",)), {})
    assert (refused.value.memory, refused.value.needed, refused.value.capacity) == ("host", 24, 20)


def test_a_need_larger_than_the_host_is_read_in_turns():
    here = residency(host=28)
    plan = here.plan(Need(("wan", "umt5")), {})
    assert plan == [
        *(Move(READ, "wan"), Move(UPLOAD, "wan")),
        *(Move(DROP, "wan"), Move(READ, "umt5"), Move(UPLOAD, "umt5")),
    ]


def test_weights_on_their_way_are_not_fetched_again():
    here = residency()
    here.begin(Move(READ, "wan"))
    assert here.plan(Need(("wan",)), {}) == [Move(UPLOAD, "wan")]
    here.end(Move(READ, "wan"))
    here.begin(Move(UPLOAD, "wan"))
    assert here.plan(Need(("wan",)), {}) == []
    assert not here.lease("job", Need(("wan",)))


def test_weights_that_are_leaving_are_uploaded_again():
    here = residency()
    bring(here, "wan")
    here.begin(Move(RELEASE, "wan"))
    assert here.plan(Need(("wan",)), {}) == [Move(UPLOAD, "wan")]


def test_a_cancelled_read_and_upload_give_their_bytes_back():
    here = residency()
    here.begin(Move(READ, "wan"))
    assert here.host.free == 68
    here.abort(Move(READ, "wan"))
    assert (here.host.free, here.state("wan")) == (96, State.ON_DISK)
    carry_out(here, [Move(READ, "wan")])
    here.begin(Move(UPLOAD, "wan"))
    here.abort(Move(UPLOAD, "wan"))
    assert (here.device.free, here.state("wan")) == (44, State.IN_HOST)


def test_what_failed_is_tried_again_only_when_it_was_forgiven():
    here = residency()
    here.begin(Move(READ, "wan"))
    here.abort(Move(READ, "wan"), failed=True)
    assert here.state("wan") is State.FAILED
    assert here.plan(Need(("wan",)), {}) is None
    here.forgive("wan")
    assert here.plan(Need(("wan",)), {}) == [Move(READ, "wan"), Move(UPLOAD, "wan")]


def test_a_prefetch_only_reads():
    here = residency()
    bring(here, "wan")
    assert here.plan(Need(("flux", "t5", "wan")), {}, host_only=True) == [Move(READ, "flux"), Move(READ, "t5")]


def test_a_prefetch_drops_nothing_that_is_used_sooner():
    here = residency(host=40)
    carry_out(here, [Move(READ, "wan"), Move(READ, "umt5")])
    flux = Need(("flux",))
    assert here.plan(flux, {"wan": 5.0, "umt5": 1.0, "flux": 9.0}, host_only=True) is None
    plan = here.plan(flux, {"wan": 15.0, "umt5": 1.0, "flux": 9.0}, host_only=True)
    assert plan == [Move(DROP, "wan"), Move(READ, "flux")]


def test_a_prefetch_brings_what_fits():
    here = residency(host=12)
    carry_out(here, [Move(READ, "umt5")])
    plan = here.plan(Need(("t5", "seg")), {"umt5": 1.0, "t5": 9.0, "seg": 9.0}, host_only=True)
    assert plan == [Move(READ, "seg")]


def test_host_copies_of_what_is_on_the_device_make_room_for_a_prefetch():
    here = residency(host=52)
    bring(here, "wan")
    carry_out(here, [Move(READ, "umt5")])
    plan = here.plan(Need(("flux",)), {"wan": 0.0, "umt5": 60.0, "flux": 30.0}, host_only=True)
    assert plan == [Move(DROP, "wan"), Move(READ, "flux")]


def test_streamed_weights_are_read_but_not_uploaded_and_are_held_in_host_memory():
    here = residency()
    need = Need(("umt5",), work=8, streamed=("wan",))
    plan = here.plan(need, {})
    assert plan == [Move(READ, "wan"), Move(READ, "umt5"), Move(UPLOAD, "umt5")]
    carry_out(here, plan)
    assert here.lease("job", need)
    with pytest.raises(ValueError, match="wan is in host: it cannot begin to drop now"):
        here.begin(Move(DROP, "wan"))


def test_weights_that_are_to_be_streamed_leave_the_device_and_are_read_if_their_host_copy_is_gone():
    here = residency()
    bring(here, "wan")
    carry_out(here, [Move(DROP, "wan")])
    need = Need((), work=40, streamed=("wan",))
    plan = here.plan(need, {})
    assert plan == [Move(RELEASE, "wan"), Move(READ, "wan")]
    carry_out(here, plan)
    assert here.lease("job", need)


def test_setup_counts_bytes_to_read_and_to_upload():
    here = residency()
    bring(here, "qc")
    carry_out(here, [Move(READ, "umt5")])
    assert here.setup_bytes(Need(("qc", "umt5", "wan"))) == (28, 39)


@given(
    sizes=st.lists(st.integers(1, 20), min_size=3, max_size=8),
    device=st.integers(20, 60),
    host=st.integers(20, 60),
    uses=st.lists(st.sets(st.integers(0, 7), min_size=1, max_size=3), max_size=12),
    streaming=st.booleans(),
    known=st.dictionaries(st.sampled_from([f"w{place}" for place in range(8)]), st.floats(0, 100)),
)
def test_every_plan_can_be_carried_out_and_ends_in_a_lease(sizes, device, host, uses, streaming, known):
    names = [f"w{place}" for place in range(len(sizes))]
    here = Residency(dict(zip(names, sizes, strict=True)), Ledger(device), Ledger(host))
    for use in uses:
        first, *rest = dict.fromkeys(names[place % len(names)] for place in sorted(use))
        need = Need(tuple(rest), work=2, streamed=(first,)) if streaming else Need((first, *rest), work=2)
        try:
            carry_out(here, here.plan(need, known))
        except TooBig:
            continue
        assert here.lease("job", need)
        here.give_back("job")
