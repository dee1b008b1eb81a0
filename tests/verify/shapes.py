"""Repos that nobody here generated: the shapes that are met most."""

from __future__ import annotations

import textwrap
from pathlib import Path


def written(root: Path, files: dict[str, str]) -> Path:
    """A folder with these files."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
    return root


SCRIPT = {
    "train.py": """
        import joblib
        import pandas as pd
        from sklearn.ensemble import RandomForestRegressor
        from sklearn.model_selection import train_test_split

        rows = pd.read_csv("trips.csv")
        train, test = train_test_split(rows, random_state=0)
        model = RandomForestRegressor().fit(train[["km", "hour"]], train["minutes"])
        print("score", model.score(test[["km", "hour"]], test["minutes"]))
        joblib.dump(model, "model.joblib")
        """,
    "requirements.txt": "pandas\nscikit-learn\njoblib\n",
    "README.md": "# Trips\n\npython train.py\n",
}

DATA_SCIENCE = {  # as cookiecutter-data-science lays it out
    "Makefile": """
        .PHONY: data lint requirements train
        requirements:
        \tpip install -r requirements.txt
        data: requirements
        \tpython trips/dataset.py
        train: data
        \tpython trips/modeling/train.py
        lint:
        \tflake8 trips
        """,
    "README.md": "# Trips\n",
    ".gitignore": "/data/\n/models/\n.env\n*.pyc\n",
    "requirements.txt": "pandas==2.3.3\nscikit-learn==1.7.2\nloguru==0.7.3\ntyper==0.20.0\n",
    "pyproject.toml": '[project]\nname = "trips"\nversion = "0.0.1"\nrequires-python = "~=3.12"\n',
    "data/raw/.gitkeep": "",
    "models/.gitkeep": "",
    "notebooks/1.0-explore.ipynb": '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n',
    "trips/__init__.py": "",
    "trips/config.py": 'from pathlib import Path\n\nDATA = Path("data")\nMODELS = Path("models")\n',
    "trips/dataset.py": """
        import pandas as pd
        import requests

        from trips.config import DATA


        def main() -> None:
            answer = requests.get("https://example.org/trips.csv", timeout=60)
            (DATA / "raw" / "trips.csv").write_bytes(answer.content)
            pd.read_csv(DATA / "raw" / "trips.csv").dropna().to_csv(DATA / "processed" / "trips.csv")
        """,
    "trips/modeling/__init__.py": "",
    "trips/modeling/train.py": """
        import pickle

        import pandas as pd
        from sklearn.linear_model import LinearRegression

        from trips.config import DATA, MODELS


        def main() -> None:
            rows = pd.read_csv(DATA / "processed" / "trips.csv")
            model = LinearRegression().fit(rows[["km"]], rows["minutes"])
            (MODELS / "model.pkl").write_bytes(pickle.dumps(model))
        """,
    "trips/modeling/predict.py": "def predict(model, rows):\n    return model.predict(rows)\n",
    "tests/test_data.py": "def test_code_is_tested():\n    assert False\n",
}

MLFLOW = {  # tracked and registered, with nothing that runs it but a person
    "MLproject": "name: trips\npython_env: python_env.yaml\nentry_points:\n  main:\n    command: python train.py\n",
    "python_env.yaml": "python: '3.12'\ndependencies:\n  - -r requirements.txt\n",
    "requirements.txt": "mlflow==3.16.0\nscikit-learn==1.7.2\npandas==2.3.3\n",
    ".gitignore": "/data/\n/models/\nmlruns/\n.env\n*.pem\n",
    "train.py": """
        import mlflow
        import pandas as pd
        from mlflow.models import infer_signature
        from sklearn.ensemble import RandomForestRegressor

        mlflow.set_tracking_uri("http://tracking.example.org:5000")
        mlflow.set_experiment("trips")
        rows = pd.read_csv("data/trips.csv")
        with mlflow.start_run():
            model = RandomForestRegressor(random_state=7).fit(rows[["km"]], rows["minutes"])
            mlflow.log_params(model.get_params())
            mlflow.log_metric("r2", model.score(rows[["km"]], rows["minutes"]))
            mlflow.log_artifact("data/about.txt")
            signature = infer_signature(rows[["km"]], model.predict(rows[["km"]]))
            mlflow.sklearn.log_model(model, name="model", signature=signature, registered_model_name="trips")
        """,
    "tests/test_train.py": "def test_rows_have_minutes():\n    assert 'minutes' in {'minutes': [1.0]}\n",
}
SHAPES = {"a bare script": SCRIPT, "a data science layout": DATA_SCIENCE, "an MLflow project": MLFLOW}
