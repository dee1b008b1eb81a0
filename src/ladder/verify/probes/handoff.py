"""The model on its way: what is handed over, how it is examined, what is kept of that."""

from __future__ import annotations

import re

from ..facts import Facts
from ..seen import Seen, every, no, unknown, yes

SAVES = (
    r"\bskops\.io\.dumps?\(|\bjoblib\.dump\(|\bpickle\.dumps?\(|\.save_model\(|\bsave_model\("
    r"|\.log_model\(|torch\.save\(|\.to_onnx\("
)
CARRIES = r"signature\s*=|input_example\s*=|schema\.json|model_dump\("
CHECKS = r"(^|/)(?:check|check_\w+|verify_\w+|hand_?off)\.py$"
AT_HAND = r"hand_?off|accept|register|check|package|artifact|export|bundle"


def handoff_is_checked(it: Facts) -> Seen:
    saved = it.code.says("", SAVES)
    if not saved:
        return no("no code writes a model to a file")
    digest = it.code.refusals(AT_HAND, r"checksum|sha256|digest")
    if not digest:
        return unknown(
            f"{saved[0]} writes a model; whether that says what goes in and out, only loading it would tell", *saved[:3]
        )
    return every(
        yes(f"{saved[0]} writes the model", *saved[:3]),
        carries(it, saved),
        yes(f"{digest[0].place} refuses another digest", digest[0].module.path),
        it.refuses("other answers than the recorded ones", CHECKS, r"sample|recorded answer|golden|expected"),
    )


def carries(it: Facts, saved: list[str]) -> Seen:
    """Inputs and outputs are written with the model."""
    found = it.code.says("", CARRIES)
    near = [name for name in found if name in saved] or found
    return (
        yes(f"with its schema ({near[0]})", near[0]) if near else no("nothing says what goes in and out of the model")
    )


def model_is_accepted(it: Facts) -> Seen:
    return it.refuses(
        "a hand-off of which a check did not pass", r"accept", r"not all\(|failed|\.passed|invalid|outcome\b.*:.*refus"
    )


def acceptance_is_recorded(it: Facts) -> Seen:
    wanted = {"digest": r"digest|sha256", "by": r"^by$|accepted_by|signer|owner", "at": r"^at$|date|when|accepted_at"}
    for module in it.code.find(r"accept"):
        missing = [name for name, words in wanted.items() if not any(re.search(words, key) for key in module.keys)]
        if not missing:
            served = it.refuses(
                "to serve what nobody accepted",
                r"store|serve|accept|load",
                r"accepted model|record is None|not accepted",
            )
            return every(yes(f"{module.path} records digest, person and time", module.path), served)
        if len(missing) < len(wanted):
            return no(f"the record of {module.path} lacks {', '.join(missing)}", module.path)
    return no("no code records who accepted which model")


PROBES = (handoff_is_checked, model_is_accepted, acceptance_is_recorded)
