"""Whatever a scenario holds, reading it gives arms or one error that lists what is wrong."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from work_sample import MINE

from pitprop.define.assembly import KEYS, AssemblyError, altered, assembled, merged, number_at
from pitprop.define.document import parse
from pitprop.define.problem import ScenarioError
from pitprop.define.scalar import scalar
from pitprop.define.scenario import read_scenario
from pitprop.define.work import Crew, Shift, Task, Time, WorkScenario

words = sorted(
    {*re.findall(r"[a-z_]+", MINE), *KEYS, *Task.model_fields, *Time.model_fields, *Crew.model_fields, "all"}
)
values = (
    st.none()
    | st.booleans()
    | st.integers(-3, 70)
    | st.sampled_from([0, 1, 0.5, 1e308, 10**30, float("inf"), float("nan"), -1.5])
    | st.sampled_from(words)
    | st.text(max_size=5)
)
trees = st.recursive(
    values,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(words), inner, max_size=4)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=12,
)
DATA = parse(MINE).data


def paths(data, path=()):
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        yield (*path, key)
        yield from paths(value, (*path, key))


FACTORS = [*DATA["factors"], "none"]
PATHS = sorted(paths(DATA), key=str)


def yaml(tree):
    """A tree as YAML on one line."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{scalar(str(k))}: {yaml(v)}" for k, v in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(yaml(item) for item in tree) + "]"
    if isinstance(tree, str):
        return scalar(tree)
    if (isinstance(tree, float) and tree in (float("inf"), -float("inf"))) or tree != tree:
        return ".nan" if tree != tree else ".inf" if tree > 0 else "-.inf"
    return "null" if tree is None else str(tree).lower()


def replaced(data, path, value):
    if not path:
        return value
    copy = list(data) if isinstance(data, list) else dict(data)
    copy[path[0]] = replaced(data[path[0]], path[1:], value)
    return copy


def outcome(folder, content):
    file = folder / "fuzzed.yml"
    file.write_bytes(content)
    try:
        scenario = read_scenario(file)
    except ScenarioError as refused:
        assert refused.problems
        assert all(p.line >= 1 and p.column >= 1 and p.says for p in refused.problems)
        assert len(str(refused).splitlines()) == len(refused.problems)
        assert "pydantic" not in str(refused)
        return None
    assert scenario.arms
    return scenario


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda s: s.encode("utf-8", "surrogatepass")))
def test_arbitrary_bytes_are_refused_in_words(tmp_path_factory, content):
    assert outcome(tmp_path_factory.getbasetemp(), content) is None


@settings(max_examples=100, deadline=None)
@given(parts=st.dictionaries(st.sampled_from([*KEYS, "factors", "arms", "split", "assumed"]), trees, max_size=6))
def test_arbitrary_trees_under_known_keys_are_refused_in_words(tmp_path_factory, parts):
    found = outcome(tmp_path_factory.getbasetemp(), yaml({"kind": "work", "version": 1, **parts}).encode())
    assert found is None or isinstance(found, WorkScenario)


@settings(max_examples=150, deadline=None)
@given(changes=st.lists(st.tuples(st.sampled_from(PATHS), trees), min_size=1, max_size=3))
def test_a_scenario_with_parts_exchanged_is_read_or_refused_in_words(tmp_path_factory, changes):
    data = DATA
    for path, tree in changes:
        try:
            data = replaced(data, path, tree)
        except (KeyError, IndexError, TypeError, ValueError):
            continue  # an earlier change took that part away
    found = outcome(tmp_path_factory.getbasetemp(), yaml(data).encode())
    assert found is None or isinstance(found, WorkScenario)


@settings(max_examples=100, deadline=None)
@given(
    patch=st.dictionaries(st.sampled_from(words), trees, max_size=3),
    factors=st.sets(st.sampled_from(words), max_size=2),
)
def test_any_combination_is_put_together_or_refused_in_words(patch, factors):
    before = repr(DATA)
    try:
        work = assembled(DATA, factors, patch)
    except AssemblyError as refused:
        assert len(str(refused)) > 20
    else:
        assert isinstance(work.shift, Shift)
    assert repr(DATA) == before


@settings(max_examples=100, deadline=None)
@given(
    at=st.lists(st.sampled_from(words) | st.integers(0, 3).map(str), max_size=5).map(".".join) | st.text(max_size=12)
)
def test_any_path_leads_to_a_number_or_is_refused_in_words(at):
    try:
        now = number_at(DATA, at)
    except AssemblyError as refused:
        assert str(refused).startswith("leads ")
    else:
        assert number_at(altered(DATA, at, now + 1), at) == now + 1


mappings = st.recursive(
    st.integers() | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
).filter(lambda tree: isinstance(tree, dict))


@given(data=mappings, patch=mappings)
def test_merging_twice_changes_no_more_than_merging_once(data, patch):
    once = merged(data, patch)
    assert merged(once, patch) == once
    assert merged(data, {}) == data
    assert merged({}, patch) == patch
    assert set(once) == set(data) | set(patch)
