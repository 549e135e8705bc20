"""Reads a report of an audit with Python's own readers, and prints as JSON what they see.

Usage: read_report.py csv|junit FILE

csv: a list of rows, by column. junit: the totals as the root states them and as they are counted, the names of the suites and
of the cases. Exits 0, or 1 if the file is not what it says, or 2 on wrong usage.
"""

import csv
import json
import sys
import xml.etree.ElementTree


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    if text.count("\n") != text.count("\r\n"):
        raise ValueError("a line does not end in CRLF")
    rows = list(csv.reader(text.splitlines(keepends=True), strict=True))
    if any(len(row) != len(rows[0]) for row in rows):
        raise ValueError("rows differ in length")
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def junit(path):
    root = xml.etree.ElementTree.parse(path).getroot()
    if root.tag != "testsuites":
        raise ValueError(root.tag)
    cases = root.findall("./testsuite/testcase")
    kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    counted = {kind: sum(case.find(tag) is not None for case in cases) for kind, tag in kinds.items()}
    for suite in root:
        inside = {kind: len(suite.findall(f"./testcase/{tag}")) for kind, tag in kinds.items()}
        if {"tests": len(suite.findall("testcase")), **inside} != {k: int(suite.get(k)) for k in ("tests", *kinds)}:
            raise ValueError(f"the totals of {suite.get('name')} are wrong")
    return {
        "stated": {kind: int(root.get(kind)) for kind in ("tests", *kinds)},
        "counted": {"tests": len(cases), **counted},
        "suites": [suite.get("name") for suite in root],
        "names": [case.get("name") for case in cases],
    }


if __name__ == "__main__":
    readers = {"csv": table, "junit": junit}
    if len(sys.argv) != 3 or sys.argv[1] not in readers:
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(2)
    try:
        print(json.dumps(readers[sys.argv[1]](sys.argv[2])))
    except Exception as error:  # whatever it is, it is not a yes
        print(f"{type(error).__name__}: {error}")
        sys.exit(1)
