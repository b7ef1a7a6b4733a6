"""Checks what `roletrail policy aws` prints with tools that are not ours.

Usage: policies.py DIRECTORY, with policy.json, policy.tf and policy.yaml in it. Prints what is wrong; exit code 1 if
anything is.
"""

import json
import subprocess
import sys
from pathlib import Path

import hcl2
from cfnlint.decode import cfn_yaml
from parliament import analyze_policy_string
from policy_sentry.querying.actions import get_actions_for_service

# Asked of KMS by S3, for objects that are encrypted with a customer's key: a parameter of the templates.
OPTIONAL = {"kms:Decrypt"}

# By the library, so that it is the one of this interpreter and not whichever PATH finds first.
CFN_LINT = "from cfnlint.runner import main; main()"


def as_list(value):
    return value if isinstance(value, list) else [value]


def known_actions(actions):
    for action in sorted(actions):
        service = action.split(":")[0]
        known = {known.lower() for known in get_actions_for_service(service)}
        if action.lower() not in known:
            yield f"{action}: no such action (policy_sentry)"


def lint_document(text):
    for finding in analyze_policy_string(text).findings:
        yield f"parliament: {finding.issue} {finding.title} {finding.detail} {finding.location}"


def lint_template(path):
    ran = subprocess.run([sys.executable, "-c", CFN_LINT, str(path)], capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        yield f"cfn-lint: {ran.stdout}{ran.stderr}"


def statements_of_template(path):
    """The statements by resource: of the policy, and of each role."""
    resources = cfn_yaml.load(str(path))["Resources"]
    for name, resource in resources.items():
        properties = resource["Properties"]
        documents = [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
        documents += [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        found = {}
        for document in documents:
            for statement in document["Statement"]:
                statement = statement["Fn::If"][1] if "Fn::If" in statement else statement
                found[statement["Sid"]] = (as_list(statement["Action"]), as_list(statement["Resource"]))
        yield name, found


def statements_of_terraform(path):
    """The statements by document; python-hcl2 leaves the quotes of texts in place."""

    def plain(value):
        return [plain(item) for item in value] if isinstance(value, list) else value.strip('"')

    with open(path, encoding="utf-8") as file:
        configuration = hcl2.load(file)
    for block in configuration["data"]:
        for name, document in block['"aws_iam_policy_document"'].items():
            found = {}
            for statement in document.get("statement", []):
                if "sid" in statement:
                    found[plain(statement["sid"])] = (plain(statement["actions"]), plain(statement["resources"]))
            yield name.strip('"'), found


def same(what, found, expected):
    found = {sid: parts for sid, parts in found.items() if not set(parts[0]) <= OPTIONAL}
    if found != expected:
        yield f"{what} differs from the document: {found} {expected}"


def problems(directory):
    text = (directory / "policy.json").read_text(encoding="utf-8")
    document = {
        statement["Sid"]: (statement["Action"], as_list(statement["Resource"]))
        for statement in json.loads(text)["Statement"]
    }
    members = {sid: parts for sid, parts in document.items() if sid.startswith("Read")}
    yield from known_actions({action for actions, _ in document.values() for action in actions} | OPTIONAL)
    yield from lint_document(text)
    yield from lint_template(directory / "policy.yaml")
    for name, found in statements_of_template(directory / "policy.yaml"):
        yield from same(name, found, document if name == "Policy" else members)
    for name, found in statements_of_terraform(directory / "policy.tf"):
        if name != "member_trust":
            yield from same(name, found, document if name == "roletrail" else members)


if __name__ == "__main__":
    wrong = list(problems(Path(sys.argv[1])))
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)
