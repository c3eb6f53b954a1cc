from __future__ import annotations

from tools.context import Context
from tools.declare import AssetId, Params, field, tool
from vibeboard.asset import Result
from vibeboard.model import Frozen


class Panel(Frozen):
    """One shot on the board: the frame of its take that stands for it, and its facts."""

    number: str
    heading: str
    take: AssetId
    frame: int
    facts: str
    action: str
    dialogue: tuple[str, ...] = ()


class DrawStoryboardParams(Params):
    title: str = field("Title of the film")
    panels: tuple[Panel, ...] = field("Panels in cutting order", min_length=1)
    note: str = field("Line at the foot of each page, such as what made the pictures", default="")


@tool(module="sequencer", produces="document")
async def draw_storyboard(params: DrawStoryboardParams, ctx: Context) -> Result:
    """Draw a storyboard. Outputs: `pdf`, one panel a shot, and `contact_sheet`, a PNG of all panels."""
    return await ctx.render("draw_storyboard", params)
