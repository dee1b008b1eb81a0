"""A contract -> the text of the client's own module, and what goes around it. The same contract, the same bytes."""

from __future__ import annotations

import json
import keyword

from .contract import Contract, Input

TYPES = {"timestamp": "datetime | str", "numeric": "float", "categorical": "str", "boolean": "bool"}
HEAD = '''"""What the service takes and gives, contract {version}. `mlops client generate` overwrites it."""

from __future__ import annotations

{imports}
CONTRACT = "{version}"
'''
PREDICTION = '''

@dataclass(frozen=True)
class Prediction:
    """A prediction. `event_id` names it to `report_outcome`, and is empty where no record is kept."""

    value: Outcome
    model: str
    event_id: str = ""
    deployment: str = ""
    request_id: str = ""
'''
README = """# {package}

A typed client of the {target} predictions, for Python 3.11 and newer; it needs the standard library only.
Contract {version}, written by `mlops client generate`: do not edit, generate.

```python
from {package} import Client, InvalidRecordError, Record

record: Record = {{...}}
with Client("https://host:port", "the key") as client:
    prediction = client.predict(record)  # or predict_many(records)
    client.report_outcome(prediction.event_id, ...)  # once it is known what came true
```

| input | what it may be |
| --- | --- |
{rows}
A prediction's `value` is {answer}.

Errors: `InvalidRecordError` (its `findings` name field, value and reason), `UnauthorizedError`, `DeadlineError`,
`UnavailableError` (later it may work), `UnreachableError`; all are `ClientError`. A lost connection is tried once more.
"""
PYPROJECT = """[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "{version}"
description = "A typed client of the {package} service"
requires-python = ">=3.11"

[tool.hatch.build.targets.wheel]
packages = ["{package}"]
"""


def record(contract: Contract) -> str:
    """`record.py`."""
    body = as_class(contract) if all(simple(it.name) for it in contract.inputs) else as_call(contract)
    head = HEAD.format(version=contract.version, imports=imports(contract))
    return head + output(contract) + body + prediction(contract)


def simple(name: str) -> bool:
    """Can it be the name of an attribute?"""
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")


def imports(contract: Contract) -> str:
    """What the module needs."""
    found = ["from dataclasses import dataclass"]
    if contract.task != "regression":
        found = ["from collections.abc import Mapping", "from dataclasses import dataclass, field"]
    if any(it.kind == "timestamp" for it in contract.inputs):
        found.append("from datetime import datetime")
    names = ["TypedDict"] + (["NotRequired"] if any(it.optional for it in contract.inputs) else [])
    names += ["Literal"] if contract.classes else []
    return "\n".join([*found, f"from typing import {', '.join(sorted(names))}", ""])


def output(contract: Contract) -> str:
    """The type of a prediction and of its outcome."""
    if not contract.classes:
        return f"Outcome = {answer(contract)}\n"
    names = "".join(f"    {quoted(name)},\n" for name in contract.classes)
    return f"Outcome = Literal[\n{names}]\n"


def answer(contract: Contract) -> str:
    return "float" if contract.task == "regression" else "str"


def typed(it: Input) -> str:
    """The type of an input."""
    kind = TYPES[it.kind] + (" | None" if it.nullable else "")
    return f"NotRequired[{kind}]" if it.optional else kind


def as_class(contract: Contract) -> str:
    rows = "".join(f"    # {it.words}\n    {it.name}: {typed(it)}\n" for it in contract.inputs)
    return f'\n\nclass Record(TypedDict):\n    """What a prediction is made from."""\n\n{rows}'


def as_call(contract: Contract) -> str:
    """Where a name is no name in Python."""
    rows = "".join(f"        # {it.words}\n        {quoted(it.name)}: {typed(it)},\n" for it in contract.inputs)
    return f'Record = TypedDict(\n    "Record",\n    {{\n{rows}    }},\n)\n'


def prediction(contract: Contract) -> str:
    """What comes back."""
    chances = "    probabilities: Mapping[Outcome, float] = field(default_factory=dict)\n"
    return PREDICTION if contract.task == "regression" else PREDICTION + chances


def quoted(text: str) -> str:
    """A text as a formatter would leave it."""
    if '"' in text and "'" not in text:
        return "'" + json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"') + "'"
    return json.dumps(text, ensure_ascii=False)


def readme(contract: Contract, package: str) -> str:
    rows = "".join(f"| `{it.name.replace('|', '/')}` | {it.words} |\n" for it in contract.inputs)
    told = "a number" if contract.task == "regression" else "a class, with `probabilities` beside it"
    if contract.classes:
        told += f" ({', '.join(contract.classes)})"
    return README.format(package=package, target=contract.target, version=contract.version, rows=rows, answer=told)


def pyproject(contract: Contract, package: str) -> str:
    return PYPROJECT.format(name=package.replace("_", "-"), version=contract.version, package=package)
