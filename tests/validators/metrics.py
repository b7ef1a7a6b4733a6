"""Reads a page of metrics from standard input with the client library's own parser, and prints as JSON how many series
there are, which of them appear more than once, and the values of one label (the first argument)."""

import collections
import json
import sys

from prometheus_client.parser import text_string_to_metric_families

page = sys.stdin.buffer.read().decode()
seen = collections.Counter(
    (sample.name, tuple(sorted(sample.labels.items())))
    for family in text_string_to_metric_families(page)
    for sample in family.samples
)
values = {dict(labels).get(sys.argv[1]) for _, labels in seen} - {None}
print(json.dumps({
    "series": len(seen),
    "twice": [name for (name, _), count in seen.items() if count > 1],
    "values": sorted(values),
}))
