"""One YAML file, strictly: every value keeps its line, every mistake names it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_exporter.config.yaml_file import ConfigError, UnsetVariable, expand, parse_yaml, read_yaml


def test_every_value_keeps_its_line() -> None:
    """Keys, nested values and list items are found by their place in the document."""
    file = parse_yaml("f.yml", "# comment\na:\n  b: 1\nc:\n  - d: x\n  - e: [1,\n      2]\n")
    assert [file.line(at) for at in [("a",), ("a", "b"), ("c", 0, "d"), ("c", 1), ("c", 1, "e", 1)]] == [2, 3, 5, 6, 7]


def test_an_absent_value_has_the_line_of_its_section() -> None:
    """A missing key has the line of its section, and a missing section has none."""
    file = parse_yaml("f.yml", "a:\n  b: 1\n")
    assert file.mistake(("a", "x", 3), "is missing") == "f.yml:1: a.x[3]: is missing"
    assert file.mistake(("z",), "is missing") == "f.yml: z: is missing"
    assert file.mistake((), "is wrong") == "f.yml: is wrong"
    assert file.mistake(("a\n\x1b", "图"), "is\twrong") == "f.yml: a\\n\\x1b.图: is\\twrong"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", "f.yml:3: not valid YAML: expected ',' or ']', but got ':': correct that line"),
        ("a: 1\n  b: 2\n", "f.yml:2: not valid YAML: mapping values are not allowed here: correct that line"),
        ("a:\n\t- b\n", "f.yml:2: not valid YAML: found character '\\t' that cannot start any token: "
         "correct that line"),
        ("a: 1\nb: *none\n", "f.yml:2: not valid YAML: found undefined alias 'none': correct that line"),
        ("a: 1\nb: 2\na: 3\n", "f.yml:3: not valid YAML: the key 'a' is written twice: correct that line"),
        ("x:\n  - {a: 1, a: 1}\n", "f.yml:2: not valid YAML: the key 'a' is written twice: correct that line"),
        ("x:\n  on: 1\n", "f.yml:2: not valid YAML: the key 'on' is not text, put it in quotes: correct that line"),
        ("? [1]\n: 2\n", "f.yml:1: not valid YAML: a key is not text, put it in quotes: correct that line"),
        ("a: !!python/object:os.system x\n", "f.yml:1: not valid YAML: could not determine a constructor for the tag "
         "'tag:yaml.org,2002:python/object:os.system': correct that line"),
        ("a: 1\n---\nb: 2\n", "f.yml:2: not valid YAML: but found another document: correct that line"),
        ("a: 1\nb: \x07\n", "f.yml:2: not valid YAML: special characters are not allowed: remove that character"),
        ("a: !!int x\n", "f.yml: not valid YAML: invalid literal for int() with base 10: 'x': write plain values "
         "without tags"),
        ("a: " + "[" * 1000, "f.yml: not valid YAML: nested too deeply: no setting needs that"),
        ("- a\n", "f.yml: the top level must be a mapping: begin with a key such as 'services:'"),
        ("just text", "f.yml: the top level must be a mapping: begin with a key such as 'services:'"),
        ("0", "f.yml: the top level must be a mapping: begin with a key such as 'services:'"),
    ],
)  # fmt: skip
def test_malformed_text_is_one_line_that_names_the_line(text: str, expected: str) -> None:
    """Each fault of the document itself is one line with its place."""
    with pytest.raises(ConfigError) as caught:
        parse_yaml("f.yml", text)
    assert str(caught.value) == expected


def test_dates_stay_text() -> None:
    """A date is judged where it is used, so that an impossible one is named there and a request stays JSON."""
    assert parse_yaml("f.yml", "a: 2026-09-24\nb: 2026-13-45\n").document == {"a": "2026-09-24", "b": "2026-13-45"}


def test_merged_keys_may_be_overridden() -> None:
    """A merge key does not duplicate the key that replaces it, nor does a second use of the same anchor."""
    text = "base: &base {a: 1, b: 2}\none:\n  <<: *base\n  a: 3\ntwo:\n  <<: *base\n"
    document = parse_yaml("f.yml", text).document
    assert document["one"] == {"a": 3, "b": 2}
    assert document["two"] == {"a": 1, "b": 2}


def test_aliases_cannot_make_reading_endless() -> None:
    """A value that holds itself is refused, and so is one that doubles thirty times."""
    for text in ("a: &a [*a]\n", "a: &a {b: [{c: *a}]}\n", "a: &a {<<: *a}\n"):
        with pytest.raises(ConfigError, match="an alias repeats the value that contains it"):
            parse_yaml("f.yml", text)
    doubling = "".join(f"k{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 31))
    with pytest.raises(ConfigError, match="aliases repeat more than 200,000 values"):
        parse_yaml("f.yml", f"k0: &a0 x\n{doubling}")


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """A missing file, a directory and foreign encodings are one line each."""
    (tmp_path / "latin.yml").write_bytes("name: caf\xe9".encode("latin-1"))
    for name, expected in [
        ("no.yml", "no such file: name an existing one with --config.file"),
        ("", "cannot be read: Is a directory: give --config.file a readable file"),
        ("latin.yml", "not UTF-8 text: save it in that encoding"),
    ]:
        with pytest.raises(ConfigError) as caught:
            read_yaml(tmp_path / name, "--config.file")
        assert str(caught.value) == f"{tmp_path / name}: {expected}"


def test_relative_paths_begin_at_the_files_directory(tmp_path: Path) -> None:
    """A file that was read knows where it lies."""
    (tmp_path / "a.yml").write_text("a: 1\n")
    assert read_yaml(tmp_path / "a.yml", "--config.file").directory == tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain $HOME {x}", "plain $HOME {x}"),
        ("${A}", "one"),
        ("x${A}y${B}z", "xoneytwoz"),
        ("${C:-fallback}", "fallback"),
        ("${C:-}", ""),
        ("${EMPTY:-fallback}", "fallback"),
        ("${A:-fallback}", "one"),
        ("${C:-http://x:1/${A}", "http://x:1/${A"),
    ],
)
def test_variables_are_filled_in_once(text: str, expected: str) -> None:
    """Names, defaults and empty variables behave as in a shell; a filled-in value is not searched again."""
    assert expand(text, {"A": "one", "B": "two", "EMPTY": ""}) == expected


def test_an_unset_variable_is_named() -> None:
    """Without a default, the variable and both ways out are named."""
    with pytest.raises(UnsetVariable) as caught:
        expand("${NOPE}", {})
    assert str(caught.value) == "the environment variable NOPE is not set: export it or write ${NOPE:-default}"


@pytest.mark.parametrize("text", ["${}", "${1A}", "${A", "${A:?no}"])
def test_a_misspelt_variable_is_refused(text: str) -> None:
    """A misspelt variable is never taken literally."""
    with pytest.raises(ValueError, match=r"'\$\{' does not begin a variable: write \$\{NAME\} or \$\{NAME:-default\}"):
        expand(text, {"A": "one"})


@given(st.text(max_size=80))
def test_no_text_raises_anything_but_a_config_error(text: str) -> None:
    """Any content of a file is read as a mapping or refused in one line."""
    try:
        said = "" if isinstance(parse_yaml("f.yml", text).document, dict) else "no mapping"
    except ConfigError as error:
        said = "\n".join(error.mistakes)
    assert said == "" or (said.startswith("f.yml") and "\n" not in said)


def test_aliases_of_aliases_are_bounded() -> None:
    """A few lines that stand for a billion values are refused; ordinary aliases are not."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ConfigError, match="aliases"):
        parse_yaml("bomb.yml", "\n".join(lines))
    assert parse_yaml("plain.yml", "\n".join(lines[:2])).document["a1"][9][9] == "x"
