"""A batch before the expectations: which fail, in which rows. Great Expectations decides, and is called here."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any, Protocol

import pandas as pd

from . import pages
from .suite import Expectation

EXAMPLES = 5


@dataclass(frozen=True)
class Finding:
    """One expectation that failed: how many rows, where (places in the batch; none when it speaks of the whole)."""

    expectation: str
    column: str
    says: str
    count: int
    rows: tuple[int, ...] = ()
    examples: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True)
class Verdict:
    """What failed, and the page that shows it."""

    findings: tuple[Finding, ...] = ()
    page: str = ""


@dataclass(frozen=True)
class Both:
    """The verdicts on a batch by the name of their suite."""

    verdicts: dict[str, Verdict] = field(default_factory=dict)

    @property
    def findings(self) -> list[Finding]:
        return [finding for verdict in self.verdicts.values() for finding in verdict.findings]


class Gate(Protocol):
    """Judges a frame (index 0, 1, 2 ...) by expectations."""

    def judge(self, name: str, frame: pd.DataFrame, expectations: list[Expectation]) -> Verdict: ...


class GreatExpectations:
    """The gate of every ingest."""

    def judge(self, name: str, frame: pd.DataFrame, expectations: list[Expectation]) -> Verdict:
        if not expectations:
            return Verdict()
        gx = library()
        shown = frame.astype(dict.fromkeys(frame.select_dtypes("datetime").columns, "datetime64[ns]"))
        suite = gx.ExpectationSuite(
            name=name, expectations=[configured(number, it) for number, it in enumerate(expectations)]
        )
        batch = definition(gx).get_batch({"dataframe": shown})
        result = batch.validate(suite, result_format={"result_format": "COMPLETE"})
        findings = tuple(found(expectations, result.results))
        return Verdict(findings, pages.data_docs(result) if findings else "")


@cache
def library() -> ModuleType:
    """Great Expectations, which takes seconds to import, and so only when there is a batch to judge."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # it would otherwise ask a server who uses it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of its own imports; nothing that a user could mend
        import great_expectations
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    return great_expectations


@cache
def definition(gx: ModuleType) -> Any:
    """A place in memory for batches: nothing is written, no progress bar is drawn."""
    from great_expectations.data_context.types import base

    stores = base.InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    bars = base.ProgressBarsConfig(globally=False)
    config = base.DataContextConfig(store_backend_defaults=stores, progress_bars=bars)
    context = gx.get_context(mode="ephemeral", project_config=config)
    asset = context.data_sources.add_pandas("source").add_dataframe_asset("batch")
    return asset.add_batch_definition_whole_dataframe("rows")


def configured(number: int, expectation: Expectation) -> Any:
    """An expectation as the library has it, with its place in our list, since results come in another order."""
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    kwargs = dict(expectation.kwargs)
    meta = {"number": number}
    return ExpectationConfiguration(type=expectation.type, kwargs=kwargs, meta=meta).to_domain_obj()


def found(expectations: list[Expectation], results: Iterable[Any]) -> Iterable[Finding]:
    """The failures, in the order of the expectations; for a column that is not there only that."""
    failed = {result.expectation_config.meta["number"]: result for result in results if not result.success}
    absent = {expectations[at].column for at in failed if expectations[at].type == "expect_column_to_exist"}
    for at in sorted(failed):
        rule, result = expectations[at], failed[at].result
        if rule.column in absent and rule.type != "expect_column_to_exist":
            continue
        rows = () if rule.whole else tuple(int(row) for row in result.get("unexpected_index_list") or ())
        yield Finding(
            expectation=rule.type,
            column=rule.column,
            says=rule.says,
            count=int(result.get("unexpected_count") or 0),
            rows=rows,
            examples=examples(result),
            whole=rule.whole or not rows,
        )


def examples(result: dict[str, Any]) -> tuple[str, ...]:
    """Some of the values that failed, each once."""
    values = result.get("partial_unexpected_list") or ([result["observed_value"]] if "observed_value" in result else [])
    texts = dict.fromkeys("missing" if value is None or value != value else str(value) for value in values)
    return tuple(texts)[:EXAMPLES]
