from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gpu_runtime.peaks import Peaks

GIB = 1 << 30
ROOT = Path(__file__).parents[2]
SMALL, MIDDLE, LARGE = 480 * 832 * 33, 480 * 832 * 81, 720 * 1280 * 81


def wan(volume: int, noise: float = 0.0) -> int:
    """What a stage takes: 2 GiB and 120 bytes a pixel."""
    return int((2 * GIB + 120 * volume) * (1 + noise))


def measured(*volumes: int, path: Path | None = None) -> Peaks:
    peaks = Peaks(path)
    for volume in volumes:
        peaks.observe("wan", "denoise", volume, wan(volume), volume * 1e-6 + 1)
    return peaks


def test_what_was_declared_counts_until_something_was_measured():
    peaks = Peaks(None)
    assert peaks.expect("wan", "denoise", MIDDLE, 5 * GIB) == 5 * GIB
    assert peaks.seconds("wan", "denoise", MIDDLE, 38.0) == 38.0


def test_one_measurement_tells_its_own_size_and_nothing_about_others():
    peaks = measured(SMALL)
    assert peaks.expect("wan", "denoise", SMALL, 9 * GIB) == pytest.approx(wan(SMALL), rel=0.05)
    assert peaks.expect("wan", "denoise", LARGE, 9 * GIB) == 9 * GIB


def test_two_sizes_tell_a_third_within_the_goal():
    peaks = measured(SMALL, MIDDLE)
    assert 0.9 <= peaks.expect("wan", "denoise", LARGE, 0) / wan(LARGE) <= 1.15
    assert peaks.seconds("wan", "denoise", LARGE, 0.0) == pytest.approx(LARGE * 1e-6 + 1)


def test_of_noisy_measurements_the_reserve_covers_nearly_all():
    peaks = Peaks(None)
    seen = [(volume, wan(volume, noise / 100)) for volume in (SMALL, MIDDLE, LARGE) for noise in range(-5, 6)]
    for volume, taken in seen:
        peaks.observe("wan", "denoise", volume, taken, 1.0)
    assert sum(peaks.expect("wan", "denoise", volume, 0) >= taken for volume, taken in seen) >= 0.95 * len(seen)
    assert peaks.expect("wan", "denoise", LARGE, 0) <= 1.15 * wan(LARGE)


def test_smaller_pictures_are_never_expected_to_take_more():
    peaks = Peaks(None)
    peaks.observe("wan", "decode", SMALL, 3 * GIB, 2.0)
    peaks.observe("wan", "decode", LARGE, 2 * GIB, 1.0)
    assert peaks.expect("wan", "decode", SMALL, 0) <= peaks.expect("wan", "decode", LARGE, 0)


def test_running_out_of_memory_raises_what_is_expected_by_15_percent_up_to_a_limit():
    peaks = measured(SMALL, MIDDLE)
    before = peaks.expect("wan", "denoise", MIDDLE, 0)
    peaks.too_small("wan", "denoise", MIDDLE)
    assert peaks.expect("wan", "denoise", MIDDLE, 0) == pytest.approx(1.15 * before)
    for _ in range(9):
        peaks.too_small("wan", "denoise", MIDDLE)
    assert peaks.expect("wan", "denoise", MIDDLE, 0) == pytest.approx(1.15**3 * before)


def test_what_was_declared_is_raised_too():
    peaks = Peaks(None)
    peaks.too_small("wan", "denoise", MIDDLE)
    assert peaks.expect("wan", "denoise", MIDDLE, GIB) == int(1.15 * GIB)


def test_runs_that_go_well_take_a_raise_back():
    peaks = measured(SMALL, MIDDLE)
    before = peaks.expect("wan", "denoise", MIDDLE, 0)
    peaks.too_small("wan", "denoise", MIDDLE)
    for _ in range(8):
        peaks.observe("wan", "denoise", MIDDLE, wan(MIDDLE), 1.0)
    assert peaks.expect("wan", "denoise", MIDDLE, 0) == pytest.approx(before, rel=0.002)


def test_engines_and_stages_are_kept_apart():
    peaks = measured(SMALL, MIDDLE)
    assert peaks.expect("wan", "decode", SMALL, 7) == 7
    assert peaks.expect("flux", "denoise", SMALL, 7) == 7


def test_measurements_survive_in_a_file(tmp_path):
    path = tmp_path / "cache" / "measured.json"
    peaks = measured(SMALL, MIDDLE, path=path)
    peaks.too_small("wan", "denoise", MIDDLE)
    peaks.save()
    assert Peaks(path).expect("wan", "denoise", LARGE, 0) == peaks.expect("wan", "denoise", LARGE, 0)
    assert [file.name for file in path.parent.iterdir()] == ["measured.json"]


def test_what_several_processes_measure_adds_up(tmp_path):
    path = tmp_path / "measured.json"
    Peaks(path).save()
    both = [Peaks(path) for _ in range(2)]
    for number, peaks in enumerate(both):
        for _ in range(3):
            peaks.observe("wan", f"stage {number}", SMALL, 100, 1.0)
            peaks.observe("wan", "shared", SMALL, 100 + number, 1.0)
            peaks.save()
    both[0].too_small("wan", "stage 1", SMALL)
    both[0].save()
    known = {(stage.stage, len(stage.seen)) for stage in Peaks(path)._stages.values()}
    assert known == {("stage 0", 3), ("stage 1", 3), ("shared", 6)}
    assert Peaks(path).expect("wan", "stage 1", SMALL, 0) == int(102 * 1.15)


def test_no_measurement_is_lost_when_processes_save_at_the_same_time(tmp_path):
    path = tmp_path / "measured.json"
    code = (
        "import sys\nfrom pathlib import Path\nfrom gpu_runtime.peaks import Peaks\n"
        "for number in range(20):\n"
        "    peaks = Peaks(Path(sys.argv[1])) if number % 5 == 0 else peaks\n"
        "    peaks.observe('wan', 'denoise', number, 1, 1.0)\n"
        "    peaks.save()\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, path], cwd=ROOT) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    (stage,) = Peaks(path)._stages.values()
    assert len(stage.seen) == 60


@pytest.mark.parametrize("damage", ["", "{", '{"stages": [{"engine": 3}]}', '{"stages": {}}', "\x00"])
def test_a_damaged_file_is_begun_anew(tmp_path, damage):
    path = tmp_path / "measured.json"
    path.write_text(damage)
    peaks = measured(SMALL, MIDDLE, path=path)
    peaks.save()
    assert Peaks(path).expect("wan", "denoise", SMALL, 0) == peaks.expect("wan", "denoise", SMALL, 0)
