"""A request in words, for the page of the job that has read it."""

from winnow.markup.blocks import Block, Line, prose
from winnow.release.record import Request

_ASKED = {"promote": "is to be promoted to", "deploy": "is to be deployed to"}


def refusal_blocks(message: str) -> list[Block]:
    """Return what there is to say of an event that asks for something that cannot be."""
    return [Block("The request was refused", [(prose(message),)], symbol="❌")]


def request_blocks(request: Request) -> list[Block]:
    """Return what was asked for."""
    if request.action == "none":
        return [Block("Nothing to release", [(prose(request.reason),)], symbol="⏭️")]
    told: list[Line] = [("asked for by ", prose(request.reason))]
    return [Block(f"{request.model} {_ASKED[request.action]} {request.stage}", told, symbol="🚀")]
