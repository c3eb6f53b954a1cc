"""A service in this process, for tests that put something of their own in its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from api.security.rates import Rates
from api.service import Service
from api.studio import Studio
from storage.configured import service_store
from vibeboard.settings import Settings


@contextmanager
def service_in(home: Path) -> Iterator[Service]:
    settings = Settings()
    with closing(service_store(home, settings)) as store:
        yield Service(store, settings, Studio(store, settings), True, Rates(settings.rate_per_minute))
