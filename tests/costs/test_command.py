"""`vibeboard cost` of a film that was really made, and changed."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from tests.build.conftest import SCRIPT, make, run


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Made, and made again after a line was changed."""
    folder = tmp_path_factory.mktemp("cost")
    script = folder / "script.fountain"
    for text in (SCRIPT, SCRIPT.replace("Not here.", "Not here, not now, not with him.")):
        script.write_text(text)
        make(script, folder / "out")
    return folder / "out"


def test_it_adds_up_to_what_the_jobs_took(film):
    cost = json.loads(run("cost", film, "--json").stdout)["project"]
    with closing(sqlite3.connect(film / ".vibeboard" / "project.db")) as database:
        seconds, count = database.execute("select sum(seconds), count(*) from job").fetchone()
    assert cost["work"]["processor_s"] == pytest.approx(seconds)
    assert cost["work"]["jobs"] == count
    for part in (cost["shots"], cost["runs"]):
        works = [item.get("work") or item["actual"] for item in part]
        assert sum(work["processor_s"] for work in works) == pytest.approx(seconds)
    assert cost["usd"] == 0.0


def test_the_second_run_took_less_than_the_first_and_what_it_was_quoted_for(film):
    first, second = json.loads(run("cost", film, "--json").stdout)["project"]["runs"]
    assert first["finished"]
    assert second["finished"]
    assert 0 < second["actual"]["jobs"] < first["actual"]["jobs"]
    assert second["quoted"]["jobs"] == second["estimate"]["jobs"]


def test_people_see_each_shot_and_are_told_that_the_gpu_has_no_price(film):
    told = run("cost", film).stdout
    assert "shot 1A" in told
    assert "VIBEBOARD_GPU_USD_PER_HOUR" in told


def test_a_folder_without_a_film_is_said_to_be_none(tmp_path):
    failed = run("cost", tmp_path, check=False)
    assert failed.returncode == 1
    assert "there is no film" in failed.stderr
