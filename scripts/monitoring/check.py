"""The checks of scripts/monitoring-check.sh, which says what they are."""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

FOLDER = pathlib.Path("deploy/monitoring")
RULES = FOLDER / "rules.yaml"
TESTS = FOLDER / "rules-test.yaml"
OPERATOR = FOLDER / "operator.yaml"
DASHBOARD = FOLDER / "dashboard.json"
ALERTS_PAGE = pathlib.Path("Sources/cairn/Documentation.docc/Alerts.md")
# Prometheus' own.
FOREIGN = {"up", "ALERTS"}
METRIC = re.compile(r'"((?:cairn|process)_[a-z0-9_]+)"')
USED = re.compile(r"\b((?:cairn|process)_[a-z0-9_]+)\b")


def rule_groups():
    return yaml.safe_load(RULES.read_text())["groups"]


def alerts():
    return [rule for group in rule_groups() for rule in group["rules"]]


def metrics_in_code():
    """The families that the driver's sources make, by the files that import Metrics."""
    names, histograms = set(), set()
    for path in pathlib.Path("Sources").rglob("*.swift"):
        text = path.read_text()
        if not re.search(r"import Metrics\b", text) and path.parts[1] != "Metrics":
            continue
        names.update(METRIC.findall(text))
        histograms.update(re.findall(r'"((?:cairn|process)_[a-z0-9_]+)",\s*\.histogram', text))
    parts = {name + end for name in histograms for end in ("_bucket", "_sum", "_count")}
    return (names - histograms) | parts


def panels():
    return json.loads(DASHBOARD.read_text())["panels"]


def expressions():
    """Every expression of a rule or a panel, with where it stands."""
    for rule in alerts():
        yield rule["alert"], rule["expr"]
    for panel in panels():
        for target in panel.get("targets", []):
            yield f"panel '{panel['title']}'", target["expr"]
    for variable in json.loads(DASHBOARD.read_text())["templating"]["list"]:
        if variable["type"] == "query":
            yield f"variable '{variable['name']}'", variable["query"]


def unknown_metrics():
    known = metrics_in_code() | FOREIGN
    for place, expression in expressions():
        for name in USED.findall(expression):
            if name not in known:
                yield f"{place}: the driver has no metric {name}"


def untested_alerts():
    tests = yaml.safe_load(TESTS.read_text())["tests"]
    for rule in alerts():
        names = set(USED.findall(rule["expr"])) or {"up"}
        fires = quiet = False
        for test in tests:
            labels = [s["labels"] for t in test["promql_expr_test"] for s in t["exp_samples"]]
            series = {s["series"].split("{")[0] for s in test["input_series"]}
            if any(f'"{rule["alert"]}"' in label for label in labels):
                fires = True
            elif names & series:
                quiet = True
        if not fires:
            yield f"{rule['alert']}: no test has series that fire it"
        if not quiet:
            yield f"{rule['alert']}: no test has series that do not fire it"


def bad_annotations():
    headings = {line[3:].strip() for line in ALERTS_PAGE.read_text().splitlines() if line.startswith("## Cairn")}
    for rule in alerts():
        name = rule["alert"]
        if set(rule["annotations"]) != {"summary", "description", "runbook"}:
            yield f"{name}: it needs a summary, a description and a runbook"
        if rule["annotations"].get("runbook") != f"{ALERTS_PAGE}#{name.lower()}":
            yield f"{name}: its runbook is not {ALERTS_PAGE}#{name.lower()}"
        if rule["labels"]["severity"] not in ("critical", "warning"):
            yield f"{name}: its severity is neither critical nor warning"
    names = {rule["alert"] for rule in alerts()}
    for name in sorted(names ^ headings):
        yield f"{name}: it is not in both {RULES} and {ALERTS_PAGE}"


def operator_text():
    """operator.yaml with the rules of rules.yaml behind its line 'groups:'."""
    text = OPERATOR.read_text()
    head = text[: text.index("  groups:\n") + len("  groups:\n")]
    rules = RULES.read_text()
    body = rules[rules.index("groups:\n") + len("groups:\n") :]
    return head + "".join("  " + line + "\n" if line else "\n" for line in body.splitlines())


def operator_differs():
    if OPERATOR.read_text() != operator_text():
        yield "its rules are not those of rules.yaml: run scripts/monitoring-check.sh --write"
    documents = list(yaml.safe_load_all(OPERATOR.read_text()))
    kinds = [document["kind"] for document in documents]
    if kinds != ["PodMonitor", "PodMonitor", "PrometheusRule"]:
        yield f"it holds {kinds}"
    elif documents[2]["spec"]["groups"] != rule_groups():
        yield "its rules do not read as those of rules.yaml"


def bad_panels():
    seen, places = set(), set()
    for panel in panels():
        title = panel["title"]
        if panel["id"] in seen:
            yield f"{title}: its id is taken"
        seen.add(panel["id"])
        box = panel["gridPos"]
        cells = {(x, y) for x in range(box["x"], box["x"] + box["w"]) for y in range(box["y"], box["y"] + box["h"])}
        if places & cells or box["x"] + box["w"] > 24:
            yield f"{title}: it lies over another panel, or beyond the edge"
        places |= cells
        if panel["type"] == "row":
            continue
        if not panel.get("targets") or not panel.get("description"):
            yield f"{title}: it needs a target and a description"
        if panel.get("datasource", {}).get("uid") != "${datasource}":
            yield f"{title}: it does not use the data source that is chosen above"


def run(*words):
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        yield (result.stdout + result.stderr).strip()


def expressions_parse(promtool):
    """promtool reads expressions of rules only, so each panel's becomes one."""
    variables = {"$__rate_interval": "5m", "$__range": "1h"}
    rules = []
    for place, expression in expressions():
        if place.startswith("variable"):
            continue
        for name, value in variables.items():
            expression = expression.replace(name, value)
        expression = re.sub(r"\$[a-z]+", "x", expression)
        rules.append({"record": f"check:{len(rules)}", "expr": expression})
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}, file)
        file.flush()
        yield from run(promtool, "check", "rules", file.name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--promtool")
    options = parser.parse_args()
    if options.write:
        OPERATOR.write_text(operator_text())
        return 0
    promtool = options.promtool
    checks = [
        ("promtool reads the rules", run(promtool, "check", "rules", str(RULES))),
        ("each alert fires on what it is for, and on nothing else", run(promtool, "test", "rules", str(TESTS))),
        ("each alert has a test that fires it and one that does not", untested_alerts()),
        ("each alert says what to do, and its page exists", bad_annotations()),
        ("the operator's rules are the rules", operator_differs()),
        ("the dashboard's panels are whole and lie beside each other", bad_panels()),
        ("promtool reads the dashboard's expressions", expressions_parse(promtool)),
        ("each metric of a rule or a panel is one of the driver's", unknown_metrics()),
    ]
    failed = 0
    for title, complaints in checks:
        complaints = list(complaints)
        print("FAIL " if complaints else "ok   ", title)
        for complaint in complaints:
            print("      " + complaint.replace("\n", "\n      "))
        failed += bool(complaints)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
