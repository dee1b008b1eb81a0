"""Where drills are held: a season in a copy of the repo, and claims that must come true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...deployment.release import journal as releases
from ...errors import MlopsError
from ..alerts import journal as alerts
from ..retraining import asked
from ..retraining.asked import RETRAIN
from ..season import days
from ..season.days import Season

FOLDER = Path("workspaces", "drill")
LAST = 500
Echo = Callable[[str], None]


class DrillError(MlopsError):
    """What must happen under a fault did not."""


@dataclass
class Floor:
    """A running system, with what was claimed of it by now."""

    season: Season
    echo: Echo

    def claim(self, held: bool, said: str) -> None:
        """Say what was seen, or fail the drill with it."""
        if not held:
            fix = f"look around in {FOLDER}: `mlops status`, `mlops alerts --all`"
            raise DrillError(f"this must be true and is not: {said}", fix=fix)
        self.echo(f"  seen: {said}")

    def fault(self, said: str) -> None:
        self.echo(f"  fault: {said}")

    def until(self, come: Callable[[], bool], said: str, most: int) -> None:
        """Let steps pass until something has come; a claim that it does within `most` of them."""
        for number, at in enumerate(self.season.steps(), 1):
            if come():
                return self.claim(True, f"{said} ({number} steps later, {at:%Y-%m-%d})")
            if number >= most:
                break
        return self.claim(False, f"{said} within {most} steps")

    def alert(self, kind: str) -> bool:
        """Whether an alert of a kind stands."""
        return any(it.kind == kind for it in alerts.standing(self.season.world.prod))

    def retrainings(self) -> int:
        """How many runs production has asked for."""
        return sum(it.action == RETRAIN for it in asked.history(self.season.world.dev, LAST))

    def released(self) -> list[str]:
        """How releases ended, newest first."""
        return [it.status for it in releases.latest(self.season.world.prod, LAST)]

    def champion(self) -> str:
        """The digest that answers callers."""
        now = self.season.world.endpoint.current()
        return ",".join(sorted(now.deployments[name].digest for name in now.traffic))

    def answered(self) -> None:
        """Nobody was left without an answer."""
        crowd = self.season.crowd
        self.claim(
            not crowd.failed, f"{crowd.asked:,} requests, {len(crowd.failed)} failed {crowd.failed[:2] or ''}".strip()
        )


@contextmanager
def held(root: Path, echo: Echo, *, turning: bool) -> Iterator[Floor]:
    """A copy at work whose first version serves."""
    with days.begun(root, lambda _: None, FOLDER, turning=turning) as season:
        season.first()
        echo("  a copy is at work, and its first version serves")
        yield Floor(season, echo)
