"""The studio: films being made and talked about, on an event loop of their own beside the one that answers requests."""

from api.studio.ask import EpisodeAsk
from api.studio.studio import Studio

__all__ = ["EpisodeAsk", "Studio"]
