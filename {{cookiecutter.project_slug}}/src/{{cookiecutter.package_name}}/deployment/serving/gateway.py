"""The gateway: one address before the scorers of all deployments. It deals, forwards, retries, copies and notes."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import asdict, replace
from datetime import UTC
from typing import Any

from pydantic_core import to_json
from starlette.types import Receive, Scope, Send

from ...clock import Clock
from ...service import stamp
from ...service.problems import ProblemError, answer
from . import calls, outcomes
from .calls import Headers
from .dealer import Dealer, Dealt
from .follow import Follower
from .intake import Intake
from .lines import Note
from .mirror import Mirror
from .outcomes import Outcomes
from .records import Recorder
from .shares import bucket
from .wire import Answer, Header

SCORE, BATCH = "/score", "/score/batch"
JSON: Header = (b"content-type", b"application/json")


class Gateway:
    """The ASGI application. With `replay` a caller may say when it is, which only a replay of the past should."""

    def __init__(
        self, follower: Follower, recorder: Recorder, kept: Outcomes, intake: Intake, clock: Clock, replay: bool = False
    ) -> None:
        self.follower, self.recorder, self.outcomes, self.intake = follower, recorder, kept, intake
        self.clock, self.replay = clock, replay
        self.dealer, self.tokens = Dealer(follower), calls.Tokens()
        self.mirror = Mirror(self.shadowed)
        self.answered: Counter[tuple[str, int]] = Counter()
        self.own = {
            ("POST", "/outcomes"): self.take_outcomes,
            ("GET", "/status"): self.tell,
            ("GET", "/health/live"): self.live,
            ("GET", "/health/ready"): self.ready,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = (stamp.given(scope) or b"").decode() or self.tokens.take(16)
        headers: dict[bytes, bytes] = dict(scope["headers"])
        try:
            if scope["method"] == "POST" and scope["path"] in (SCORE, BATCH):
                await self.score(scope, headers, receive, send, request_id)
            else:
                await self.other(scope, headers, receive, send, request_id)
        except ProblemError as problem:
            problem.headers["X-Request-ID"] = request_id
            await answer(problem, request_id)(scope, receive, send)

    async def score(self, scope: Scope, headers: Headers, receive: Receive, send: Send, request_id: str) -> None:
        """`POST /score` and `/score/batch`: forwarded as they are, answered as the scorer answers, then noted."""
        self.intake.check(headers)
        raw = await self.intake.read(receive)
        if raw is None:
            return
        began, at = time.perf_counter(), self.time(headers)
        batch = scope["path"] == BATCH
        record = None if batch else calls.parsed(raw)
        entity = calls.entity_of(headers, record, self.follower.entity)
        request = calls.forwarded(scope, headers, raw, request_id)
        name = headers.get(calls.FORCED)
        if name is None:
            dealt = await self.dealer.deal(entity or request_id, request)
        else:
            dealt = await self.dealer.forced(name.decode("latin-1"), request)
        took = (time.perf_counter() - began) * 1000
        said, stored = calls.split(dealt.answer)
        event, it = self.tokens.take(32), dealt.target.deployment
        ids = [(b"x-request-id", request_id.encode()), (b"x-event-id", event.encode())]
        await calls.reply(send, said, [*dealt.target.headers, *ids])
        self.answered[it.name, said.status] += 1
        note = Note(
            event, at, request_id, it.name, it.version, it.digest, dealt.assigned, entity, False, name is not None,
            said.status, took, batch, raw, record, said.body, stored,
        )  # fmt: skip
        self.recorder.put(note)
        self.copied(dealt, request, note)

    def copied(self, dealt: Dealt, request: bytes, note: Note) -> None:
        """Send a copy to the mirrored deployment, if this request is one of its share."""
        if dealt.routes is not None:
            for target, share in dealt.routes.mirrors:
                if bucket(dealt.routes.mirror_salt, note.request) < share:
                    self.mirror.copy(target, request, note)

    def shadowed(self, note: Note, answer: Answer) -> None:
        """Note what a mirrored deployment answered."""
        said, stored = calls.split(answer)
        self.recorder.put(replace(note, answer=said.body, stored=stored))

    def time(self, headers: Headers) -> str:
        """When the request is, in UTC."""
        at = calls.moment(headers) if self.replay else None
        return (at or self.clock.now().astimezone(UTC)).isoformat(timespec="milliseconds")

    async def other(self, scope: Scope, headers: Headers, receive: Receive, send: Send, request_id: str) -> None:
        """Our own paths; all else is asked of the deployment with most traffic, or of the one that is named."""
        own = self.own.get((scope["method"], scope["path"]))
        raw, mine = await self.intake.read(receive), [(b"x-request-id", request_id.encode())]
        if raw is None:
            return
        if own is not None:
            status, content = await own(headers, raw)
            await calls.reply(send, Answer(status, [JSON], to_json(content)), mine)
            return
        if scope["method"] == "HEAD":
            raise ProblemError(405, "this path takes other methods")
        request = calls.forwarded(scope, headers, raw, request_id)
        routes = self.follower.routes
        name = headers.get(calls.FORCED, routes.live[0].name.encode() if routes and routes.live else b"")
        if not name:
            raise ProblemError(503, "no deployment has traffic: `mlops endpoint route` gives it")
        dealt = await self.dealer.forced(name.decode("latin-1"), request)
        await calls.reply(send, dealt.answer, [*dealt.target.headers, *mine])

    # --- our own paths: headers and body -> status and content

    async def take_outcomes(self, headers: Headers, raw: bytes) -> tuple[int, dict[str, Any]]:
        self.intake.check(headers)
        found = outcomes.parse(raw)
        try:
            return 200, {"kept": await asyncio.to_thread(self.outcomes.add, found)}
        except OSError as error:
            raise ProblemError(503, f"the outcomes cannot be kept: {error.strerror or error}") from None

    async def live(self, headers: Headers, raw: bytes) -> tuple[int, dict[str, Any]]:  # noqa: ARG002
        return 200, {"status": "alive"}

    async def ready(self, headers: Headers, raw: bytes) -> tuple[int, dict[str, Any]]:  # noqa: ARG002
        routes = self.follower.routes
        able = routes is not None and any(it.ready for it in routes.live)
        number = routes.state.number if routes else None
        return (200 if able else 503), {"status": "ready" if able else "not ready", "state": number}

    async def tell(self, headers: Headers, raw: bytes) -> tuple[int, dict[str, Any]]:  # noqa: ARG002
        """What an operator and the release ask."""
        self.intake.check(headers)
        routes, follower = self.follower.routes, self.follower
        targets = {it.name: it for it in (follower.named(name) for name in follower.committed.deployments) if it}
        return 200, {
            "in_force": routes.state.number if routes else None,
            "committed": follower.committed.number,
            "waits_for": follower.waits_for,
            "ready": {name: it.ready for name, it in targets.items()},
            "not_ready": {name: it.why for name, it in targets.items() if not it.ready},
            "answered": {f"{name} {status}": count for (name, status), count in sorted(self.answered.items())},
            "dealer": asdict(self.dealer.counts),
            "mirror": {**asdict(self.mirror.copied), "waiting": self.mirror.waiting.qsize()},
            "records": {**asdict(self.recorder.kept), "waiting": len(self.recorder.waiting)},
        }
