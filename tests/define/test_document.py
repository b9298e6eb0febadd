"""YAML files: read as YAML 1.2 with the place of everything; what is hostile is refused at once."""

import math
import time

import pytest

from pitprop.define.document import MAX_BYTES, MAX_NESTING, DocumentError, document, parse


def refusal(content, folder):
    """The refusal of a file, and the seconds that it took."""
    file = folder / "pitprop.yml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    start = time.perf_counter()
    with pytest.raises(DocumentError) as refused:
        document(file)
    return refused.value, time.perf_counter() - start


BOMB = "a: &a [x, x]\n" + "".join(
    f"{c}: &{c} [{', '.join(['*' + b] * 9)}]\n" for b, c in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "alias bomb": (BOMB, 1, 4, "anchor"),
    "alias": ("a: *b\n", 1, 4, "alias"),
    "merge of an alias": ("a: 1\nb:\n  <<: *a\n", 3, 7, "alias"),
    "20,000 brackets": ("a: " + "[" * 20_000, 1, 43, "nested more than 40"),
    "20,000 brackets at the start": ("[" * 20_000, 1, 41, "nested more than 40"),
    "20,000 brackets on lines of their own": ("a: " + "[\n" * 20_000, 40, 1, "nested more than 40"),
    "20,000 closed brackets": ("a: " + "[" * 20_000 + "]" * 20_000, 1, 43, "nested more than 40"),
    "20,000 braces": ("a: " + "{" * 20_000, 1, 43, "nested more than 40"),
    "20,000 mappings in braces": ("{a: " * 20_000, 1, 161, "nested more than 40"),
    "20,000 dashes": ("a:\n " + "- " * 20_000, 2, 78, "nested more than 40"),
    "20,000 question marks": ("a:\n " + "? " * 20_000, 2, 4, "as a key"),
    "1,300 levels of indentation": (
        "".join(" " * i + "a:\n" for i in range(1_300)),
        40,
        41,
        "nested more than 40",
    ),
    "50 MB": (b"a: " + b"x" * 50_000_000, 1, 1, "larger than 1 MB"),
    "50 MB of brackets": (b"[" * 50_000_000, 1, 1, "larger than 1 MB"),
    "duplicate key": ("a: 1\nb:\n  c: 1\n  c: 2\n", 4, 3, "`c` twice (first on line 3)"),
    "duplicate key in braces": ("a: {b: 1, b: 2}", 1, 11, "`b` twice"),
    "python object": ("a: !!python/object/apply:os.system ['ls']", 1, 4, "tag"),
    "tag": ("a: !x 1", 1, 4, "tag"),
    "directive": ("%YAML 1.1\n---\na: no\n", 1, 1, "directive"),
    "second document": ("a: 1\n---\nb: 2\n", 2, 1, "second document"),
    "NUL byte": ("a: 1\nb: x\0y\n", 2, 5, "NUL"),
    "NUL escape": ('a: "x\\0y"', 1, 4, "escape"),
    "surrogate escape": ('a: "\\ud800"', 1, 4, "escape"),
    "impossible escape": ('a: "\\UFFFFFFFF"', 1, 7, "escape"),
    "control character": ("a: \x1b[31m", 1, 4, "U+001B"),
    "invalid UTF-8": (b"a: 1\nb: \xff\xfe\n", 2, 4, "UTF-8"),
    "UTF-16": ("a: 1".encode("utf-16"), 1, 1, "UTF-16"),
    "empty file": ("", 1, 1, "empty"),
    "only comments": ("# nothing\n", 1, 1, "empty"),
    "list at the top": ("- a\n- b\n", 1, 1, "mapping"),
    "text at the top": ("hello", 1, 1, "mapping"),
    "list as a key": ("? [a]\n: b\n", 1, 3, "as a key"),
    "number of 5,000 digits": ("a: " + "9" * 5_000, 1, 4, "digits"),
    "unclosed quote": ("a: 1\nb: 'x\n", 2, 4, "not closed"),
    "unclosed bracket": ("a: [1, 2\nb: 3\n", 2, 2, "bracket or comma"),
    "tab": ("a:\n\tb: 1\n", 2, 1, "tab"),
    "colon in a value": ("a: b: c\n", 1, 5, "quotes"),
    "reserved sign": ("a: @b\n", 1, 4, "quotes"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_or_broken_is_refused_in_200_ms_with_its_place(name, tmp_path):
    content, line, column, part = HOSTILE[name]
    parse("a: 1")
    error, seconds = refusal(content, tmp_path)
    assert (error.line, error.column) == (line, column)
    assert part in error.says
    assert seconds < 0.2


def test_a_path_that_is_no_file_is_named_in_a_sentence(tmp_path):
    with pytest.raises(DocumentError, match="does not exist"):
        document(tmp_path / "none.yml")
    with pytest.raises(DocumentError, match="is a folder"):
        document(tmp_path)


def test_a_device_is_not_read():
    from pathlib import Path

    with pytest.raises(DocumentError, match="not a regular file"):
        document(Path("/dev/zero"))


def test_plain_values_are_read_as_yaml_1_2():
    text = "[no, yes, on, true, False, null, ~, 010, 0x1f, 0o17, 1_000, 1e3, .5, 2027-06-30, 12:30:00, '1', =]"
    expected = ["no", "yes", "on", True, False, None, None, 10, 31, 15, "1_000", 1000.0, 0.5]
    expected += ["2027-06-30", "12:30:00", "1", "="]
    found = parse(f"a: {text}").data["a"]
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


def test_infinite_and_undefined_numbers_keep_their_sign():
    positive, negative, undefined = parse("a: [.inf, -.INF, .nan]").data["a"]
    assert (positive, negative) == (math.inf, -math.inf)
    assert math.isnan(undefined)


def test_empty_values_and_keys_are_what_they_look_like():
    assert parse("a:\nb: ''\n~: 1\n1: 2\n").data == {"a": None, "b": "", "~": 1, "1": 2}


def test_brackets_in_text_are_text():
    text = "a: |\n" + "  from [0, 10) to {20\n" * 200
    assert parse(text).data["a"].count("[") == 200


def test_nesting_up_to_the_limit_is_read():
    depth = MAX_NESTING - 2
    found = parse("a: " + "[" * depth + "1" + "]" * depth).data["a"]
    for _ in range(depth):
        (found,) = found
    assert found == 1


def test_every_key_and_item_has_its_line_and_column():
    places = parse("# note\na: 1\nb:\n  - c: {d: 2}\n  - e\n").places
    assert places == {
        ("a",): (2, 1),
        ("b",): (3, 1),
        ("b", 0): (4, 5),
        ("b", 0, "c"): (4, 5),
        ("b", 0, "c", "d"): (4, 9),
        ("b", 1): (5, 5),
    }


def test_a_byte_order_mark_and_windows_line_ends_are_no_matter(tmp_path):
    file = tmp_path / "pitprop.yml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert document(file).data == {"a": 1, "b": 2}
    assert document(file).places[("b",)] == (2, 1)


def test_a_file_of_the_largest_size_is_read(tmp_path):
    file = tmp_path / "pitprop.yml"
    file.write_bytes(b"a: |\n" + (b" " + b"x" * 998 + b"\n") * 999 + b" " + b"x" * 990)
    assert file.stat().st_size <= MAX_BYTES
    assert len(document(file).data["a"]) == 999 * 999 + 990
