from __future__ import annotations

import pytest

from vibeboard.counting import counted


@pytest.mark.parametrize(("number", "said"), [(0, "0 shots"), (1, "1 shot"), (2, "2 shots")])
def test_one_thing_is_not_said_in_the_plural(number, said):
    assert counted(number, "shot") == said
