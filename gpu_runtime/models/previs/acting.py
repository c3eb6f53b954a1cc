"""What a figure does at a frame: where it stands, how it holds itself, where it looks, whether it speaks.

As in drawn animation, walking and changes of posture move on ones, speech on twos (at 24 frames a second it changes
every other frame), and the breath of somebody who only listens on fours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from gpu_runtime.models.previs.body import STANDING, STRIDE, HeadTurn, Stance, stance_of, walking
from gpu_runtime.models.previs.mannequin import Face
from vibeboard.camera import lerp
from vibeboard.digest import derive_seed
from vibeboard.figure import FRACTION, Landmark, walks_at
from vibeboard.stage import Figure, Mark, Pose, PropKind, Vec3
from vibeboard.timing import Rate

_NECK_YAW, _NECK_PITCH = 78.0, 38.0
_TWIST = 0.35
"""Share of a head's turn that the chest goes along with."""

CARRIED: dict[PropKind, Vec3] = {
    PropKind.BAG: (-0.165, 0.46, 0.02),
    PropKind.SUITCASE: (-0.175, 0.47, 0.01),
    PropKind.UMBRELLA: (-0.06, 0.70, 0.13),
    PropKind.GUN: (-0.035, 0.755, 0.30),
    PropKind.FLASHLIGHT: (-0.10, 0.655, 0.25),
    PropKind.KNIFE: (-0.12, 0.63, 0.24),
    PropKind.PHONE: (-0.055, 0.715, 0.195),
    PropKind.CUP: (-0.085, 0.68, 0.19),
    PropKind.BOTTLE: (-0.10, 0.635, 0.19),
    PropKind.BOOK: (-0.05, 0.675, 0.21),
    PropKind.PAPER: (-0.05, 0.685, 0.21),
}
_CARRIED_ELSE: Vec3 = (-0.085, 0.645, 0.22)


@dataclass(frozen=True)
class Performance:
    """A figure at a frame: its root in the world, metres and degrees, and its body in its own frame."""

    root: Vec3
    yaw: float
    stance: Stance
    turn: HeadTurn
    twist: float
    face: Face
    breath: float


class Actor:
    """One figure through a shot. `holds` is what it has in its right hand."""

    def __init__(self, figure: Figure, rate: Rate, seed: int, holds: PropKind | None) -> None:
        self.figure, self.rate, self.holds = figure, rate, holds
        self.seed = derive_seed("actor", figure.id, str(seed))
        self.twos = max(1, round(rate.nominal / 12))
        self.settle = max(1, rate.frames(0.6))
        self.turning = max(1, rate.frames(0.35))

    def at(self, frame: int) -> Performance:
        tick, calm = frame - frame % self.twos, frame - frame % (2 * self.twos)
        stance, root, yaw = self._bearing(frame)
        still = not walks_at(self.figure, frame)
        speech = self._speech(tick)
        stance = self._hands(stance, tick, speech if still else 0.0, self._mark(frame).pose)
        turn = self._head(frame, root, yaw, tick, speech)
        seconds = self.rate.seconds(calm)
        return Performance(
            root=root,
            yaw=yaw,
            stance=stance,
            turn=turn,
            twist=turn.yaw * _TWIST,
            face=Face(mouth=self._mouth(tick) * speech, lids=self._lids(tick)),
            breath=0.5 + 0.5 * math.sin(2 * math.pi * seconds / 3.8 + self.seed % 63 / 10),
        )

    def _mark(self, frame: int) -> Mark:
        before = [mark for mark in self.figure.marks if mark.frame <= frame] or [self.figure.marks[0]]
        return before[-1]

    def _bearing(self, frame: int) -> tuple[Stance, Vec3, float]:
        if walks_at(self.figure, frame):
            return self._walk(frame)
        here = self._mark(frame)
        stance = stance_of(here.pose, here.floor / self.figure.height)
        index = self.figure.marks.index(here)
        t = _ease((frame - here.frame) / self.settle)
        if index == 0 or t >= 1:
            return stance, (here.x, here.floor, here.z), here.yaw
        last = self.figure.marks[index - 1]
        walked = walks_at(self.figure, here.frame - 1)
        before, floor = (STANDING, _ground(last)) if walked else self._posture(last)
        yaw = here.yaw if walked else last.yaw + _short(here.yaw - last.yaw) * t
        return before.towards(stance, t), (here.x, floor + (here.floor - floor) * t, here.z), yaw

    def _posture(self, mark: Mark) -> tuple[Stance, float]:
        return stance_of(mark.pose, mark.floor / self.figure.height), mark.floor

    def _walk(self, frame: int) -> tuple[Stance, Vec3, float]:
        """Between two marks: one stride a stride's length, turned to where it goes; out of the old posture at first,
        and turned to the new mark's facing at last."""
        a = self._mark(frame)
        b = self.figure.marks[self.figure.marks.index(a) + 1]
        t = (frame - a.frame) / (b.frame - a.frame)
        length = math.hypot(b.x - a.x, b.z - a.z)
        speed = length / self.rate.seconds(b.frame - a.frame) / self.figure.height
        stance = walking(t * length / (STRIDE * self.figure.height), min(1.6, 0.45 + 0.8 * speed))
        floor = _ground(a) + (_ground(b) - _ground(a)) * t
        start, stop = _ease((frame - a.frame) / self.turning), _ease((b.frame - frame) / self.turning)
        before, height = self._posture(a)
        stance = before.towards(STANDING.towards(stance, stop), start)
        travel = math.degrees(math.atan2(b.x - a.x, b.z - a.z))
        yaw = a.yaw + _short(travel - a.yaw) * start
        yaw += _short(b.yaw - yaw) * (1 - stop)
        x, _, z = lerp((a.x, 0.0, a.z), (b.x, 0.0, b.z), t)
        return stance, (x, height + (floor - height) * start, z), yaw

    def _hands(self, stance: Stance, tick: int, speech: float, pose: Pose) -> Stance:
        """What the hands do: carry, and speak along."""
        rise = stance.pelvis[1] - STANDING.pelvis[1]
        if self.holds is not None and pose is not Pose.LIE:
            x, y, z = CARRIED.get(self.holds, _CARRIED_ELSE)
            drop = 0.0 if y > 0.5 else 0.02 * math.sin(0.7 * self.rate.seconds(tick))
            stance = replace(stance, right_hand=(x, y + rise + drop, z + stance.pelvis[2]))
        if speech <= 0 or pose is Pose.LIE:
            return stance
        beat = max(0.0, self._wander(tick, 1, 0.42)) * speech
        raised = (0.105 + 0.03 * self._wander(tick, 2, 1.1), 0.655 + rise + 0.035 * self._wander(tick, 3, 1.4), 0.20)
        stance = replace(stance, left_hand=lerp(stance.left_hand, raised, min(1.0, 1.5 * beat)))
        if self.holds is None:
            other = max(0.0, self._wander(tick, 4, 0.37)) * speech
            raised = (-0.11, 0.64 + rise + 0.035 * self._wander(tick, 5, 1.3), 0.19)
            stance = replace(stance, right_hand=lerp(stance.right_hand, raised, min(1.0, 1.3 * other)))
        return stance

    def _head(self, frame: int, root: Vec3, yaw: float, tick: int, speech: float) -> HeadTurn:
        looks = [look for look in self.figure.looks if look.frame <= frame]
        aim = self._aim(looks[-1].point, root, yaw) if looks else (0.0, 0.0)
        if looks and looks[-1].frame > 0:
            old = self._aim(looks[-2].point, root, yaw) if len(looks) > 1 else (0.0, 0.0)
            t = _ease((frame - looks[-1].frame) / self.turning)
            aim = (old[0] + (aim[0] - old[0]) * t, old[1] + (aim[1] - old[1]) * t)
        nod = 3.2 * speech * self._wander(tick, 6, 1.9)
        calm = tick - tick % (2 * self.twos)
        return HeadTurn(
            yaw=aim[0] + 1.4 * self._wander(calm, 7, 0.31) + 2.2 * speech * self._wander(tick, 8, 0.9),
            pitch=aim[1] + 0.8 * self._wander(calm, 9, 0.27) + nod,
            roll=1.2 * self._wander(calm, 10, 0.23) + 2.0 * speech * self._wander(tick, 11, 0.7),
        )

    def _aim(self, point: Vec3, root: Vec3, yaw: float) -> tuple[float, float]:
        """Yaw and pitch of the head towards a point, as far as a neck goes."""
        pose = self._mark(0).pose if len(self.figure.marks) == 1 else Pose.STAND
        rise = FRACTION[Landmark.EYES] if pose is Pose.STAND else 0.47
        dx, dy, dz = point[0] - root[0], point[1] - root[1] - rise * self.figure.height, point[2] - root[2]
        distance = math.hypot(dx, dz)
        if distance < 0.05:
            return 0.0, 0.0
        turn = _short(math.degrees(math.atan2(dx, dz)) - yaw)
        pitch = math.degrees(math.atan2(dy, distance))
        return max(-_NECK_YAW, min(_NECK_YAW, turn)), max(-_NECK_PITCH, min(_NECK_PITCH, pitch))

    def _speech(self, tick: int) -> float:
        """From 0 to 1, faded in and out over a quarter of a second."""
        fade = max(1, self.rate.frames(0.25))
        inside = [min(tick - span.start, span.end - 1 - tick) for span in self.figure.talks]
        return max([0.0, *(min(1.0, (depth + fade / 2) / fade) for depth in inside if depth >= 0)])

    def _mouth(self, tick: int) -> float:
        return min(1.0, max(0.0, 0.42 + 0.45 * self._wander(tick, 12, 4.3) + 0.35 * self._wander(tick, 13, 2.1)))

    def _lids(self, tick: int) -> float:
        period = self.rate.frames(3.4)
        return 1.0 if (tick + self.seed) % period < 2 * self.twos else 0.0

    def _wander(self, tick: int, channel: int, hertz: float) -> float:
        """Smooth noise in -1..1 about `hertz` quick, its own for each figure and channel."""
        phase = (self.seed * 31 + channel * 977) % 6283 / 1000
        t = 2 * math.pi * hertz * self.rate.seconds(tick)
        return 0.62 * math.sin(t + phase) + 0.38 * math.sin(1.73 * t + 2.6 * phase + channel)


def _ground(mark: Mark) -> float:
    """The floor under a figure's feet at a mark, when it stands up there."""
    return mark.floor if mark.pose is Pose.STAND else 0.0


def _short(degrees: float) -> float:
    return (degrees + 180) % 360 - 180


def _ease(t: float) -> float:
    t = min(max(t, 0.0), 1.0)
    return t * t * (3 - 2 * t)
