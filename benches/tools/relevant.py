"""Prints the ids of the records that concern the role of KMS custom key stores: what an expert would write.

    python3 benches/tools/relevant.py parse|filter|filter-isal|duckdb DIRECTORY

parse reads every object with the standard library; filter parses only objects that hold a needle, filter-isal the same
with the package isal as decompressor; duckdb asks one query of the package duckdb.
"""

import json
import re
import sys
from pathlib import Path

NAME = "AWSServiceRoleForKeyManagementServiceCustomKeyStores"
ROLE = "role/aws-service-role/cks.kms.amazonaws.com/" + NAME
# Part of the role's name and of every call that concerns a store.
NEEDLE = "CustomKeyStore"
STORE_CALLS = re.compile("(Create|Connect|Disconnect|Update|Delete)CustomKeyStore")

QUERY = f"""
SELECT r->>'$.eventID'
FROM (SELECT unnest(Records) AS r
      FROM read_json(?, columns = {{Records: 'JSON[]'}}, maximum_object_size = 134217728))
WHERE contains(r::VARCHAR, '{NEEDLE}') AND (
  (r->>'$.eventSource' = 'kms.amazonaws.com' AND regexp_full_match(r->>'$.eventName', '{STORE_CALLS.pattern}'))
  OR contains(r->>'$.userIdentity.sessionContext.sessionIssuer.arn', '{ROLE}')
  OR contains(r->>'$.requestParameters.roleArn', '{ROLE}')
  OR contains(r->>'$.responseElements.role.arn', '{ROLE}')
  OR contains(r->>'$.errorMessage', '{ROLE}')
  OR (r->>'$.requestParameters.roleName' = '{NAME}' AND NOT regexp_matches(r->>'$.eventName', '^(Get|List)')))
"""


def concerns(record):
    """Whether a record concerns the role."""
    name = record.get("eventName", "")
    if record.get("eventSource") == "kms.amazonaws.com" and STORE_CALLS.fullmatch(name):
        return True
    request = record.get("requestParameters") or {}
    role = (record.get("responseElements") or {}).get("role")
    session = (record.get("userIdentity") or {}).get("sessionContext") or {}
    places = [
        (session.get("sessionIssuer") or {}).get("arn"),
        request.get("roleArn"),
        role.get("arn") if isinstance(role, dict) else None,
        record.get("errorMessage"),
    ]
    if any(isinstance(place, str) and ROLE in place for place in places):
        return True
    return request.get("roleName") == NAME and not name.startswith(("Get", "List"))


def objects(directory, needle, decompress):
    """The objects below a directory, parsed; with a needle only those that hold it."""
    for path in Path(directory).rglob("*.gz"):
        content = decompress(path.read_bytes())
        if needle is None or needle in content:
            yield json.loads(content)


def ids(directory, needle, decompress):
    """The ids of the records of all objects that concern the role."""
    for content in objects(directory, needle, decompress):
        for record in content.get("Records", []):
            if concerns(record):
                yield record["eventID"]


def main(way, directory):
    """Prints the ids, found in one of the ways."""
    if way == "duckdb":
        import duckdb

        rows = duckdb.connect().execute(QUERY, [directory + "/**/*.json.gz"]).fetchall()
        found = (row[0] for row in rows)
    elif way == "filter-isal":
        from isal import igzip

        found = ids(directory, NEEDLE.encode(), igzip.decompress)
    else:
        import gzip

        found = ids(directory, NEEDLE.encode() if way == "filter" else None, gzip.decompress)
    for identifier in found:
        print(identifier)


if __name__ == "__main__":
    main(*sys.argv[1:])
