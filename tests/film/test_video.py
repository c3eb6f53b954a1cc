from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from gpu_runtime.models.video import grab, probe, read_frames, writer
from vibeboard.faults import Rejected
from vibeboard.timing import Rate

WRITE = """
import sys, av, numpy as np
from gpu_runtime.models.video import writer
from vibeboard.timing import Rate
random = np.random.default_rng(5)
with writer(sys.argv[1], 160, 90, Rate(num=24)) as write:
    for number in range(30):
        write(av.VideoFrame.from_ndarray(random.integers(16, 235, (135, 160), dtype=np.uint8), format="yuv420p"))
"""


def grey(level: int, width: int = 64, height: int = 64) -> av.VideoFrame:
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = level
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


@pytest.mark.parametrize("fps", [Rate(num=24), Rate(num=25), Rate(num=24000, den=1001), Rate(num=60)])
def test_frame_n_is_written_at_exactly_n_over_fps(tmp_path, fps):
    with writer(tmp_path / "a.mp4", 64, 64, fps) as write:
        for level in range(20, 220, 5):
            write(grey(level))
    assert probe(tmp_path / "a.mp4") == (64, 64, fps.fraction, 40)
    with av.open(tmp_path / "a.mp4") as container:
        times = [frame.pts * frame.time_base for frame in container.decode(video=0)]
    assert times == [n / fps.fraction for n in range(40)]


def test_packets_come_in_the_order_in_which_they_are_shown_and_start_with_a_key(tmp_path):
    with writer(tmp_path / "a.mp4", 64, 64, Rate(num=24)) as write:
        for level in range(16, 216):
            write(grey(level))
    with av.open(tmp_path / "a.mp4") as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert [packet.pts for packet in packets] == [packet.dts for packet in packets]
    keys = [number for number, packet in enumerate(packets) if packet.is_keyframe]
    assert keys[0] == 0
    assert max(np.diff([*keys, len(packets)])) <= 48


def test_the_picture_is_marked_as_bt709_and_starts_playing_before_it_is_whole(tmp_path):
    with writer(tmp_path / "a.mp4", 64, 64, Rate(num=24)) as write:
        write(grey(100))
    with av.open(tmp_path / "a.mp4") as container:
        frame = next(container.decode(video=0))
    assert (frame.colorspace, frame.color_range) == (1, 1)
    data = (tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_equal_frames_make_equal_bytes_whatever_the_threads(tmp_path):
    made = []
    for name, threads in (("one", "1"), ("four", "4")):
        environment = os.environ | {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "TZ": f"UTC-{threads}"}
        path = tmp_path / f"{name}.mp4"
        subprocess.run([sys.executable, "-c", WRITE, path], check=True, env=environment, cwd=Path(__file__).parents[2])
        made.append(path.read_bytes())
    assert made[0] == made[1]


def test_frames_are_read_by_number_and_may_be_held(run, take, spell):
    path = run.input(take(10))
    assert [spell(frame) for frame in read_frames(path, [0, 0, 3, 4, 4, 9])] == [0, 0, 3, 4, 4, 9]


def test_reading_beyond_the_end_is_refused(run, take):
    with pytest.raises(Rejected, match="ends before frame 10") as caught:
        list(read_frames(run.input(take(10)), [8, 10]))
    assert caught.value.fault.code == "unreadable_take"


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(16), Fraction(30000, 1001)])
def test_any_frame_can_be_grabbed(run, take, spell, fps):
    path = run.input(take(60, fps=fps))
    assert [spell(grab(path, index)) for index in (0, 1, 17, 59, 400)] == [0, 1, 17, 59, 59]


def test_bytes_that_are_no_video_are_refused(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"not a film" * 100)
    with pytest.raises(Rejected) as caught:
        probe(tmp_path / "a.mp4")
    assert caught.value.fault.code == "unreadable_take"
    assert caught.value.fault.message.endswith("make the shot again.")


def test_a_video_cut_off_in_the_middle_is_refused(tmp_path, run, take):
    whole = run.input(take(60)).read_bytes()
    (tmp_path / "a.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Rejected, match="make the shot again"):
        list(read_frames(tmp_path / "a.mp4", range(60)))


def test_a_video_without_a_frame_is_refused(tmp_path):
    with writer(tmp_path / "a.mp4", 64, 64, Rate(num=24)):
        pass
    with pytest.raises(Rejected) as caught:
        probe(tmp_path / "a.mp4")
    assert caught.value.fault.code == "unreadable_take"


def test_sound_without_a_picture_is_refused(tmp_path):
    with av.open(tmp_path / "a.mp4", "w") as container:
        stream = container.add_stream("aac", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(Rejected) as caught:
        probe(tmp_path / "a.mp4")
    assert caught.value.fault.code == "unreadable_take"
