"""`sawlog schema`: a valid JSON Schema that accepts what the loader accepts."""
import json

import jsonschema
import pytest
import yaml

from conftest import ROOT

EXAMPLES = sorted((ROOT / "config" / "examples").glob("*.yaml"))
WRONG = ROOT / "tests" / "golden" / "config"


@pytest.fixture(scope="module")
def validator(binary):
    import subprocess
    schema = json.loads(subprocess.run([binary, "schema"], capture_output=True, check=True).stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def mistakes(validator, text: str) -> list[str]:
    return [error.message for error in validator.iter_errors(yaml.safe_load(text))]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_examples_are_valid(validator, file):
    assert mistakes(validator, file.read_text()) == []


@pytest.mark.parametrize("text", [
    "sources: {app: {paths: [/a/*.log]}}",
    "outputs: {x: {type: opensearch, hosts: ['http://a:9200'], exactly_once: false}}",
    "outputs: {x: {type: kafka, brokers: ['a:9092'], topic: 7, in_flight: '${env:N}'}}",
    "outputs: {x: {type: elasticsearch, hosts: [h], retry: {attempts: unlimited}}}",
    "metrics: {rules: [{counter: a, labels: [x, y]}, "
    "{counter: b, labels: {l: f, r: {field: f, form: route}}}]}",
    "memory_limit: '${env:LIMIT}'",
    "memory_limit: 1.5 GiB",
    "include: [conf.d/*.yaml]",
])
def test_what_the_loader_accepts(validator, text):
    assert mistakes(validator, text) == []


@pytest.mark.parametrize("text", [
    "soruces: {}",
    "memory_limit: 256",
    "memory_limit: 1mb",
    "sources: {app: {}}",
    "sources: {'a b': {paths: [x]}}",
    "outputs: {x: {}}",
    "outputs: {x: {type: nothing}}",
    "outputs: {x: {type: kafka, hosts: ['http://a:9200']}}",
    "outputs: {x: {type: elasticsearch}}",
    "outputs: {x: {type: elasticsearch, hosts: [h], in_flight: 0}}",
    "outputs: {x: {type: elasticsearch, hosts: [h], batch: {age: 1sec}}}",
    "outputs: {x: {type: stdout, format: text}}",
    "metrics: {rules: [{counter: a, labels: {l: {form: path}}}]}",
])
def test_what_the_loader_refuses(validator, text):
    assert mistakes(validator, text) != []


@pytest.mark.parametrize("name", [
    "misspelt_keys", "wrong_types", "wrong_units", "out_of_range", "required_keys_missing",
    "key_of_another_type", "words_misspelt", "presets_misspelt", "lists_for_maps", "filebeat",
])
def test_wrong_files_are_refused(validator, name):
    assert mistakes(validator, (WRONG / f"{name}.yaml").read_text()) != []
