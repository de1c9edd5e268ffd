"""Servers that answer as the services document it, over real HTTP on the loopback address."""

import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.drivers.inboxes import answers


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve an application in a thread; its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    # Inherited by connections; otherwise each answer waits 40 ms for the client's delayed ACK.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    port = listening.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@dataclass
class Waits:
    """Waits for nothing, and keeps how long it was asked to wait; the clock goes on so far."""

    asked: list[float] = field(default_factory=list)
    is_over: bool = False
    now: float = 1000.0

    def __call__(self, seconds: float) -> bool:
        self.asked.append(seconds)
        self.now += seconds
        return self.is_over

    def clock(self) -> float:
        return self.now


@dataclass
class Script:
    """A server that gives prepared answers, one after the other; the last one again and again."""

    replies: list[Response]
    requests: list[Request] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        self.requests.append(request)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def app(self) -> ASGIApp:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            # Without routes: what a proxy is asked has no path that begins with a slash.
            reply = await self.answer(Request(scope, receive))
            await reply(scope, receive, send)

        return app


def cut_off(body: bytes) -> Response:
    """An answer of which half is lost: the length is promised and not kept."""

    async def half() -> AsyncIterator[bytes]:
        yield body[: len(body) // 2]
        raise ConnectionAbortedError("cut off by the test")

    return StreamingResponse(half(), headers={"Content-Length": str(len(body))})


@dataclass
class TelegramServer:
    """The Bot API's getUpdates, after tdlib/telegram-bot-api Client.cpp, do_get_updates."""

    token: str
    chat_type: str = "supergroup"
    sees_all: bool = True
    status: str = "member"
    has_webhook: bool = False
    updates: list[dict[str, Any]] = field(default_factory=list)
    next_id: int = 700
    requests: list[Request] = field(default_factory=list)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/bot{token}/{method}", self.answer)])

    def say(
        self,
        number: int,
        text: str | None,
        *,
        sender: int = answers.SENDER_ID,
        chat: int = answers.CHAT_ID,
        kind: str = "message",
        **extra: int,
    ) -> None:
        content = answers.message(number, text, sender=sender, chat=chat, date=1_760_000_000)
        self.updates.append({"update_id": self.next_id, kind: {**content, **extra}})
        self.next_id += 1

    async def answer(self, request: Request) -> Response:
        self.requests.append(request)
        if request.path_params["token"] != self.token:
            return JSONResponse(answers.refusal(401, "Unauthorized"), 401)
        method = request.path_params["method"]
        if method == "getMe":
            return self._ok(answers.bot(sees_all=self.sees_all))
        if method == "getUpdates":
            return self._get_updates(request)
        if request.query_params["chat_id"] != str(answers.CHAT_ID):
            return JSONResponse(answers.refusal(400, "Bad Request: chat not found"), 400)
        if method == "getChat":
            return self._ok({"id": answers.CHAT_ID, "title": "T", "type": self.chat_type})
        return self._ok({"user": answers.bot(sees_all=self.sees_all), "status": self.status})

    def _get_updates(self, request: Request) -> Response:
        if self.has_webhook:
            description = (
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook "
                "to delete the webhook first"
            )
            return JSONResponse(answers.refusal(409, description), 409)
        offset = int(request.query_params.get("offset", 0))
        limit = int(request.query_params.get("limit", 100))
        assert 1 <= limit <= 100
        if offset < 0:
            self.updates = self.updates[offset:]
        elif any(update["update_id"] >= offset for update in self.updates):
            # What is before the offset is confirmed, and forgotten.
            self.updates = [each for each in self.updates if each["update_id"] >= offset]
        elif self.updates and self.updates[-1]["update_id"] + 10 >= offset:
            self.updates = []
        # Otherwise the offset lies far beyond all there is: all of it is given.
        return self._ok(self.updates[:limit])

    @staticmethod
    def _ok(result: object) -> Response:
        return JSONResponse({"ok": True, "result": result})


@dataclass
class SignalServer:
    """signal-cli-rest-api's receive: what is handed out is deleted.

    Attributes:
        replies: Answers to be given instead of what was handed out.
        has_lost: Whether something was deleted and not handed out.
    """

    mode: str = "native"
    printed: list[str] = field(default_factory=list)
    failure: str | None = None
    replies: list[Response] = field(default_factory=list)
    has_lost: bool = False
    requests: list[Request] = field(default_factory=list)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/about", self._about),
                Route("/v1/receive/{number}", self._receive),
            ]
        )

    def send(self, *received: dict[str, Any]) -> None:
        self.printed += [json.dumps(each) for each in received]

    async def _about(self, _request: Request) -> Response:
        return JSONResponse(answers.about(self.mode))

    async def _receive(self, request: Request) -> Response:
        self.requests.append(request)
        if self.mode.startswith("json-rpc"):
            error = (
                "websocket: the client is not using the websocket protocol: 'upgrade' token not "
                "found in 'Connection' header"
            )
            return JSONResponse({"error": error}, 400)
        most = int(request.query_params["max_messages"])
        printed, self.printed = self.printed[:most], self.printed[most:]
        if self.replies:
            self.has_lost |= bool(printed)
            return self.replies.pop(0)
        if self.failure is not None:
            error, self.failure = "\n".join([*printed, self.failure]), None
            return JSONResponse({"error": error}, 400)
        return PlainTextResponse(f"[{','.join(printed)}]")
