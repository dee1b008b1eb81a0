"""What a step must know of its run. The runner says it in the environment, as Azure does for its jobs."""

from __future__ import annotations

import os
from dataclasses import dataclass

RUN, MLFLOW_RUN, CAUSE, UNCOMMITTED = "MLOPS_RUN_ID", "MLFLOW_RUN_ID", "MLOPS_CAUSE", "MLOPS_ALLOW_UNCOMMITTED"
AZURE_RUN = "AZUREML_ROOT_RUN_ID"


@dataclass(frozen=True)
class Context:
    """The run's id, MLflow's for it, why it was started, and whether code that is not committed may be registered."""

    run: str
    mlflow_run: str
    cause: str
    uncommitted: bool

    def variables(self) -> dict[str, str]:
        """As the environment has it."""
        told = {RUN: self.run, MLFLOW_RUN: self.mlflow_run, CAUSE: self.cause}
        return {**told, UNCOMMITTED: "1" if self.uncommitted else ""}


def of_environment() -> Context:
    """The context that this process was given."""
    run = os.environ.get(RUN) or os.environ.get(AZURE_RUN) or "by-hand"
    mlflow_run, cause = os.environ.get(MLFLOW_RUN, ""), os.environ.get(CAUSE) or "by hand"
    return Context(run, mlflow_run, cause, bool(os.environ.get(UNCOMMITTED)))
