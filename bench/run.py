"""`make bench`: what people wait for, serving beside MLflow and a static answer, the figures of Levels 2 to 4."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

if __package__ in (None, ""):  # started as a file: the folder above holds the package
    sys.path.insert(0, str(Path(__file__).parent.parent))

from bench import deployment, operations, serving, setting, timings, training, upgrade
from bench.serving import CONCURRENCY, MLFLOW, OURS, SIZES, STATIC, Cell
from bench.timings import Timing

AIM_RATE, AIM_P50 = 20.0, 3.0


@click.command()
@click.option("--skip-serving", is_flag=True, help="No requests to servers.")
@click.option("--skip-timings", is_flag=True, help="No emission, help, training and climbs.")
@click.option("--skip-training", is_flag=True, help="No pipeline, join and events.")
@click.option("--skip-deployment", is_flag=True, help="No load on the endpoint, verdicts and batches.")
@click.option("--skip-operations", is_flag=True, help="No drift checks, killed loop and releases by itself.")
def main(
    skip_serving: bool, skip_timings: bool, skip_training: bool, skip_deployment: bool, skip_operations: bool
) -> None:
    """Measure, print Markdown, keep the figures in build/bench/results.json."""
    if not skip_deployment:
        deployment.require()
    if not skip_operations:
        operations.require()
    setting.prepare()
    waits = [] if skip_timings else [*timings.run(), *upgrade.climbs()]
    cells, difference = ({}, 0.0) if skip_serving else serving.run()
    level_2 = [] if skip_training else training.run()
    level_3 = [] if skip_deployment else deployment.run()
    level_4 = [] if skip_operations else operations.run()
    where = setting.machine()
    text = [f"Machine: {where}", "", *waiting(waits), *level_2, *level_3, *level_4]
    if cells:
        text += ["", *speed(cells), "", f"Same model: greatest difference over 1,000 rows {difference:.1e}."]
    click.echo("\n".join(["", *text]))
    results = {"machine": where, "timings": [asdict(one) for one in waits], "serving": as_json(cells)}
    (setting.BUILD / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def waiting(waits: list[Timing]) -> list[str]:
    """What people wait for, beside the aims."""
    rows = [f"| {one.name} | {one.seconds:.2f} s | < {one.aim:g} s | {met(one.seconds < one.aim)} |" for one in waits]
    return ["| what | median | aim | |", "| --- | ---: | ---: | --- |", *rows]


def speed(cells: dict[tuple[int, int, str], Cell]) -> list[str]:
    """Requests a second and p50 by server, and the two ratios."""
    names = "static /s", "ours /s", "MLflow /s", "static p50", "ours p50", "MLflow p50", "ours : MLflow", "p50 : static"
    rows = [f"| rows | at once | {' | '.join(names)} |", "| ---: " * 10 + "|"]
    for size in SIZES:
        for concurrency in CONCURRENCY:
            found = [cells[size, concurrency, name] for name in (STATIC, OURS, MLFLOW)]
            rates = " | ".join(f"{one.rate:,.0f}" for one in found)
            waits = " | ".join(f"{one.p50 * 1000:.2f} ms" for one in found)
            gain, cost = found[1].rate / found[2].rate, found[1].p50 / found[0].p50
            rows.append(f"| {size:,} | {concurrency} | {rates} | {waits} | {gain:.1f}x | {cost:.2f}x |")
    gains = [cells[1, at, OURS].rate / cells[1, at, MLFLOW].rate for at in CONCURRENCY]
    costs = [cells[1, at, OURS].p50 / cells[1, at, STATIC].p50 for at in CONCURRENCY]
    rows += ["", f"One row, throughput against MLflow: {min(gains):.0f} to {max(gains):.0f} times, aim {AIM_RATE:g}: "]
    rows[-1] += met(min(gains) >= AIM_RATE)
    rows += [
        f"One row, p50 against the static answer: {min(costs):.1f} to {max(costs):.1f} times, aim below {AIM_P50:g}: "
    ]
    rows[-1] += met(max(costs) < AIM_P50)
    return rows


def met(good: bool) -> str:
    return "met" if good else "NOT MET"


def as_json(cells: dict[tuple[int, int, str], Cell]) -> list[dict[str, object]]:
    return [{"rows": rows, "concurrency": at, "server": name, **asdict(one)} for (rows, at, name), one in cells.items()]


if __name__ == "__main__":
    main()
