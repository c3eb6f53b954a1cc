"""The main job through the command line: a script in, a film out, and only what an edit touched again."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess

import av
import opentimelineio as otio
import pytest
from safetensors.numpy import load_file

from tests.build.conftest import SCRIPT, SMALL, VIBEBOARD, jobs, make, query, run

FILES = (
    "film.mp4",
    "film.srt",
    "film.vtt",
    "film.otio",
    "storyboard.pdf",
    "contact-sheet.png",
    "breakdown.csv",
    "shotlist.csv",
)


@pytest.fixture
def film(made, tmp_path):
    """A private copy of the film: its folder and a function that builds again from an edited script."""
    folder = tmp_path / "film"
    shutil.copytree(made, folder)

    def rebuild(text: str, *options: str) -> str:
        (folder / "script.fountain").write_text(text)
        return make(folder / "script.fountain", folder / "out", *options)

    return folder / "out", rebuild


def shot_rows(output):
    with (output / "shotlist.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_everything_is_there_and_the_film_is_as_long_as_its_shots(made):
    output = made / "out"
    assert all((output / name).stat().st_size for name in FILES)
    rows = shot_rows(output)
    with av.open(str(output / "film.mp4")) as container:
        video = container.streams.video[0]
        assert (video.width, video.height, video.average_rate) == (160, 90, 12)
        frames = sum(1 for _ in container.decode(video))
        assert [stream.type for stream in container.streams] == ["video", "audio", "subtitle"]
    assert frames == sum(int(row["Frames"]) for row in rows)
    assert {row["Shot"] for row in rows} == {path.stem for path in (output / "takes").glob("*.mp4")}


def test_every_line_is_said_once_and_captioned(made):
    rows = shot_rows(made / "out")
    spoken = " / ".join(row["Dialogue"] for row in rows)
    captions = (made / "out" / "film.srt").read_text()
    for line in ("It came this morning.", "Then read it.", "Not here."):
        assert spoken.count(line) == 1
        assert captions.count(line) == 1


def test_the_timeline_points_at_takes_that_are_there_and_knows_the_script(made):
    output = made / "out"
    timeline = otio.adapters.read_from_file(str(output / "film.otio"))
    clips = list(timeline.video_tracks()[0].find_clips())
    assert all((output / clip.media_reference.target_url).is_file() for clip in clips)
    assert {clip.metadata["vibeboard"]["shot_id"] for clip in clips} == {row["Shot id"] for row in shot_rows(output)}


def test_again_without_an_edit_nothing_is_rendered_and_no_file_is_touched(film):
    output, rebuild = film
    before = {path: path.stat().st_mtime_ns for path in output.rglob("*") if ".vibeboard" not in path.parts}
    attempts = jobs(output)
    assert "every shot is up to date" in rebuild(SCRIPT)
    assert jobs(output) == attempts
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_changed_line_renders_the_shots_that_carry_it_and_says_why(film):
    output, rebuild = film
    edited = SCRIPT.replace("Then read it.", "Then read it aloud, please, every word, right now.")
    before = jobs(output)
    told = rebuild(edited)
    fresh = jobs(output).keys() - before.keys()
    changed = [row for row in shot_rows(output) if "every word" in row["Dialogue"]]
    assert len(changed) == 1
    assert 1 <= len(fresh) < len(before)
    assert f"render shot {changed[0]['Shot']}: length" in told
    assert "every word" in (output / "film.srt").read_text().replace("\n", " ")


def test_other_words_of_the_same_length_render_nothing(film):
    output, rebuild = film
    before = jobs(output)
    told = rebuild(SCRIPT.replace("It came this morning.", "It left this morning."))
    assert jobs(output) == before
    assert "0 shots will be rendered" in told
    assert "words changed" in told


def test_a_scene_put_first_renders_no_other_scene_again(film):
    output, rebuild = film
    before = jobs(output)
    new = "EXT. FIELD - DAY\n\nNothing but grass.\n\nINT. KITCHEN"
    rebuild(SCRIPT.replace("INT. KITCHEN", new))
    assert before.items() <= jobs(output).items()
    takes = {path.stem for path in (output / "takes").glob("*.mp4")}
    assert takes == {row["Shot"] for row in shot_rows(output)}


def test_going_back_to_the_old_script_renders_nothing_and_gives_the_old_film(film):
    output, rebuild = film
    old = (output / "film.mp4").read_bytes()
    rebuild(SCRIPT.replace("Not here.", "Not here, not now, not ever again."))
    assert (output / "film.mp4").read_bytes() != old
    attempts = jobs(output)
    rebuild(SCRIPT)
    assert jobs(output) == attempts
    assert (output / "film.mp4").read_bytes() == old


def test_the_slate_can_be_switched_off_without_rendering(film):
    output, rebuild = film
    before, with_slate = jobs(output), (output / "film.mp4").read_bytes()
    rebuild(SCRIPT, "--no-slate")
    assert jobs(output) == before
    assert (output / "film.mp4").read_bytes() != with_slate


def test_two_builds_in_two_places_give_the_same_bytes(made, tmp_path):
    make(made / "script.fountain", tmp_path / "other")
    for name in FILES:
        assert (tmp_path / "other" / name).read_bytes() == (made / "out" / name).read_bytes(), name


def test_a_film_without_a_word_is_a_film(tmp_path):
    (tmp_path / "silent.fountain").write_text("INT. ROOM - DAY\n\nEXT. FIELD - NIGHT\n")
    make(tmp_path / "silent.fountain", tmp_path / "out")
    assert (tmp_path / "out" / "film.mp4").stat().st_size
    assert (tmp_path / "out" / "film.srt").read_text() == ""


def test_what_was_made_at_another_size_is_taken_up_again(film):
    output, rebuild = film
    old = (output / "film.mp4").read_bytes()
    rebuild(SCRIPT, "--scenes", "2", "--size", "128x72")
    attempts = jobs(output)
    told = rebuild(SCRIPT)
    assert "0 shots will be rendered" in told
    assert "taken from before" in told
    assert jobs(output) == attempts
    assert (output / "film.mp4").read_bytes() == old


def test_an_engine_that_appears_later_changes_nothing_that_was_made(made, tmp_path):
    bare = {**os.environ, "PATH": str(VIBEBOARD.parent)}
    command = [str(VIBEBOARD), "make", str(made / "script.fountain"), "-o", str(tmp_path / "out"), *SMALL]
    subprocess.run(command, env=bare, check=True, capture_output=True)
    spoken = jobs(tmp_path / "out", "speak_line")
    assert "every shot is up to date" in make(made / "script.fountain", tmp_path / "out")
    assert jobs(tmp_path / "out", "speak_line") == spoken


def test_lost_notes_of_the_project_cost_nothing_but_time(film):
    output, rebuild = film
    old, attempts = (output / "film.mp4").read_bytes(), jobs(output)
    state = output / ".vibeboard"
    (state / "checkpoints.db").write_bytes(b"no database at all, only words, for more than a hundred bytes" * 4)
    (state / "delivered.json").write_text("")
    for row in query(output, "select screenplay_sha256 from revision"):
        (state / "blobs" / row[0][:2] / row[0][2:]).unlink()
    rebuild(SCRIPT)
    assert jobs(output) == attempts
    assert (output / "film.mp4").read_bytes() == old


def test_scenes_can_be_chosen(made, tmp_path):
    make(made / "script.fountain", tmp_path / "out", "--scenes", "2")
    assert {row["Scene"] for row in shot_rows(tmp_path / "out")} == {"2"}


def test_plan_only_lists_the_shots_and_makes_no_picture(made, tmp_path):
    told = make(made / "script.fountain", tmp_path / "out", "--plan-only")
    assert "would be rendered" in told
    assert shot_rows(tmp_path / "out") == shot_rows(made / "out")
    assert not jobs(tmp_path / "out")
    assert not (tmp_path / "out" / "film.mp4").exists()


def test_planning_an_edit_lists_the_new_shots_and_leaves_the_film(film):
    output, rebuild = film
    before = {path: path.read_bytes() for path in [output / "film.mp4", *(output / "takes").iterdir()]}
    told = rebuild(SCRIPT.replace("Not here.", "Not here, and not with him in the room."), "--plan-only")
    assert "1 shot would be rendered" in told
    assert any("with him in the room" in row["Dialogue"] for row in shot_rows(output))
    assert {path: path.read_bytes() for path in before} == before


def test_a_lost_blob_is_made_again(film):
    output, rebuild = film
    digest = query(output, "select sha256 from use where step='take' and role='video'")[0][0]
    (output / ".vibeboard" / "blobs" / digest[:2] / digest[2:]).unlink()
    film_before = (output / "film.mp4").read_bytes()
    assert "1 shot will be rendered" in rebuild(SCRIPT)
    assert (output / "film.mp4").read_bytes() == film_before


def test_a_pass_is_rendered_from_the_take(made, tmp_path):
    shot = shot_rows(made / "out")[0]["Shot"]
    target = tmp_path / "depth.safetensors"
    run("pass", made / "out", shot, "--kind", "depth", "--frames", "2", "-o", target)
    depth = load_file(target)["frames"]
    assert depth.shape == (2, 90, 160)
    assert depth.min() > 0


def test_the_other_commands_say_what_is_here():
    assert "generate_shot" in run("tools").stdout
    told = run("doctor").stdout
    assert "previs" in told
    assert "espeak" in told
    assert SMALL
