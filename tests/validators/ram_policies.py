"""Checks what `roletrail policy alibaba` prints with a reader of Terraform that is not ours.

Usage: ram_policies.py DIRECTORY, with policy.json and policy.tf in it. Prints what is wrong; exit code 1 if anything is.
"""

import json
import sys
from pathlib import Path

import hcl2

# What is made, with the arguments that the provider's documentation has for it (aliyun/alicloud 1.252.0 and later).
RESOURCES = {
    "alicloud_ram_policy": {"policy_name", "policy_document", "description"},
    "alicloud_ram_role": {"role_name", "assume_role_policy_document", "description"},
    "alicloud_ram_role_policy_attachment": {"role_name", "policy_name", "policy_type"},
}
STATEMENT = {"effect", "action", "resource"}
META = {"count", "for_each", "__is_block__", "__comments__", "__inline_comments__"}


def as_list(value):
    return value if isinstance(value, list) else [value]


def plain(value):
    """python-hcl2 leaves the quotes of texts in place."""
    return [plain(item) for item in value] if isinstance(value, list) else value.strip('"')


def documents(configuration):
    for block in configuration["data"]:
        for name, document in block['"alicloud_ram_policy_document"'].items():
            yield name.strip('"'), document


def statements(document):
    return [(plain(one["action"]), plain(one["resource"])) for one in document["statement"]]


def problems(directory):
    expected = [
        (one["Action"], as_list(one["Resource"]))
        for one in json.loads((directory / "policy.json").read_text(encoding="utf-8"))["Statement"]
    ]
    hub = ("sts:", "resourcemanager:", "oss:")
    in_members = [one for one in expected if not one[0][0].startswith(hub)]
    with open(directory / "policy.tf", encoding="utf-8") as file:
        configuration = hcl2.load(file)
    for name, document in documents(configuration):
        if plain(document["version"]) != "1":
            yield f"{name}: no version of RAM: {document['version']}"
        if name == "member_trust":
            continue
        for one in document["statement"]:
            if set(one) - META != STATEMENT or plain(one["effect"]) != "Allow":
                yield f"{name}: no statement of the provider: {one}"
        wanted = expected if name == "roletrail" else in_members
        if statements(document) != wanted:
            yield f"{name} differs from the document: {statements(document)} {wanted}"
    for block in configuration["resource"]:
        for kind, made in block.items():
            for name, arguments in made.items():
                given = set(arguments) - META
                if given != RESOURCES.get(kind.strip('"')):
                    yield f"{kind} {name}: not the arguments of the provider: {sorted(given)}"


if __name__ == "__main__":
    wrong = list(problems(Path(sys.argv[1])))
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)
