"""What a person sees while a film is made: two bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from graphs.quote import Quoted
from graphs.request import MakeRequest
from vibeboard.counting import counted
from vibeboard.events import Event, EventType

REASONS_SHOWN = 20
_PLAIN_EVERY_S = 5.0
_TOLD_FROM = 0.05
"""So much has to be done before the time left is told: earlier it is mostly what starting took."""
_DELIVERABLES = 4
_PARTS = {"generate_shot": (0.0, 0.65), "finish_segment": (0.65, 0.3)}
"""Of a shot's cost: what is done before a task, and the task's own part."""


class Watch:
    """Follows the events of a build; called with each of them."""

    def __init__(self, console: Console, request: MakeRequest, workers: int) -> None:
        self._console, self._request, self._workers = console, request, workers
        self._labels: dict[str, str] = {}
        self._cost: dict[str, float] = {}
        self._finished: set[str] = set()
        self._share: dict[str, float] = {}
        self._total = self._done = 0.0
        self._shots = 0
        self._rendered = 0
        self._began = time.monotonic()
        self._plan: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def __call__(self, event: Event) -> None:
        handler = _HANDLERS.get(event.type)
        if handler:
            handler(self, event)

    def say(self, text: str, style: str = "") -> None:
        self._console.print(text, style=style, highlight=False, markup=False, soft_wrap=True)

    def _on_start(self, event: Event) -> None:
        if event.data.get("resumed"):
            self.say("carrying on where the last run stopped")

    def _on_plan(self, event: Event) -> None:
        self._plan = dict(event.data)
        seconds = self._request.fps.seconds(int(self._plan["frames"]))
        scenes, shots = (counted(int(str(self._plan[f"{thing}s"])), thing) for thing in ("scene", "shot"))
        self.say(f"{scenes}, {shots}, {_clock(seconds)} of film")
        if "planner" in self._plan:
            told = "{planner}: {calls} calls, {tokens} tokens, {usd:.4f} USD".format(**self._plan)
            self.say(f"planned by {told}")

    def _on_breakdown(self, event: Event) -> None:
        dropped = int(str(event.data["dropped"]))
        beside = f"; {dropped} more dropped, as the script has no such words" if dropped else ""
        elements, scenes = (counted(int(str(event.data[f"{thing}s"])), thing) for thing in ("element", "scene"))
        self.say(f"{elements} in {scenes}{beside}")

    def _on_fallback(self, event: Event) -> None:
        scene = f"scene {event.data['scene']}" if event.data["scene"] else "the script"
        self.say(f"  {scene}: {event.data['step']} done offline: {event.data['message']}", style="yellow")

    def _on_edits_left(self, event: Event) -> None:
        for left in _list(event.data["left"]):
            self.say(f"  edit {left['id']} is left out: {left['why']}", style="yellow")

    def _on_quote(self, event: Event) -> None:
        todo = [Quoted.model_validate(item) for item in _list(event.data["todo"])]
        self._labels = {item.unit: item.label for item in todo}
        self._cost = {item.unit: item.seconds + item.device_seconds for item in todo}
        self._total = sum(self._cost.values()) or 1.0
        self._shots = len(todo)
        self._rendered = sum(item.renders for item in todo)
        if not todo:
            self.say("every shot is up to date")
            return
        verb = "would be" if self._request.plan_only else "will be"
        finished = sum(bool(item.steps) and not item.renders for item in todo)
        found = sum(not item.steps for item in todo)
        beside = f", {finished} only finished again (slate, sound)" if finished else ""
        beside += f", {found} taken from before" if found else ""
        self.say(f"{counted(self._rendered, 'shot')} {verb} rendered{beside}: {self._price(todo)}")
        if any(item.reasons not in ((), ("new",)) for item in todo):
            self._reasons([item for item in todo if item.steps])

    def _reasons(self, todo: list[Quoted]) -> None:
        """Why each shot is made again; the rendered ones first."""
        ordered = sorted(todo, key=lambda item: not item.renders)
        for item in ordered[:REASONS_SHOWN]:
            what = "render" if item.renders else "finish"
            self.say(f"  {what} {item.label}: {'; '.join(item.reasons)}")
        if len(ordered) > REASONS_SHOWN:
            self.say(f"  ... and {len(ordered) - REASONS_SHOWN} more")

    def _price(self, todo: list[Quoted]) -> str:
        """The time it takes. Our own workers cost nothing; what a GPU costs depends on whose it is."""
        workers, here = sum(item.seconds for item in todo) / self._workers, counted(self._workers, "worker")
        device = sum(item.device_seconds for item in todo)
        if not device:
            return f"about {_clock(workers)} on {here}, no cost"
        return f"about {_clock(device)} on the GPU and {_clock(workers)} on {here}"

    def _on_progress(self, event: Event) -> None:
        done, total = int(str(event.data["done"])), int(str(event.data["total"]))
        before, part = _PARTS.get(str(event.data["task"]), (0.0, 0.0))
        if event.unit in self._cost:
            self._share[event.unit] = before + part * done / max(total, 1)
        self.advance(event.unit, done, total)

    def _on_unit(self, event: Event) -> None:
        self._finished.add(event.unit)
        self._share.pop(event.unit, None)
        self._done += self._cost.get(event.unit, 0.0)
        self.advance("", 0, 0)

    def _on_trouble(self, event: Event) -> None:
        label = self._labels.get(event.unit, event.unit)
        self.say(f"  {label}: {event.data.get('message', '')}", style="yellow")

    def _on_repair(self, event: Event) -> None:
        for change in _list(event.data["changes"]):
            label = self._labels.get(event.unit, event.unit)
            self.say(f"  {label}: repaired {change['path']}: {change['before']} -> {change['after']}", style="cyan")

    def fraction(self) -> float:
        """How much of the whole build is done, by expected cost; the deliverables count as a twentieth."""
        begun = sum(self._cost[unit] * share for unit, share in self._share.items())
        shots = (self._done + begun) / self._total if self._cost else 1.0
        deliverables = len(self._finished - self._cost.keys()) / _DELIVERABLES
        return 0.95 * min(shots, 1.0) + 0.05 * min(deliverables, 1.0)

    def advance(self, unit: str, done: int, total: int) -> None:
        """A job of `unit` has come to frame `done` of `total`; without a unit, one has ended."""

    def summary(self, output: Path) -> None:
        took = _clock(time.monotonic() - self._began)
        if self._request.plan_only:
            self.say(f"planned in {took}: {output / 'shotlist.csv'}, {output / 'breakdown.csv'}")
            return
        self.say(f"done in {took}: {output / 'film.mp4'}", style="green")
        names = "film.otio  film.srt  film.vtt  storyboard.pdf  contact-sheet.png  breakdown.csv  shotlist.csv  takes/"
        self.say(f"beside it: {names}")


def _list(value: Any) -> list[Any]:
    return list(value)


_HANDLERS = {
    EventType.RUN_STARTED: Watch._on_start,
    EventType.BREAKDOWN_READY: Watch._on_breakdown,
    EventType.SCENE_FELL_BACK: Watch._on_fallback,
    EventType.EDITS_LEFT: Watch._on_edits_left,
    EventType.PLAN_READY: Watch._on_plan,
    EventType.QUOTE_READY: Watch._on_quote,
    EventType.JOB_PROGRESS: Watch._on_progress,
    EventType.UNIT_DONE: Watch._on_unit,
    EventType.CALL_FAILED: Watch._on_trouble,
    EventType.CALL_REPAIRED: Watch._on_repair,
}


class TerminalWatch(Watch):
    """Two bars: the shot at work, the whole film with the time left."""

    def __init__(self, console: Console, request: MakeRequest, workers: int) -> None:
        super().__init__(console, request, workers)
        columns = (TextColumn("{task.description:<14}"), BarColumn(40), TextColumn("{task.percentage:>3.0f}%"))
        self._bars = Progress(*columns, TimeRemainingColumn(), console=console, transient=True)
        self._shot = self._bars.add_task("shot", total=1.0, visible=False)
        self._film = self._bars.add_task("film", total=1.0, visible=False)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def advance(self, unit: str, done: int, total: int) -> None:
        self._bars.update(self._film, completed=self.fraction(), visible=True)
        if unit:
            label = self._labels.get(unit, unit)
            self._bars.update(self._shot, description=label, completed=done / max(total, 1), visible=True)


class PlainWatch(Watch):
    """A line now and then, for logs and pipes."""

    def __init__(self, console: Console, request: MakeRequest, workers: int) -> None:
        super().__init__(console, request, workers)
        self._said = time.monotonic()

    def advance(self, unit: str, done: int, total: int) -> None:
        now = time.monotonic()
        if self._request.plan_only or now - self._said < _PLAIN_EVERY_S:
            return
        self._said = now
        fraction = self.fraction()
        shots = len(self._finished & self._cost.keys())
        self.say(f"{fraction:.0%}: {shots} of {counted(self._shots, 'shot')} done{self._left(now, fraction)}")

    def _left(self, now: float, fraction: float) -> str:
        """The time that is left, once there is something to tell it from."""
        if fraction < _TOLD_FROM:
            return ""
        return f", about {_clock((now - self._began) * (1 - fraction) / fraction)} left"


def watch_for(stream: IO[str], request: MakeRequest, workers: int) -> Watch:
    """Bars if the stream is a terminal, lines if not."""
    console = Console(file=stream, emoji=False)
    kind = TerminalWatch if console.is_terminal else PlainWatch
    return kind(console, request, workers)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
