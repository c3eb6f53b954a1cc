"""`vibeboard serve`: the service, and unless told otherwise workers of its own."""

from __future__ import annotations

import gc
import ipaddress
import shutil
import socket
import sys
from contextlib import closing
from pathlib import Path

import uvicorn
from rich.console import Console

from api.app import create_app, guarded
from api.live.commands import MOST_BYTES
from api.own_workers import OwnWorkers
from api.patience import SOON_S
from api.security.rates import Rates
from api.service import Service
from api.studio import Studio
from gpu_runtime.stock import leaving_to
from storage.configured import service_store
from storage.locks import working
from vibeboard.faults import Rejected
from vibeboard.logs import set_up_logs
from vibeboard.settings import Settings
from vibeboard.traces import set_up_traces

DRAIN_S = 10
"""Seconds that connections have to end by themselves."""
SWITCH_S = 0.0005
"""So long a thread computes while another waits to; Python's own 5 ms are waited at every step of an answer from one
thread to the next while films are planned (`benchmarks.load`)."""


def serve(home: Path | None, host: str, port: int, *, tokens: bool, workers: bool, console: Console) -> None:
    """Serve until interrupted; what is at work then is carried on by the next `serve`.

    Raises:
        Rejected: it would listen beyond this machine without tokens, or the port is taken.
    """
    settings = Settings()
    set_up_logs(settings)
    set_up_traces(settings)
    home = home or settings.home_folder
    _sweep(home)
    with (
        closing(service_store(home, settings, SOON_S)) as store,
        store.written(),
        working(home),
        leaving_to(store.queue.workers, store.queue.last_stocks),
    ):
        single_user = not tokens
        must_be_safe(host, single_user=single_user)
        studio = Studio(store, settings)
        own = OwnWorkers(studio) if workers else None
        service = Service(store, settings, studio, single_user, Rates(settings.rate_per_minute), own)
        app = create_app(service)
        listening = _listen(host, port)
        shown = f"http://{host}:{listening.getsockname()[1]}"
        who = "for the person at this machine only; no token is needed" if single_user else "to who has a token"
        console.print(
            f"VibeBoard answers at {shown}, {who}. Films are in {home}. Ctrl-C ends it.",
            highlight=False,
            soft_wrap=True,
        )
        config = uvicorn.Config(
            guarded(app),
            log_config=None,
            timeout_graceful_shutdown=DRAIN_S,
            ws="websockets-sansio",
            ws_max_size=MOST_BYTES,
            ws_per_message_deflate=False,
        )
        _pause_seldom()
        uvicorn.Server(config).run(sockets=[listening])


def _pause_seldom() -> None:
    """Keep what holds up every answer at once short. A full garbage collection looks at each object that there is, for
    0.2 s with all the libraries, and comes with every script that is planned; what is loaded by now is left out of it.
    """
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()


def _sweep(home: Path) -> None:
    """Clear what a killed process left half-written in the home, unless another may be writing there."""
    with working(home, alone=True) as nobody_writes:
        if nobody_writes:
            shutil.rmtree(home / "scratch", ignore_errors=True)


def must_be_safe(host: str, *, single_user: bool) -> None:
    """
    Raises:
        Rejected: everybody who reaches this machine would be let in.
    """
    if single_user and not _is_loopback(host):
        message = f"--host {host} is open to others: add --tokens, so that only who has a token is let in"
        raise Rejected("unsafe_listen", message)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()  # who calls as soon as the address is shown waits, and is not refused
    except OSError as error:
        listening.close()
        raise Rejected(
            "port_taken", f"cannot listen at {host}:{port} ({error.strerror}): choose another --port"
        ) from None
    return listening
