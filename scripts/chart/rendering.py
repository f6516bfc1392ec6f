"""Renders the chart, and reads what comes out."""

import os
import subprocess
import sys
from pathlib import Path

import yaml

CHART = Path("deploy/chart")
HELM = os.environ["HELM"]


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


def value_files():
    """The table of values, by its names; `default` has none."""
    table = {"default": None}
    for path in sorted((CHART / "ci").glob("*-values.yaml")):
        table[path.name.removesuffix("-values.yaml")] = path
    return table


def helm_template(*arguments, release="cairn"):
    return run(HELM, "template", release, str(CHART), "--namespace", "storage", *arguments)


def render(values=None, *arguments):
    """The objects of a rendering; ends the run where there is none."""
    options = ["--values", str(values)] if values else []
    rendered = helm_template(*options, *arguments)
    if rendered.returncode:
        sys.exit(f"helm template fails with {values or 'the default values'}: {rendered.stderr}")
    return objects(rendered.stdout)


def objects(text):
    return [found for found in yaml.safe_load_all(text) if found]


def title(found):
    return f"{found['kind']} {found['metadata']['name']}"


def pod_templates(found_objects):
    """Each object that makes pods, with its template's spec."""
    for found in found_objects:
        template = found.get("spec", {}).get("template")
        if isinstance(template, dict) and "spec" in template:
            yield found, template["spec"]


def containers(spec):
    return spec.get("initContainers", []) + spec["containers"]


def flags(container):
    """The arguments of a container as a dictionary from flag to value."""
    words = [word for word in container.get("args", []) if word.startswith("--")]
    return dict(word[2:].partition("=")[::2] for word in words)
