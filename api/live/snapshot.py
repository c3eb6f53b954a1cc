"""How a film stands, for who begins to follow it in the middle."""

from __future__ import annotations

from collections import defaultdict

from pydantic import JsonValue

from api.service import Caller, Service
from api.studio.making import EpisodeQuestion
from api.studio.talk import open_question
from storage.records import Records
from storage.tables import EpisodeRow
from vibeboard.episodes import ENDED, EpisodeState
from vibeboard.model import Frozen

_EPISODES = 20


class EpisodeStand(Frozen):
    """`question` waits for an answer."""

    id: str
    run_id: str
    state: EpisodeState
    attempt: int
    question: EpisodeQuestion | None = None


class Snapshot(Frozen):
    """`applied_through_seq` is the newest event that is in it; `episodes` are the newest, `question` is what the chat
    waits with, `assets` are the files in use by unit, step and role."""

    applied_through_seq: int
    name: str
    episodes: tuple[EpisodeStand, ...]
    question: dict[str, JsonValue] | None
    assets: dict[str, dict[str, dict[str, str]]]

    @property
    def at_work(self) -> list[str]:
        """Episodes that have not ended."""
        return [episode.id for episode in self.episodes if episode.state not in ENDED]


def snapshot(service: Service, film: Records, caller: Caller) -> Snapshot:
    """What it says was so when event `applied_through_seq` was the newest, or is newer."""
    _, newest = film.log_edges()
    assets: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for use in film.uses():
        if use.active:
            assets[use.unit][use.step][use.role] = use.sha256
    rows = service.studio.episodes.of_owner(caller.owner, _EPISODES, None, film.id)
    return Snapshot(
        applied_through_seq=newest,
        name=service.films.get(caller.owner, film.id).name,
        episodes=tuple(map(_stand, rows)),
        question=open_question(film),
        assets={unit: dict(steps) for unit, steps in assets.items()},
    )


def _stand(row: EpisodeRow) -> EpisodeStand:
    waits = row.state is EpisodeState.WAITING and row.offer
    question = EpisodeQuestion.model_validate_json(row.offer) if waits else None
    return EpisodeStand(id=row.id, run_id=row.run_id, state=row.state, attempt=row.attempt, question=question)
