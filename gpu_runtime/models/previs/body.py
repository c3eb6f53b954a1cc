"""The mannequin's body: where its joints are for what it does.

Everything is in the figure's own frame, in fractions of its height, unless a name says metres: origin at its mark on
the floor (or seat), `x` to its left, `y` up, `z` ahead. A `Stance` states the few points that make a posture; blending
two stances blends those, and limbs follow by two-bone inverse kinematics, so that they keep their lengths.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from gpu_runtime.models.previs.solids import add, scaled
from vibeboard.camera import cross, dot, lerp, subtract, unit
from vibeboard.figure import FRACTION, HIP_CLEARANCE, Landmark
from vibeboard.stage import Pose, Vec3

HIPS = FRACTION[Landmark.HIPS]
KNEES = FRACTION[Landmark.KNEES]
ANKLE = 0.04
THIGH = HIPS - KNEES
SHIN = KNEES - ANKLE
SHOULDER_RISE = 0.805 - HIPS
EYES_RISE = FRACTION[Landmark.EYES] - HIPS
UPPER_ARM, FOREARM = 0.172, 0.152
SHOULDER_HALF, HIP_HALF = 0.108, 0.05
STRIDE = 0.80
"""Length of two steps at an easy walk."""


@dataclass(frozen=True)
class Stance:
    """`up` and `ahead` are directions of the torso; feet are ankles, hands wrists; `toes` and `knees` directions."""

    pelvis: Vec3
    up: Vec3
    ahead: Vec3
    left_hand: Vec3
    right_hand: Vec3
    left_foot: Vec3
    right_foot: Vec3
    toes: Vec3
    knees: Vec3

    def towards(self, other: Stance, t: float) -> Stance:
        return Stance(*(lerp(getattr(self, f.name), getattr(other, f.name), t) for f in fields(self)))


_UP: Vec3 = (0.0, 1.0, 0.0)
_AHEAD: Vec3 = (0.0, 0.0, 1.0)

STANDING = Stance(
    pelvis=(0.0, HIPS, 0.0),
    up=_UP,
    ahead=_AHEAD,
    left_hand=(0.155, 0.492, 0.035),
    right_hand=(-0.155, 0.492, 0.035),
    left_foot=(0.058, ANKLE, -0.005),
    right_foot=(-0.058, ANKLE, 0.012),
    toes=_AHEAD,
    knees=_AHEAD,
)
_KNEELING = Stance(
    pelvis=(0.0, HIPS - KNEES + 0.04, 0.0),
    up=_UP,
    ahead=_AHEAD,
    left_hand=(0.10, 0.25, 0.13),
    right_hand=(-0.10, 0.25, 0.13),
    left_foot=(0.06, 0.035, -0.235),
    right_foot=(-0.06, 0.035, -0.235),
    toes=(0.0, -0.35, -0.94),
    knees=(0.0, -0.5, 0.87),
)
_LYING = Stance(
    pelvis=(0.0, 2 * HIP_CLEARANCE, 0.0),
    up=(0.0, 0.0, -1.0),
    ahead=_UP,
    left_hand=(0.19, 0.06, 0.02),
    right_hand=(-0.18, 0.06, 0.0),
    left_foot=(0.07, 0.05, 0.475),
    right_foot=(-0.06, 0.05, 0.475),
    toes=(0.0, 0.94, 0.35),
    knees=_UP,
)


def _sitting(floor: float) -> Stance:
    """`floor` is the seat's height in fractions of the figure's own."""
    feet = max(floor - KNEES, 0.0) - floor + ANKLE
    ahead = 0.255 if floor > 0.12 else 0.44
    return Stance(
        pelvis=(0.0, HIP_CLEARANCE, 0.0),
        up=(0.0, 0.998, -0.05),
        ahead=(0.0, 0.05, 0.998),
        left_hand=(0.085, 0.115, 0.205),
        right_hand=(-0.085, 0.115, 0.205),
        left_foot=(0.07, feet, ahead),
        right_foot=(-0.07, feet, ahead + 0.012),
        toes=_AHEAD,
        knees=(0.0, 0.6, 0.8),
    )


def stance_of(pose: Pose, floor: float) -> Stance:
    if pose is Pose.SIT:
        return _sitting(floor)
    return {Pose.STAND: STANDING, Pose.KNEEL: _KNEELING, Pose.LIE: _LYING}[pose]


def walking(phase: float, effort: float = 1.0) -> Stance:
    """A step of a walk; `phase` counts strides. A foot stands for 0.6 of a stride, in which it stays where it is in the
    world, and swings for the rest. `effort` scales the swing of the arms."""
    lift = 0.012 * math.cos(4 * math.pi * phase)
    swing = 0.105 * effort * math.sin(2 * math.pi * phase)
    left_z, left_y = _foot(phase + 0.25)
    right_z, right_y = _foot(phase + 0.75)
    return Stance(
        pelvis=(0.008 * math.sin(2 * math.pi * phase), HIPS - 0.016 + lift, 0.0),
        up=(0.0, 0.996, 0.085),
        ahead=(0.09 * math.sin(2 * math.pi * phase), -0.085, 0.996),
        left_hand=(0.14, 0.505 + abs(swing) * 0.25, 0.03 - swing),
        right_hand=(-0.14, 0.505 + abs(swing) * 0.25, 0.03 + swing),
        left_foot=(0.04, ANKLE + left_y, left_z),
        right_foot=(-0.04, ANKLE + right_y, right_z),
        toes=_AHEAD,
        knees=_AHEAD,
    )


def _foot(phase: float) -> tuple[float, float]:
    """How far a foot is ahead of the hips and off the ground."""
    t = phase % 1.0
    if t < 0.6:
        return STRIDE * (0.3 - t), 0.03 * max(0.0, t - 0.42) / 0.18
    s = (t - 0.6) / 0.4
    eased = s * s * (3 - 2 * s)
    return STRIDE * 0.6 * (eased - 0.5), 0.03 * (1 - s) + 0.055 * math.sin(math.pi * s)


@dataclass(frozen=True)
class Limb:
    """Three joints: hip, knee and ankle, or shoulder, elbow and wrist."""

    root: Vec3
    bend: Vec3
    end: Vec3


@dataclass(frozen=True)
class Body:
    """Joints in the figure's frame. `torso` and `head` are bases (left, up, ahead)."""

    pelvis: Vec3
    torso: tuple[Vec3, Vec3, Vec3]
    head_at: Vec3
    head: tuple[Vec3, Vec3, Vec3]
    left_arm: Limb
    right_arm: Limb
    left_leg: Limb
    right_leg: Limb
    toes: Vec3


@dataclass(frozen=True)
class HeadTurn:
    """Degrees: `yaw` to the figure's left, `pitch` up, `roll` to its right shoulder."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


def turned(basis: tuple[Vec3, Vec3, Vec3], turn: HeadTurn) -> tuple[Vec3, Vec3, Vec3]:
    left, up, ahead = basis
    ahead, left = _rotate(ahead, left, turn.yaw)
    ahead, up = _rotate(ahead, up, turn.pitch)
    up, left = _rotate(up, left, -turn.roll)
    return left, up, ahead


def _rotate(a: Vec3, b: Vec3, degrees: float) -> tuple[Vec3, Vec3]:
    """`a` turned towards `b`, and `b` away from `a`."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return add(scaled(a, cos), scaled(b, sin)), add(scaled(b, cos), scaled(a, -sin))


def pose_body(stance: Stance, turn: HeadTurn, twist: float = 0.0) -> Body:
    """Put the joints where the stance wants them. The chest goes along with `twist` degrees of the head's turn."""
    up = unit(stance.up)
    ahead = unit(subtract(stance.ahead, scaled(up, dot(stance.ahead, up))))
    hips = (cross(up, ahead), up, ahead)
    torso = turned(hips, HeadTurn(yaw=twist))
    shoulders = add(stance.pelvis, scaled(up, SHOULDER_RISE))
    head_at = add(stance.pelvis, scaled(up, EYES_RISE))
    elbows = add(scaled(torso[2], -0.75), scaled(up, -0.4))
    return Body(
        pelvis=stance.pelvis,
        torso=torso,
        head_at=head_at,
        head=turned(torso, HeadTurn(turn.yaw - twist, turn.pitch, turn.roll)),
        left_arm=_arm(shoulders, torso[0], 1.0, elbows, stance.left_hand),
        right_arm=_arm(shoulders, torso[0], -1.0, elbows, stance.right_hand),
        left_leg=_leg(stance, hips[0], 1.0, stance.left_foot),
        right_leg=_leg(stance, hips[0], -1.0, stance.right_foot),
        toes=unit(stance.toes),
    )


def _arm(shoulders: Vec3, left: Vec3, side: float, elbows: Vec3, hand: Vec3) -> Limb:
    root = add(shoulders, scaled(left, side * SHOULDER_HALF))
    return reach(root, hand, UPPER_ARM, FOREARM, add(elbows, scaled(left, side * 0.45)))


def _leg(stance: Stance, left: Vec3, side: float, foot: Vec3) -> Limb:
    root = add(stance.pelvis, scaled(left, side * HIP_HALF))
    return reach(root, foot, THIGH, SHIN, add(unit(stance.knees), scaled(left, side * 0.12)))


def reach(root: Vec3, goal: Vec3, upper: float, lower: float, pole: Vec3) -> Limb:
    """Two bones from `root` that end at `goal`, or as near as they can; the joint between them points to `pole`."""
    line = subtract(goal, root)
    length = max(math.sqrt(dot(line, line)), 1e-6)
    axis = scaled(line, 1 / length)
    span = min(max(length, abs(upper - lower) + 1e-4), (upper + lower) * 0.9995)
    along = (upper * upper - lower * lower + span * span) / (2 * span)
    out = subtract(pole, scaled(axis, dot(pole, axis)))
    size = math.sqrt(dot(out, out))
    out = scaled(out, 1 / size) if size > 1e-6 else (0.0, 0.0, 1.0)
    rise = math.sqrt(max(upper * upper - along * along, 0.0))
    bend = add(root, scaled(axis, along), scaled(out, rise))
    return Limb(root, bend, add(root, scaled(axis, span)))
