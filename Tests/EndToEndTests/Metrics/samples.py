"""Reads metrics from standard input with Prometheus' own parser, and prints each sample as a line of JSON."""
import json
import sys

from prometheus_client.parser import text_string_to_metric_families

for family in text_string_to_metric_families(sys.stdin.read()):
    assert family.documentation, family.name
    assert family.type in ("counter", "gauge", "histogram"), family
    for sample in family.samples:
        print(json.dumps([family.type, sample.name, sample.labels, sample.value]))
