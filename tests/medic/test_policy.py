"""What is waited for, for how long, and what is for a person at once."""

from __future__ import annotations

import pytest

from agents.medic import Action, decide
from gpu_runtime.engine import Engine, best
from gpu_runtime.executor import fault_of
from tools.declare import registry
from vibeboard.faults import Fault, FaultKind

LINE = registry()["speak_line"]
ARGS = {"text": "Not here.", "speaker": "ANN", "voice": "on", "frames": 24, "fps": {"num": 24, "den": 1}}


def after(fault: Fault, failures: int) -> list[float | None]:
    """The waits after each failure; None where it stops."""
    decisions = [decide(fault, ARGS, LINE, best("speak_line"), attempt) for attempt in range(1, failures + 1)]
    assert all(decision.args == ARGS for decision in decisions)
    return [decision.wait_s if decision.action is Action.RETRY else None for decision in decisions]


def passing(code: str, message: str = "", **more: object) -> Fault:
    return Fault(kind=FaultKind.TRANSIENT, code=code, message=message, **more)


def test_waits_double_and_end():
    assert after(passing("network"), 4) == [0.5, 1.0, 2.0, None]


def test_a_hang_is_tried_once_more_and_memory_twice():
    assert after(passing("hang"), 2) == [0.5, None]
    assert after(passing("out_of_memory"), 3) == [2.0, 4.0, None]


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (passing("rate_limit", retry_after_s=12.5), 12.5),
        (passing("rate_limit", "slow down, retry after 30 s"), 30.0),
        (passing("rate_limit", "please try again in 2 minutes"), 120.0),
        (passing("llm", "tokens per minute (1039)"), 2.0),
        (passing("rate_limit", "429 Too Many Requests, Retry-After: 30"), 30.0),
        (passing("rate_limit", "retry after 1m30s"), 90.0),
        (passing("rate_limit", "Try again in 1 minute 10 seconds."), 70.0),
        (passing("rate_limit", '{"retry_after": 12}'), 12.0),
        (passing("rate_limit", "retry_after_ms: 12000"), 12.0),
        (passing("rate_limit", "the limit resets in 45 sec"), 45.0),
        (passing("rate_limit", "cooldown of 40 seconds"), 40.0),
        (passing("rate_limit", "a slot is available in 25s"), 25.0),
    ],
)
def test_who_asks_to_be_left_alone_is_left_alone_that_long(fault, wait):
    assert after(fault, 1) == [wait]


def test_who_asks_for_an_hour_is_for_a_person():
    assert after(passing("rate_limit", retry_after_s=3600), 1) == [None]


@pytest.mark.parametrize(
    "message",
    ["retry after 2 hours", "try again in 1 day", "Retry-After: 7200", "come back in 3 h", "try again tomorrow"],
)
def test_who_says_so_in_words_is_for_a_person_too(message):
    assert after(passing("rate_limit", message), 1) == [None]


@pytest.mark.parametrize("code", ["1004", "1008", "1026", "1027", "2049", "auth", "content_policy", "402"])
@pytest.mark.parametrize("kind", [FaultKind.TRANSIENT, FaultKind.REPAIRABLE, FaultKind.REJECTED])
def test_keys_money_and_refused_content_are_never_tried_again_whatever_their_kind(code, kind):
    fault = Fault(kind=kind, code=code, message="please rewrite the prompt")
    decision = decide(fault, {**ARGS, "frames": "24 frames"}, LINE, best("speak_line"), 1)
    assert (decision.action, decision.changes, decision.message) == (Action.STOP, (), "please rewrite the prompt")


@pytest.mark.parametrize(
    "code",
    [
        *("content_policy_violation", "moderation_blocked", "insufficient_quota", "quota_exceeded", "invalid_api_key"),
        *("authentication_error", "PermissionDenied", "MINIMAX-1008", "20132", "http_401"),
        *("llm_auth", "llm_policy", "llm_balance", "llm_budget"),
    ],
)
def test_every_name_for_keys_money_and_refused_content_stops(code):
    assert after(passing(code, "x"), 1) == [None]


@pytest.mark.parametrize(
    "message",
    [
        "insufficient balance (1008)",
        "insufficient balance (1008).",
        "login fail (1004), please check",
        "output new_sensitive (1027) [trace 06ab]",
        "status_code=1008 insufficient balance",
        "base_resp: {'status_code': 1026}",
        "HTTP 401 for this key",
        "403 Forbidden",
    ],
)
def test_a_providers_code_counts_wherever_it_stands_in_the_message(message):
    assert after(passing("llm_unavailable", message), 1) == [None]


def test_a_size_in_brackets_is_no_providers_code():
    assert after(passing("network", "the frame of width (1008) was lost"), 1) == [0.5]


@pytest.mark.parametrize("kind", [FaultKind.TRANSIENT, FaultKind.REJECTED, FaultKind.BUG, FaultKind.REPAIRABLE])
def test_a_request_that_the_provider_does_not_take_is_repaired_whatever_its_kind(kind):
    fault = Fault(kind=kind, code="x", message="invalid params, frames must be an integer (2013)")
    decision = decide(fault, {**ARGS, "frames": "24 frames"}, LINE, best("speak_line"), 1)
    assert (decision.action, decision.args["frames"]) == (Action.REPAIR, 24)


@pytest.mark.parametrize(
    ("message", "wait"),
    [
        ("RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB", 2.0),
        ("openai.RateLimitError: Error code: 429", 2.0),
        ("HTTP 503 Service Unavailable", 0.5),
        ("ssl.SSLError: EOF occurred", 0.5),
        ("socket.gaierror: [Errno -3] Temporary failure in name resolution", 0.5),
        ("RuntimeError: not a number in the latents", None),
    ],
)
def test_what_nobody_classified_is_tried_again_if_it_says_that_it_passes(message, wait):
    assert after(Fault(kind=FaultKind.BUG, code="bug", message=message), 1) == [wait]


def test_a_lost_connection_that_nobody_classified_is_tried_again_and_a_bug_is_not():
    assert after(fault_of(ConnectionResetError("reset by peer")), 1) == [0.5]
    assert after(fault_of(KeyError("x")), 1) == [None]


def test_a_wrong_result_gets_another_seed_only_if_nobody_asked_for_this_one():
    shot = {"seed": 7, "prompt": "x"}
    tool, engine = registry()["generate_shot"], best("generate_shot")
    fault = passing("bad_result", "the picture is black")
    kept = decide(fault, shot, tool, engine, 1)
    fresh = decide(fault, shot, tool, engine, 1, free={"seed"})
    assert (kept.action, kept.args) == (Action.RETRY, shot)
    assert fresh.action is Action.REPAIR
    assert [(change.path, change.declared) for change in fresh.changes] == [("seed", True)]
    assert fresh.args["prompt"] == "x"
    assert decide(fault, shot, tool, engine, 2, free={"seed"}).action is Action.STOP


def test_a_broken_file_is_made_again_with_the_same_seed():
    decision = decide(
        passing("broken_result"), {"seed": 7}, registry()["generate_shot"], best("generate_shot"), 1, free={"seed"}
    )
    assert (decision.action, decision.args) == (Action.RETRY, {"seed": 7})


@pytest.mark.parametrize(
    ("error", "frames", "wanted"),
    [
        (ValueError("num_frames must be 4k+1"), 24, 25),
        (ValueError("frames: 4n + 1 expected"), 25, None),
        (ValueError("the lens is dirty"), 24, None),
    ],
)
def test_what_an_engine_elsewhere_says_of_lengths_is_believed(error, frames, wanted):
    engine = Engine(name="far", task="speak_line", revision=1, implementation="a:b", summary="")
    decision = decide(fault_of(error), {**ARGS, "frames": frames}, LINE, engine, 1)
    assert decision.args.get("frames") == (wanted or frames)
    assert (decision.action is Action.REPAIR) == (wanted is not None)
