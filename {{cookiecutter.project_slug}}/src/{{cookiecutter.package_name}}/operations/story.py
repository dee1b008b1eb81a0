"""Level 4's part of `mlops demo`: weeks of production replay against a real endpoint, and nobody lends a hand."""

from __future__ import annotations

import click

from ..deployment.rehearsal.copied import RehearsalError
from ..story import Chapter, Figure, Stage, Told
from .policy import decisions
from .retraining import event
from .season import days, diary, picture, told
from .season.days import FOLDER, Season
from .season.diary import Entry
from .season.told import Came, figure

WIDE = 150
AFTER = 5  # steps that are watched after the new version has taken over


def season(stage: Stage) -> Told:
    """The whole season, told as it happens."""
    click.echo("")
    with days.begun(stage.root, mute) as it:
        it.first()
        came = replayed(it)
        must(it, came)
        drawn = picture.draw(came.errors, came.entries, it.comes.turns, stage.root / "reports" / "season.png")
        made = decisions.again(it.world.prod)
        figures: dict[str, Figure] = {
            **timeline(came.entries),
            "requests, of which failed": f"{it.crowd.asked:,}, {len(it.crowd.failed)}",
            "error before": figure(came.before),
            "error from the change on": figure(came.during),
            "error with the new version": figure(came.after),
            "error of the old one on the same rows": figure(came.otherwise),
            "policy decisions, each made again from its record": len(made),
        }
    return Told(words(it, came), figures, (drawn,))


def replayed(it: Season) -> Came:
    """Step by step; what is new is said at once. Ends when a new version has served for a while, or with the rows."""
    known: set[str] = set()
    left = AFTER
    for at in it.steps():
        came = told.first(it)
        for entry in diary.entries(it.world):
            if entry.line not in known:
                known.add(entry.line)
                click.echo(f"      {short(entry.line)}")
        if it.comes.turns and at == it.comes.turns:
            click.echo(f"      {at:%Y-%m-%d %H:%M}  world     roadworks begin; nobody tells the system")
        left -= came[1] is not None
        if left == 0:
            break
    return told.of(it)


def timeline(entries: tuple[Entry, ...]) -> dict[str, Figure]:
    """What happened, by moment and kind; of one kind and moment, one after the other."""
    found: dict[str, list[str]] = {}
    for it in entries:
        found.setdefault(f"{it.at:%Y-%m-%d %H:%M} {it.kind}", []).append(short(it.said))
    return {moment: "; ".join(said) for moment, said in found.items()}


def short(line: str) -> str:
    return line if len(line) <= WIDE else f"{line[: WIDE - 4]} ..."


def must(it: Season, came: Came) -> None:
    """A season that does not show what it promises fails the demo."""
    problem = ""
    if it.crowd.failed:
        problem = f"{len(it.crowd.failed)} requests failed: {it.crowd.failed[:3]}"
    elif it.comes.turns is None:
        return  # what one's own rows do is not known beforehand
    elif came.early:
        problem = "production asked for a retraining before anything had changed"
    elif came.release is None:
        problem = "no version that production asked for took over"
    elif came.release.approved != "policy.toml":
        problem = f"the policy did not answer, {came.release.approved or 'nobody'} did"
    elif not came.recovered:
        problem = f"the error did not recover: {came.after:.2f}, and {came.otherwise:.2f} with the version before"
    if problem:
        raise RehearsalError(problem, fix=f"`mlops status` in {FOLDER}")


def words(it: Season, came: Came) -> str:
    """The story in two sentences."""
    if came.release is None:
        seen = (
            "asked for a retraining, and no better version came of it" if came.signal else "saw no drift that mattered"
        )
        return f"The later half of the rows came step by step, callers asked about each, and the system {seen}."
    change = (
        "Roadworks slowed some zones, and nobody told the system." if it.comes.turns else "The world drifted by itself."
    )
    seen = "what came true" if came.signal and came.signal.kind == event.REGRESSION else "what callers sent"
    return (
        f"{change} The loop saw it in {seen}, asked for a retraining, tried the new version in the shadow, asked"
        " policy.toml, and gave it more and more callers. Since it has them all they are answered with an error of"
        f" {came.after:.3g}; the version before would have had {came.otherwise:.3g} on the same rows. No hand, and no"
        " request lost."
        f" Everything is in {FOLDER}: `mlops status`, `mlops retraining`, `mlops policy decisions` tell it there."
    )


def mute(_: str) -> None:
    """Says nothing: the diary does."""


CHAPTERS = [Chapter("A season with no hand", season)]
