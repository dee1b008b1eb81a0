"""The same definitions for Azure's managed feature store: entity, feature set, its specification and transformation."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from .featureset import ENTITY, TIME, WHOLE, FeatureSet

SCHEMAS = "http://azureml/sdk-2-0"
SOURCE = "azureml://datastores/workspaceblobstore/paths/landed"
MINUTE = timedelta(minutes=1)
CODE = '''"""Feature set {name}, version {version}: written by `mlops features export` from features/definitions.py."""

from pyspark.sql import functions

SQL = """
{sql}
"""


class Transformation:
    """The rows of the source -> the values. The text above is the one that DuckDB runs."""

    def transform(self, df):
        columns = {columns!r}
        entity = {entity}
        values = [functions.col("`" + column + "`").alias(name) for name, column in columns.items()]
        df.select(entity.alias({ENTITY!r}), *values).createOrReplaceTempView("source")
        found = df.sparkSession.sql(SQL)
        return found.withColumnRenamed({ENTITY!r}, {index!r}).withColumnRenamed({TIME!r}, {timestamp!r})
'''


def export(sets: tuple[FeatureSet, ...], out: Path, source: str = SOURCE) -> list[Path]:
    """Write a folder for each set; gives the files. `source` is the cloud path of the landed Parquet files."""
    written = []
    for found in sets:
        folder = out / found.name
        code = folder / "spec" / "transformation_code" / f"{found.name}.py"
        code.parent.mkdir(parents=True, exist_ok=True)
        documents = {
            "entity.yml": entity(found),
            "featureset.yml": feature_set(found),
            "spec/FeatureSetSpec.yaml": specification(found, source),
        }
        for name, content in documents.items():
            text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
            written.append(folder / name)
        code.write_text(transformation(found), encoding="utf-8", newline="\n")
        written.append(code)
    return written


def entity(found: FeatureSet) -> dict[str, Any]:
    """What the values are values of. Azure knows no set without an entity: the whole table is the one of its kind."""
    return {
        "$schema": f"{SCHEMAS}/FeatureStoreEntity.json",
        "name": found.index,
        "version": "1",
        "description": f"Rows of one {found.entity}" if found.entity else "All rows",
        "index_columns": [index(found)],
    }


def index(found: FeatureSet) -> dict[str, str]:
    return {"name": found.index, "type": "string"}


def feature_set(found: FeatureSet) -> dict[str, Any]:
    return {
        "$schema": f"{SCHEMAS}/Featureset.json",
        "name": found.name,
        "version": found.version,
        "description": found.description,
        "specification": {"path": "./spec"},
        "entities": [f"azureml:{found.index}:1"],
        "stage": "Development",
    }


def specification(found: FeatureSet, source: str) -> dict[str, Any]:
    """The specification. Azure counts in minutes: ours are rounded up, and no delay becomes one minute."""
    return {
        "$schema": f"{SCHEMAS}/FeatureSetSpec.json",
        "source": {
            "type": "parquet",
            "path": source,
            "timestamp_column": {"name": found.timestamp},
            "source_delay": length(found.delay),
        },
        "feature_transformation": {
            "transformation_code": {
                "path": "./transformation_code",
                "transformer_class": f"{found.name}.Transformation",
            }
        },
        "features": [
            {"name": it.name, "type": "double", "description": it.description or it.name} for it in found.features
        ],
        "index_columns": [index(found)],
        "source_lookback": length(found.longest),
        "temporal_join_lookback": length(found.ttl),
    }


def length(time: timedelta) -> dict[str, int]:
    """A length of time in Azure's parts, rounded up to whole minutes."""
    minutes = math.ceil(time / MINUTE)
    return {"days": minutes // 1440, "hours": minutes // 60 % 24, "minutes": minutes % 60}


def transformation(found: FeatureSet) -> str:
    """The Python file that Spark runs."""
    text = f"functions.lit({WHOLE!r})"
    if found.entity:
        text = f'functions.col("`" + {found.entity!r} + "`").cast("string")'
    return CODE.format(
        name=found.name,
        version=found.version,
        sql=found.sql.replace("\\", "\\\\"),
        columns={TIME: found.timestamp, **found.source},
        entity=text,
        index=found.index,
        timestamp=found.timestamp,
        ENTITY=ENTITY,
        TIME=TIME,
    )
