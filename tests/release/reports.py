"""Turns what cargo says about this repository into the formats that other tools read.

Usage: reports.py junit TEST-LOG OUT
       reports.py sarif CLIPPY-JSON-LINES REVISION OUT
       reports.py sbom BINARY OUT           (runs cargo metadata and cargo tree)

cargo's own machine-readable test output is not stable yet, and clippy and cargo write formats of their own. Nothing is
added here that cargo did not say.
"""

import hashlib
import json
import re
import subprocess
import sys
from xml.sax.saxutils import quoteattr

# Modules that test what an attacker could do.
SECURITY = ("attacks", "tuf_attacks", "root_causes", "refusals", "faults", "reading", "cosigners", "confusable")


def junit(log, out):
    suites = {}
    with open(log, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = re.match(r"^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED|ignored)", line)
            if match:
                name, result = match.groups()
                suites.setdefault(name.split("::")[0], []).append((name, result))
    with open(out, "w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="vouchsafe">\n')
        for suite, cases in sorted(suites.items()):
            failed = sum(result == "FAILED" for _, result in cases)
            skipped = sum(result == "ignored" for _, result in cases)
            file.write(
                f'<testsuite name={quoteattr(suite)} tests="{len(cases)}" failures="{failed}" '
                f'errors="0" skipped="{skipped}">\n'
            )
            if suite in SECURITY:
                file.write('<properties><property name="tag" value="security"/></properties>\n')
            for name, result in cases:
                inner = {"ok": "", "FAILED": '<failure message="failed"/>', "ignored": "<skipped/>"}[result]
                file.write(f"<testcase classname={quoteattr(suite)} name={quoteattr(name)}>{inner}</testcase>\n")
            file.write("</testsuite>\n")
        file.write("</testsuites>\n")


def sarif(messages, revision, out):
    rules, results = {}, []
    with open(messages, encoding="utf-8") as file:
        for line in file:
            message = json.loads(line)
            if message.get("reason") != "compiler-message" or not message["message"].get("code"):
                continue
            said = message["message"]
            rule = said["code"]["code"]
            rules.setdefault(rule, {"id": rule})
            spans = [span for span in said["spans"] if span["is_primary"]]
            places = [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": span["file_name"]},
                        "region": {"startLine": span["line_start"], "startColumn": span["column_start"]},
                    }
                }
                for span in spans
            ]
            level = {"error": "error", "warning": "warning"}.get(said["level"], "note")
            results.append({"ruleId": rule, "level": level, "message": {"text": said["message"]}, "locations": places})
    version = subprocess.run(["cargo", "clippy", "--version"], check=True, capture_output=True, text=True).stdout
    run = {
        "tool": {"driver": {"name": "clippy", "version": version.split()[1], "rules": list(rules.values())}},
        "invocations": [{"executionSuccessful": True}],
        "versionControlProvenance": [{"repositoryUri": "https://vouchsafe.dev", "revisionId": revision}],
        "results": results,
    }
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"version": "2.1.0", "runs": [run]}, file, indent=1)


def sbom(binary, out):
    with open(binary, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    shipped = crates("--edges", "normal")
    own = next(version for name, version in shipped if name == "vouchsafe")
    # What the lock file pins besides, for tests and for other systems, is listed and marked as not shipped.
    locked = crates("--edges", "all", "--target", "all")
    components = [
        {
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:cargo/{name}@{version}",
            "scope": "required" if (name, version) in shipped else "excluded",
        }
        for name, version in sorted(locked | pinned())
        if name != "vouchsafe"
    ]
    root = {
        "type": "application",
        "name": "vouchsafe",
        "version": own,
        "purl": f"pkg:cargo/vouchsafe@{own}",
        "hashes": [{"alg": "SHA-256", "content": digest}],
    }
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": {"component": root}}
    with open(out, "w", encoding="utf-8") as file:
        json.dump({**document, "components": components}, file, indent=1)


def crates(*flags):
    tree = ["cargo", "tree", "--locked", "--prefix", "none", "--format", "{p}", *flags]
    listed = subprocess.run(tree, check=True, capture_output=True, text=True).stdout
    words = (line.split() for line in listed.splitlines() if line.strip())
    return {(name, version.removeprefix("v")) for name, version, *_ in words}


def pinned():
    """Optional parts, of dependencies and of ourselves, that the default build does not turn on are pinned, too."""
    metadata = ["cargo", "metadata", "--locked", "--all-features", "--format-version", "1"]
    listed = json.loads(subprocess.run(metadata, check=True, capture_output=True, text=True).stdout)
    return {(package["name"], package["version"]) for package in listed["packages"]}


if __name__ == "__main__":
    commands = {"junit": (junit, 2), "sarif": (sarif, 3), "sbom": (sbom, 2)}
    command, count = commands.get(sys.argv[1] if len(sys.argv) > 1 else "", (None, -1))
    if len(sys.argv) - 2 != count:
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(2)
    command(*sys.argv[2:])
