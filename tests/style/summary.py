#!/usr/bin/env python3
"""The last lines of ./dev test: summary.py RESULTS_DIR

RESULTS_DIR holds JUnit reports (*.xml) of ctest and pytest and `stages`, one line for each step:
name, passed or failed, seconds; each step counts as one more test. The exit code says how it ended.
With CI=true a skipped test of real servers makes the run fail; a unit test may know why it cannot
run under a sanitizer.
"""
import os
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def outcome(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        return "skipped"
    return "passed"


def main() -> int:
    results = Path(sys.argv[1])
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    named = {"failed": [], "skipped": []}
    for report in sorted(results.glob("*.xml")):
        for case in ElementTree.parse(report).iter("testcase"):
            result = outcome(case)
            counts[result] += 1
            if result != "passed":
                named[result].append(f"{report.stem}: {case.get('name')}")
    for line in (results / "stages").read_text().splitlines():
        stage, result, seconds = line.split("\t")
        print(f"{int(seconds):5d} s  {result:6s}  {stage}")
        counts[result] += 1
        if result == "failed":
            named["failed"].append(f"step {stage}")
    for name in named["failed"]:
        print(f"FAILED   {name}")
    for name in named["skipped"]:
        print(f"SKIPPED  {name}")
    is_strict = os.environ.get("CI") == "true"
    is_red = counts["failed"] > 0 or (is_strict and any(
        not name.startswith("unit-") for name in named["skipped"]))
    last = f"{counts['passed']} passed, {counts['failed']} failed"
    print(last + (f", {counts['skipped']} skipped" if counts["skipped"] else ""))
    return 1 if is_red else 0


if __name__ == "__main__":
    sys.exit(main())
