"""How fast a film is made: `python -m benchmarks.make`, about six minutes on two cores.

Everything is measured in one run and given as a ratio: seconds of film to seconds of waiting, the whole build to the
encoding of the same frames alone.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from agents.screenplay import read_fountain
from benchmarks import moving
from benchmarks.report import REPORTS, header, table

DEMO = Path(__file__).parents[1] / "examples" / "the-last-fare.fountain"
VIBEBOARD = Path(sys.executable).with_name("vibeboard")
WORDS_A_PAGE = 180
PAGES = 120


def seconds_of(*command: object) -> float:
    begin = time.perf_counter()
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def frames_of(film: Path) -> Iterator[NDArray[np.uint8]]:
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray()


def encode_alone(film: Path, target: Path) -> float:
    """Seconds that x264 (veryfast, crf 20, threads as it likes) takes for the film's frames, without decoding."""
    spent = 0.0
    with av.open(str(film)) as source:
        video = source.streams.video[0]
        width, height, rate = video.width, video.height, video.average_rate
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for picture in frames_of(film):
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            begin = time.perf_counter()
            container.mux(stream.encode(frame))
            spent += time.perf_counter() - begin
        begin = time.perf_counter()
        container.mux(stream.encode())
        return spent + time.perf_counter() - begin


def film_seconds(film: Path) -> float:
    with av.open(str(film)) as container:
        video = container.streams.video[0]
        return float(video.frames / (video.average_rate or 24))


def reading_rate() -> float:
    """Pages a second of a generated script of `PAGES` pages, best of three."""
    scene = (
        "INT. ROOM {n} - NIGHT\n\n"
        + "ANN walks to the window and looks out. " * 8
        + "\n\nANN\n"
        + "Not yet. " * 20
        + "\n\n"
    )
    text = "\n".join(scene.format(n=number) for number in range(PAGES * 2))
    pages = len(text.split()) / WORDS_A_PAGE
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        read_fountain(text)
        times.append(time.perf_counter() - begin)
    return pages / min(times)


def main() -> None:
    head = header("Making a film", "python -m benchmarks.make")
    with tempfile.TemporaryDirectory() as folder:
        output, film = Path(folder) / "out", Path(folder) / "out" / "film.mp4"
        cold = seconds_of(VIBEBOARD, "make", DEMO, "-o", output)
        warm = seconds_of(VIBEBOARD, "make", DEMO, "-o", output)
        length = film_seconds(film)
        encode = encode_alone(film, Path(folder) / "alone.mp4")
        moved = moving.measure(DEMO, Path(folder) / "moving")
    rows = [
        ("film: seconds of film per second, cold build, 854x480 at 24", f"{length / cold:.2f}", ">= 1.0"),
        ("all cameras moving: the same, shots and film", f"{moved.film_seconds / moved.seconds:.2f}", "reported"),
        ("whole build / x264 veryfast crf 20 of the same frames", f"{cold / encode:.2f}", "<= 4"),
        ("cold build, seconds", f"{cold:.1f} for {length:.1f} s of film", ""),
        ("again without an edit, seconds", f"{warm:.1f}", "seconds"),
        ("encoding alone, seconds", f"{encode:.1f}", ""),
        ("pages read per second", f"{reading_rate():.0f}", ""),
    ]
    report = head + table(("what", "measured", "goal"), rows)
    (REPORTS / "make.md").write_text(report)
    print(report)


if __name__ == "__main__":
    main()
