"""Who answers a live request: the deployment to which its key is dealt; where that has just died, another live one.

A deployment without live traffic, such as a mirrored one, never answers for another: nobody has released it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from ...service.problems import MEDIA_TYPE, ProblemError
from .follow import Follower, Routes
from .shares import bucket
from .targets import Target
from .wire import Answer, LostError, UnreachableError

PATIENCE = 30.0  # seconds that a request waits for a scorer, such as one that is started again
MOST_WAITING = 1_000  # requests that may wait so
MOST_LOST = 3  # scorers that may die over one request: it could be the cause


@dataclass(frozen=True, slots=True)
class Dealt:
    """`assigned` is to whom the key is dealt, `target` who answered; they differ after a retry."""

    assigned: str | None
    target: Target
    answer: Answer
    routes: Routes | None = None


@dataclass
class Counts:
    """What the dealer went through."""

    retried: int = 0
    waiting: int = 0
    gave_up: int = 0


class Dealer:
    """Deals requests by the state that is in force."""

    def __init__(self, follower: Follower, patience: float = PATIENCE, most_waiting: int = MOST_WAITING) -> None:
        self.follower, self.patience, self.most_waiting = follower, patience, most_waiting
        self.counts = Counts()

    async def deal(self, key: str, request: bytes) -> Dealt:
        """Raises `ProblemError` 503 where no deployment has traffic, or the endpoint has not come up in time."""
        routes = self.follower.routes
        own = routes.line[bucket(routes.salt, key)] if routes else None
        if own is not None and own.ready:  # nearly always
            try:
                answer = await own.ask(request)
            except (UnreachableError, LostError) as error:
                return await self.again(key, request, own, lost=isinstance(error, LostError))
            if answer.status < 500:
                return Dealt(own.name, own, answer, routes)
            return await self.elsewhere(request, own, answer, routes)
        return await self.again(key, request, own)

    async def again(self, key: str, request: bytes, own: Target | None, lost: bool = False) -> Dealt:
        """Whoever is ready, or will be in time."""
        until, died = asyncio.get_running_loop().time() + self.patience, int(lost)
        while died < MOST_LOST:
            routes = self.follower.routes
            if routes is not None and not routes.live:
                raise ProblemError(503, "no deployment has traffic: `mlops endpoint route` gives it")
            ready = [it for it in routes.live if it.ready] if routes else []
            if routes is None or not ready:
                if not await self.wait(until):
                    return self.gave_up(own, routes, 503, f"no scorer was ready within {self.patience:g} s")
                continue
            dealt = routes.line[bucket(routes.salt, key)]
            target = dealt if dealt in ready else ready[0]
            own = own or dealt
            self.counts.retried += 1
            try:
                answer = await target.ask(request)
            except (UnreachableError, LostError) as error:
                died += isinstance(error, LostError)
                continue
            return Dealt(own.name if own else None, target, answer, routes)
        return self.gave_up(own, self.follower.routes, 502, f"{died} scorers broke off over this request")

    async def elsewhere(self, request: bytes, own: Target, failed: Answer, routes: Routes | None) -> Dealt:
        """A failure may be the model's own: another live deployment is asked, once each."""
        for other in routes.live if routes else ():
            if other is not own and other.ready:
                self.counts.retried += 1
                try:
                    answer = await other.ask(request)
                except (UnreachableError, LostError):
                    continue
                if answer.status < 500:
                    return Dealt(own.name, other, answer, routes)
        return Dealt(own.name, own, failed, routes)

    async def wait(self, until: float) -> bool:
        """Until something has changed; False where the time is up, or too many wait already."""
        if self.counts.waiting >= self.most_waiting:
            return False
        self.counts.waiting += 1
        try:
            async with asyncio.timeout_at(until):
                await self.follower.moved.wait()
        except TimeoutError:
            return False
        finally:
            self.counts.waiting -= 1
        return True

    def gave_up(self, own: Target | None, routes: Routes | None, status: int, why: str) -> Dealt:
        """An answer of our own, under the name of the deployment that should have given it."""
        self.counts.gave_up += 1
        target = own or (routes.live[0] if routes and routes.live else None)
        if target is None:
            raise ProblemError(status, why, headers={"Retry-After": "1"})
        return Dealt(target.name, target, problem(status, why), routes)

    async def forced(self, name: str, request: bytes) -> Dealt:
        """The deployment that the caller names, and no other. Raises `ProblemError` 404 where there is none such."""
        target = self.follower.named(name)
        if target is None:
            there = ", ".join(sorted(self.follower.committed.deployments)) or "none"
            raise ProblemError(404, f"there is no deployment {name!r}; there are: {there}")
        until = asyncio.get_running_loop().time() + self.patience
        while not target.ready:
            if not target.was_ready or not await self.wait(until):
                return Dealt(None, target, problem(503, f"deployment {name} is not ready: {target.why}"))
        try:
            return Dealt(None, target, await target.ask(request))
        except (UnreachableError, LostError) as error:
            return Dealt(None, target, problem(502, f"deployment {name} did not answer: {error}"))


def problem(status: int, why: str) -> Answer:
    """A refusal of our own."""
    return Answer(
        status, [(b"content-type", MEDIA_TYPE.encode()), (b"retry-after", b"1")], ProblemError(status, why).body()
    )
