"""The JSON Schemas that raidctl ships, by the name of what they describe."""

import json
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator


def schema(name: str) -> dict[str, Any]:
    """That of a `report`, of what is `held`, of a `history`."""
    text = resources.files("raidctl.present").joinpath(f"{name}.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def validator(name: str) -> Draft202012Validator:
    """What holds a document to that schema."""
    return Draft202012Validator(schema(name))
