"""Checks answers of the API against its description: api_answers.py OPENAPI ANSWERS

The description leaves objects open, because members may be added. Here they are closed first, so that a member which it
does not mention is found.
"""

import json
import sys

from jsonschema import Draft202012Validator


def close(schema, merged=False):
    """Lets no object have members that the schema does not name."""
    if isinstance(schema, list):
        for part in schema:
            close(part, merged)
    if not isinstance(schema, dict):
        return
    if "properties" in schema and not merged:
        schema.setdefault("unevaluatedProperties", False)
    for key, part in schema.items():
        if key in ("properties", "$defs"):
            for inner in part.values():
                close(inner)
        elif key in ("oneOf", "anyOf", "allOf"):
            # Parts of one object: the whole is closed, not each of them.
            close(part, merged or "properties" in schema)
        elif key in ("items", "additionalProperties"):
            close(part)


def main(description, answers):
    document = json.load(open(description, encoding="utf-8"))
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        close(schema)
    failures = 0
    for answer in json.load(open(answers, encoding="utf-8")):
        response = document["paths"][answer["path"]]["get"]["responses"][str(answer["status"])]
        if "$ref" in response:
            response = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
        (content,) = response["content"].values()
        schema = {**content["schema"], "components": {"schemas": schemas}}
        validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        for error in validator.iter_errors(answer["body"]):
            failures += 1
            print(f"{answer['asked']}: {error.json_path}: {error.message[:300]}")
        if answer["status"] == 200 and answer["body"].get("items") == []:
            failures += 1
            print(f"{answer['asked']}: an empty list proves nothing")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
