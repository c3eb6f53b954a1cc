"""How long a job can wait at most, known when it is submitted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from gpu_runtime.tickets import Policy, Ticket

Cold = Callable[[Ticket], float]


def batch_bound(ticket: Ticket, older: Sequence[Ticket], policy: Policy, cold: Cold) -> float:
    """Seconds from the submission of a batch or final `ticket` until it begins, interactive work not counted, if jobs
    take as long as they say. `older` waits already or runs; `cold` is the setup when nothing is resident.

    Write A, G, P for the age cap, the gate and the step of the policy, and let x be the ticket.

    1. For A seconds anything may go before x. Then x is aged, and a job that is not older than x begins only within a
       gate that was opened for somebody older than x, or that was open when x became aged.
    2. That open gate ends at the latest when its time is up and the job at work has come to a step and has either made
       way or had no more left than another step: G + S + 2P, where S is the longest setup.
    3. From then on each gate is opened for the oldest aged job, which is x or older. Jobs of a gate are the oldest of
       their family, so those of family f that are older than x, with work W_f, take at most n_f gates: two successive
       gates of a family hold more than G together (the first job of the second did not fit into the first), hence
       n_f <= 2 W_f / G + 1, and at most one gate a job. Each costs a setup S_f.
    4. Jobs younger than x get into a gate of f only after all older ones of f are in it, which happens once; they take
       at most G + 2P. In the family of x itself none goes before x.

    Together: A + (G + S + 2P) + sum over f of (W_f + n_f S_f) + sum over f other than x's of (G + 2P), and the setup of
    x itself.

    Setups within a gate (an adapter, a text encoder that comes and goes) belong to the seconds that jobs say.
    """
    gate = policy.gate_s + 2 * policy.step_s
    families: defaultdict[str, list[Ticket]] = defaultdict(list)
    for other in older:
        families[other.family].append(other)
    longest_setup = max(cold(one) for one in (ticket, *older))
    bound = policy.age_cap_s + gate + longest_setup
    for family, tickets in families.items():
        bound += _served(tickets, policy, cold) + (0.0 if family == ticket.family else gate)
    return bound + cold(ticket)


def interactive_bound(ticket: Ticket, ahead: Sequence[Ticket], policy: Policy, cold: Cold) -> float:
    """The same for an interactive ticket, interactive work that comes later not counted: what runs comes to a step and
    makes way, unless less of it is left than a setup takes; then goes, one after the other, what is `ahead`."""
    setups = [cold(one) for one in (*ahead, ticket)]
    return max(policy.step_s, *setups) + sum(one.seconds for one in ahead) + sum(setups)


def _served(tickets: Sequence[Ticket], policy: Policy, cold: Cold) -> float:
    work = sum(one.seconds for one in tickets)
    gates = min(len(tickets), int(2 * work / policy.gate_s) + 1)
    return work + gates * max(cold(one) for one in tickets)
