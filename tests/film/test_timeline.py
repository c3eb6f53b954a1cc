from __future__ import annotations

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_runtime.models.film.timeline import export_timeline
from tools.export_timeline import ExportTimelineParams, TimelineClip, TimelineSound
from vibeboard.asset import BlobRef
from vibeboard.digest import sha256
from vibeboard.timing import Rate

FPS = Rate(num=24)


def clip(number: str, scene: str = "sc1", length: int = 48, **changes) -> TimelineClip:
    given = {
        "number": number,
        "shot_id": f"shot-{number}",
        "scene_id": scene,
        "heading": f"INT. {scene} - DAY",
        "media": f"takes/{number}.mp4",
        "frames": length,
        "length": length,
        "first_line": 3,
        "last_line": 9,
        "facts": {"size": "MS", "lens": "50 mm"},
    }
    return TimelineClip(**given | changes)


def sound(start: int, frames: int = 24, text: str = "Hello.") -> TimelineSound:
    return TimelineSound(
        speaker="ANNA", text=text, element_id=f"line-{start}", media=f"sound/{start}.wav", start=start, frames=frames
    )


def exported(run, clips, sounds=(), fps=FPS) -> otio.schema.Timeline:
    params = ExportTimelineParams(title="Étude", fps=fps, clips=tuple(clips), sounds=tuple(sounds))
    text = run.bytes(export_timeline(params, run).outputs["otio"]).decode()
    return otio.adapters.read_from_string(text, "otio_json")


def test_clips_follow_each_other_with_their_trims(run):
    cut = exported(run, [clip("1A"), clip("1B", length=20, frames=60, trim=10), clip("2A", "sc2")])
    (video,) = cut.video_tracks()
    assert cut.name == "Étude"
    assert [each.name for each in video] == ["1A", "1B", "2A"]
    assert [video.range_of_child(each).start_time.value for each in video] == [0, 48, 68]
    second = video[1]
    assert (second.source_range.start_time.value, second.source_range.duration.value) == (10, 20)
    assert second.media_reference.available_range.duration.value == 60
    assert second.media_reference.target_url == "takes/1B.mp4"
    assert cut.duration().value == 116


def test_a_shot_can_be_found_again_in_the_script(run):
    (video,) = exported(run, [clip("1A")]).video_tracks()
    facts = video[0].metadata["vibeboard"]
    assert dict(facts) | {"facts": dict(facts["facts"])} == {
        "shot_id": "shot-1A",
        "scene_id": "sc1",
        "heading": "INT. sc1 - DAY",
        "first_line": 3,
        "last_line": 9,
        "facts": {"size": "MS", "lens": "50 mm"},
    }


def test_scenes_are_marked_where_they_start(run):
    cut = exported(run, [clip("1A"), clip("1B"), clip("2A", "sc2"), clip("3A", "sc1")])
    marks = [
        (mark.name, mark.marked_range.start_time.value, mark.metadata["vibeboard"]["scene_id"])
        for mark in cut.tracks.markers
    ]
    assert marks == [("INT. sc1 - DAY", 0, "sc1"), ("INT. sc2 - DAY", 96, "sc2"), ("INT. sc1 - DAY", 144, "sc1")]


def test_dialogue_stands_at_its_frames(run):
    cut = exported(run, [clip("1A", length=200)], [sound(100), sound(10)])
    (track,) = cut.audio_tracks()
    lines = list(track.find_clips())
    assert [track.range_of_child(line).start_time.value for line in lines] == [10, 100]
    assert [line.metadata["vibeboard"]["element_id"] for line in lines] == ["line-10", "line-100"]
    assert lines[0].metadata["vibeboard"]["text"] == "Hello."
    assert lines[0].name == "ANNA"


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 60)), max_size=15))
def test_lines_keep_their_time_however_they_overlap(spans):
    sounds = [sound(start, frames, f"{number}") for number, (start, frames) in enumerate(spans)]
    cut = exported(MemoryRun(), [clip("1A", length=400)], sounds)
    found = sorted(
        (int(span.start_time.value), int(span.duration.value))
        for track in cut.audio_tracks()
        for line in track.find_clips()
        for span in [track.range_of_child(line)]
    )
    assert found == sorted(spans)


class MemoryRun:
    """The part of a run that a timeline needs."""

    def progress(self, done: int, total: int) -> None: ...

    def keep_bytes(self, data: bytes, media: str):
        self.data = data
        return BlobRef(sha256=sha256(data), size=len(data), media=media)

    def bytes(self, ref) -> bytes:
        return self.data


@pytest.mark.parametrize("fps", [FPS, Rate(num=25), Rate(num=24000, den=1001)])
def test_times_count_in_the_films_real_rate(run, fps):
    cut = exported(run, [clip("1A")], [sound(10)], fps)
    rates = {each.source_range.duration.rate for each in cut.find_clips()}
    assert rates == {float(fps.fraction)}


def test_a_path_with_blanks_is_a_valid_url(run):
    (video,) = exported(run, [clip("1A", media="my takes/é 1.mp4")]).video_tracks()
    assert video[0].media_reference.target_url == "my%20takes/%C3%A9%201.mp4"


def test_what_is_read_back_is_written_as_the_same_bytes(run):
    params = ExportTimelineParams(title="É", fps=FPS, clips=(clip("1A"), clip("2A", "sc2")), sounds=(sound(5),))
    first = run.bytes(export_timeline(params, run).outputs["otio"]).decode()
    read = otio.adapters.read_from_string(first, "otio_json")
    assert f"{otio.adapters.write_to_string(read, 'otio_json', indent=2)}\n" == first
    assert run.bytes(export_timeline(params, run).outputs["otio"]).decode() == first
