"""`mlops client generate`: the client's files from a contract, and the check that they are what they should be."""

from __future__ import annotations

from pathlib import Path

from ... import layers
from ...data import disk
from . import compatible, contract, render
from .compatible import Change
from .contract import Contract, ContractError

RUNTIME = Path(__file__).parent / "runtime"
OWN = "record.py"  # the one module that is written for a model; the others are those of `runtime`
PACKAGE = f"{layers.PACKAGE}_client"


def files(wanted: Contract) -> dict[str, str]:
    """Every file of the client, by its path below the client's folder."""
    modules = {path.name: path.read_text(encoding="utf-8") for path in sorted(RUNTIME.glob("*.py"))}
    modules[OWN] = render.record(wanted)
    return {
        contract.FILE: wanted.text,
        "README.md": render.readme(wanted, PACKAGE),
        "pyproject.toml": render.pyproject(wanted, PACKAGE),
        **{f"{PACKAGE}/{name}": text for name, text in modules.items()},
        f"{PACKAGE}/py.typed": "",
    }


def next_version(out: Path, wanted: Contract, *, breaking: bool) -> tuple[Contract, list[Change]]:
    """`wanted` with its version, and what is new against the client in `out`.

    Raises `ContractError` where that breaks callers and nobody said that it may.
    """
    if not (out / contract.FILE).is_file():
        return wanted, []
    before = contract.read(out / contract.FILE)
    found = compatible.changes(before, wanted)
    major = any(it.breaking for it in found)
    numbered = before.numbered(wanted, int(major), int(bool(found)))
    if major and not breaking:
        compatible.check(before, numbered.model_copy(update={"major": before.major}))
    return numbered, found


def write(out: Path, wanted: Contract, *, breaking: bool = False) -> tuple[Contract, list[Change]]:
    """Write the client into `out`; gives the contract with its version, and what is new in it."""
    made, found = next_version(out, wanted, breaking=breaking)
    expected = files(made)
    for name, text in expected.items():
        disk.write(out / name, text.encode("utf-8"))
    for stale in sorted((out / PACKAGE).glob("*.py")):
        if f"{PACKAGE}/{stale.name}" not in expected:
            stale.unlink()
    return made, found


def check(out: Path, wanted: Contract) -> Contract:
    """The contract of the client in `out`. Raises `ContractError` where generating would change anything."""
    before = contract.read(out / contract.FILE)
    if found := compatible.changes(before, wanted):
        lines = "".join(f"\n  {it}" for it in found)
        raise ContractError(
            f"{out} is of another contract:{lines}", fix=f"`mlops client generate --out {out}`; commit it"
        )
    expected = files(before.numbered(wanted, 0, 0))
    differing = [name for name, text in expected.items() if not same(out / name, text)]
    known = {f"{PACKAGE}/{path.name}" for path in (out / PACKAGE).glob("*.py")}
    differing += sorted(known - set(expected))
    if differing:
        wrong = f"{out} is not what would be generated: {', '.join(differing)}"
        raise ContractError(
            wrong, fix=f"`mlops client generate --out {out}`; commit it, and edit nothing there by hand"
        )
    return before


def same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode("utf-8")
