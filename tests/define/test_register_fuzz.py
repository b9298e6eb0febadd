"""Whatever a file holds, reading it gives a register or one error that lists what is wrong."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pitprop.define import Register, RegisterError, read
from pitprop.define.metric import Metric, Source
from pitprop.define.scalar import scalar
from pitprop.define.sketch import example

keys = st.sampled_from(
    [*Register.model_fields, *Metric.model_fields, *Source.model_fields, "op", "value", "metric", "margin", "pitprop"]
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["a", "sum(x)", "x > 1", "metrics/*.yml", "../x", "simple", "ratio", "gte", "2024-01-01", "5%"])
    | st.text(max_size=10)
)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(keys, inner, max_size=5)
        | st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=25,
)
registers = st.fixed_dictionaries(
    {"version": st.just(1) | scalars, "sources": trees, "metrics": st.lists(trees, max_size=3) | trees},
    optional={"policy": trees},
)


def yaml(tree):
    """A tree as YAML on one line."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{scalar(str(k))}: {yaml(v)}" for k, v in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(yaml(item) for item in tree) + "]"
    if isinstance(tree, str):
        return scalar(tree)
    return {None: "null", True: "true", False: "false"}.get(tree, repr(tree)) if tree != 1 and tree != 0 else str(tree)


def outcome(folder, content):
    file = folder / "fuzzed.yml"
    file.write_bytes(content)
    try:
        register = read(file, known_checks=("bunching",))
    except RegisterError as refused:
        assert refused.problems
        assert all(p.line >= 1 and p.column >= 1 and p.says for p in refused.problems)
        assert len(str(refused).splitlines()) == len(refused.problems)
        return "refused"
    assert register.metrics
    return "read"


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda s: s.encode("utf-8", "surrogatepass")))
def test_arbitrary_bytes_and_text_are_refused_in_words(tmp_path_factory, content):
    assert outcome(tmp_path_factory.getbasetemp(), content) == "refused"


@settings(max_examples=300, deadline=None)
@given(tree=registers)
def test_arbitrary_trees_of_known_keys_are_refused_in_words(tmp_path_factory, tree):
    assert outcome(tmp_path_factory.getbasetemp(), yaml(tree).encode("utf-8", "replace")) in ("read", "refused")


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_register_with_a_part_exchanged_is_read_or_refused_in_words(tmp_path_factory, data):
    text = example()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    part = data.draw(
        st.text(max_size=8) | st.sampled_from(["[", "{", ": ", "- ", "'", '"', "&a ", "*a", "!!x ", "\t", "\n"])
    )
    content = (text[:start] + part + text[end:]).encode("utf-8", "replace")
    assert outcome(tmp_path_factory.getbasetemp(), content) in ("read", "refused")
