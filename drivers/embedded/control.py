"""The back door of the embedded network: the truth, and what it did. Never for probes."""

from dataclasses import asdict

from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from drivers.border import Border
from drivers.embedded.network import Event, Network


class Question(Border):
    """Which of these texts are censored under a condition?"""

    texts: tuple[str, ...]
    chat: str
    sender_region: str
    receiver_region: str


ANSWER = TypeAdapter(tuple[bool, ...])
"""One answer a text, in the same order."""

EVENTS = TypeAdapter(tuple[Event, ...])
"""What became of each message, in the order of sending."""


def control_application(network: Network) -> Starlette:
    """The HTTP server that answers for a network."""

    async def truth(request: Request) -> JSONResponse:
        question = Question.model_validate_json(await request.body())
        return JSONResponse(
            [
                network.is_censored(
                    text, question.chat, question.sender_region, question.receiver_region
                )
                for text in question.texts
            ]
        )

    async def events(_: Request) -> JSONResponse:
        return JSONResponse([asdict(event) for event in network.events])

    return Starlette(
        routes=[Route("/truth", truth, methods=["POST"]), Route("/events", events)],
    )
