"""Registers: read whole, or every problem of every file told at once, each at its place."""

import os
import time
from datetime import date

import pytest

from pitprop.define import Register, RegisterError, read
from pitprop.define.place import written

GOOD = """\
version: 1
sources:
  shifts: {path: data/shifts.parquet}
  ops: {connection: warehouse, table: ops.shifts}
metrics:
  - name: tonnes_per_shift
    label: Tonnes per shift
    type: simple
    source: shifts
    agg: sum
    expr: tonnes
    filter: "pit <> 'training'"
    entity: crew_id
    agg_time_dimension: shift_date
    time_granularity: month
    unit: t
    config: {tags: [production], meta: {team: no}}
    status: active
    owner: {name: Mine office, email: office@example.org}
    purpose: Plan haulage and manning
    decision: How many crews next month
    decisions_per_year: 12
    not_for: [individual_pay, ranking]
    improvement_direction: increase
    targets:
      - {op: gte, value: 7.0, on: entity_period, since: 1935-09-01, stakes: bonus}
      - {op: gte, value: "quota * 1.1", on: row}
      - {op: gte, value: "8"}
    outcome: {metric: coal_delivered, lag: 1}
    guardrails: [{metric: injury_rate, margin: 5%}]
    cost: {hours_per_period: 3, hourly_rate: [25, 30], amount: 0, currency: EUR}
    information: {benefit_per_unit: [10, 20], break_even: 6}
    resolution: 0.5
    alternatives: [rationed]
    review_by: 2027-06-30
    known_risks: [{kind: safety_shortcut, note: props skipped}]
    waivers: [{check: heaping, reason: scale reads in 0.5 t, owner: office@example.org, expires: 2027-01-31}]
  - name: coal_delivered
    type: simple
    source: ops
    agg: count
    improvement_direction: increase
  - name: injury_rate
    type: ratio
    source: shifts
    numerator: {agg: sum, expr: injuries}
    denominator: {agg: count, expr: 1}
    improvement_direction: decrease
policy: {fdr: 0.10, minimum_group: 10, effects: {bunching: 0.02}}
"""
SHORT = """\
version: 1
sources: {s: {path: s.csv}}
metrics:
"""
METRIC = "{type: simple, source: s, agg: sum, expr: x, improvement_direction: increase"


def write(folder, text, name="pitprop.yml"):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def problems(folder, text, *args, **kwargs):
    with pytest.raises(RegisterError) as refused:
        read(write(folder, text), *args, **kwargs)
    assert str(refused.value) == "\n".join(str(problem) for problem in refused.value.problems)
    return refused.value.problems


def told(folder, text, *args, **kwargs):
    """Each problem as `line:column: path: ...`, without the file."""
    return [str(p).split("pitprop.yml:", 1)[1] for p in problems(folder, text, *args, **kwargs)]


def test_everything_that_the_register_can_say_is_read(tmp_path):
    register = read(write(tmp_path, GOOD), known_checks=["heaping", "bunching"])
    metric = register.metric("tonnes_per_shift")
    assert [m.name for m in register.metrics] == ["tonnes_per_shift", "coal_delivered", "injury_rate"]
    assert metric.config.meta == {"team": "no"}
    assert [target.value for target in metric.targets] == [7.0, "quota * 1.1", 8.0]
    assert metric.targets[0].since == date(1935, 9, 1)
    assert (metric.cost.hours_per_period, metric.cost.hourly_rate) == ((3.0, 3.0), (25.0, 30.0))
    assert (metric.guardrails[0].relative, metric.guardrails[0].amount) == (True, 0.05)
    assert register.metric("injury_rate").denominator.expr == "1"


def test_a_register_is_what_it_says_and_not_where_it_says_it(tmp_path):
    first = read(write(tmp_path, GOOD))
    second = read(write(tmp_path / "elsewhere", "# moved down\n" + GOOD))
    assert first == second
    assert first.where("metrics", 0).line + 1 == second.where("metrics", 0).line


def test_the_register_knows_where_everything_was_written(tmp_path):
    file = write(tmp_path, GOOD)
    register = read(file)
    place = register.where("metrics", "tonnes_per_shift", "agg")
    assert (place.file, place.line, place.column) == (str(file), 10, 5)
    assert register.where("metrics", 0, "agg") == place
    assert register.where("metrics", "tonnes_per_shift", "targets", 1, "value").line == 27
    assert register.where("metrics", "coal_delivered", "label").line == 38
    assert register.where("metrics", "none") is None
    assert Register.model_validate(register.model_dump()).where("metrics", 0) is None


def test_all_problems_of_all_files_are_told_at_once(tmp_path):
    write(tmp_path, "metrics:\n  - {name: b, sauce: s}\n", "metrics/b.yml")
    write(tmp_path, "a: *anchor\n", "metrics/c.yml")
    text = SHORT + "  - {name: A, agg: summ, tpye: simple}\n  - metrics/*.yml\npolicy: {fdr: 7}\n"
    found = problems(tmp_path, text)
    assert [p.file for p in found] == sorted((p.file for p in found), key=lambda f: "metrics" in f)
    assert {(p.file.rsplit("/", 1)[1], p.line, p.path) for p in found} == {
        ("pitprop.yml", 4, ("metrics", 0, "name")),
        ("pitprop.yml", 4, ("metrics", 0, "agg")),
        ("pitprop.yml", 4, ("metrics", 0, "tpye")),
        ("pitprop.yml", 4, ("metrics", 0, "type")),
        ("pitprop.yml", 4, ("metrics", 0, "source")),
        ("pitprop.yml", 4, ("metrics", 0, "improvement_direction")),
        ("pitprop.yml", 6, ("policy", "fdr")),
        ("b.yml", 2, ("metrics", 0, "sauce")),
        ("b.yml", 2, ("metrics", 0, "type")),
        ("b.yml", 2, ("metrics", 0, "source")),
        ("b.yml", 2, ("metrics", 0, "improvement_direction")),
        ("c.yml", 1, ()),
    }
    assert len(found) == 12


@pytest.mark.parametrize(
    ("rest", "line", "path", "says", "nearest"),
    [
        ("name: a, lable: A}", 4, "metrics[0].lable", "`lable` is not a key of a metric", "label"),
        ("name: a, time_granularity: months}", 4, "metrics[0].time_granularity", "is 'months'", "month"),
        ("name: Calls Answered}", 4, "metrics[0].name", "is 'Calls Answered'; a name has", "calls_answered"),
        ("name: a__b}", 4, "metrics[0].name", "is 'a__b'; a name has", "a_b"),
        ("name: a, label: 2024}", 4, "metrics[0].label", "put it in quotes", None),
        ("name: a, label: }", 4, "metrics[0].label", "is empty", None),
        ("name: a, owner: Ann}", 4, "metrics[0].owner", "must be a mapping", None),
        ("name: a, not_for: ranking}", 4, "metrics[0].not_for", "must be a list", None),
        ("name: a, decisions_per_year: '12'}", 4, "metrics[0].decisions_per_year", "without quotes", None),
        ("name: a, decisions_per_year: true}", 4, "metrics[0].decisions_per_year", "must be a number", None),
        ("name: a, decisions_per_year: -1}", 4, "metrics[0].decisions_per_year", "at least 0", None),
        ("name: a, decisions_per_year: .inf}", 4, "metrics[0].decisions_per_year", "finite", None),
        ("name: a, review_by: 2027-06}", 4, "metrics[0].review_by", "written as 2027-06-30", None),
        ("name: a, review_by: 20270630}", 4, "metrics[0].review_by", "written as 2027-06-30", None),
        ("name: a, review_by: 2027-02-30}", 4, "metrics[0].review_by", "is '2027-02-30'", None),
        ("name: a, targets: [{op: above, value: 1}]}", 4, "metrics[0].targets[0].op", "is 'above'", None),
        ("name: a, targets: [{op: gte, value: true}]}", 4, "metrics[0].targets[0].value", "must be a number, or", None),
        ("name: a, targets: [{op: gte, value: .nan}]}", 4, "metrics[0].targets[0].value", "must be a number, or", None),
        ("name: a, targets: [{op: gte, value: '7 %'}]}", 4, "metrics[0].targets[0].value", "cannot be read", None),
        ("name: a, targets: [{op: gte}]}", 4, "metrics[0].targets[0].value", "is missing", None),
        ("name: a, cost: {hourly_rate: [5, 3]}}", 4, "metrics[0].cost.hourly_rate", "5 above 3", None),
        ("name: a, cost: {hourly_rate: -3}}", 4, "metrics[0].cost.hourly_rate", "not be negative", None),
        ("name: a, cost: {amount: [true, 2]}}", 4, "metrics[0].cost.amount", "must be a number, or [low", None),
        ("name: a, outcome: {metric: a}}", 4, "metrics[0].outcome.metric", "is the metric itself", None),
        ("name: a, outcome: {metric: b}}", 4, "metrics[0].outcome.metric", "'b' is not a metric of this", None),
        (
            "name: abc, guardrails: [{metric: abd, margin: 5%}]}",
            4,
            "metrics[0].guardrails[0].metric",
            "'abd' is not",
            "abc",
        ),
        ("name: abc, guardrails: [{metric: abc, margin: 5%}]}", 4, "metrics[0].guardrails[0].metric", "itself", None),
        ("name: a, guardrails: [{metric: b, margin: five}]}", 4, "metrics[0].guardrails[0].margin", "such as 5%", None),
        ("name: a, filter: sum(x) > 1}", 4, "metrics[0].filter", "aggregate `sum`", None),
        ("name: a, entity: read_csv('x')}", 4, "metrics[0].entity", "function `read_csv`", None),
        ("name: a, agg_time_dimension: now()}", 4, "metrics[0].agg_time_dimension", "from run to run", None),
        ("name: abc, competing: [abd]}", 4, "metrics[0].competing[0]", "'abd' is not a metric of this", "abc"),
        ("name: abc, competing: [abc]}", 4, "metrics[0].competing[0]", "is the metric itself", None),
        ("name: a, serves: [coal]}", 4, "metrics[0].serves[0]", "'coal' is not one of the register's `purp", None),
        ("name: a, case_mix: max(x)}", 4, "metrics[0].case_mix", "aggregate `max`", None),
        ("name: a, exclusion: 'x = '}", 4, "metrics[0].exclusion", "cannot be read", None),
        ("name: a, revisions: {loaded: now()}}", 4, "metrics[0].revisions.loaded", "from run to run", None),
        ("name: a, revisions: {loaded: x, mode: both}}", 4, "metrics[0].revisions.mode", "is 'both'", None),
        ("name: a, events: [{date: 2024, kind: work}]}", 4, "metrics[0].events[0].date", "written as", None),
        ("name: a, waivers: [{check: x, reason: y, owner: z}]}", 4, "metrics[0].waivers[0].expires", "missing", None),
    ],
)
def test_each_problem_says_what_is_wrong_where_and_what_is_nearest(tmp_path, rest, line, path, says, nearest):
    text = SHORT + "  - " + METRIC + ", " + rest + "\n"
    found = {written(p.path): p for p in problems(tmp_path, text)}
    assert path in found
    problem = found[path]
    assert says in problem.says
    assert problem.line == line
    if nearest:
        assert problem.nearest == nearest
        assert str(problem).endswith(f"did you mean {nearest}?")


def test_a_purpose_has_a_name_of_its_own(tmp_path):
    purposes = "purposes: [{name: coal}, {name: safety, weight: 2}, {name: coal}]\n"
    metric = "  - " + METRIC + ", name: a, serves: [safety, coal]}\n"
    (problem,) = problems(tmp_path, SHORT + metric + purposes)
    assert (problem.path, problem.line) == (("purposes", 2, "name"), 5)
    register = read(write(tmp_path, SHORT + metric + purposes.replace(", {name: coal}]", "]")))
    assert [(p.name, p.weight) for p in register.purposes] == [("coal", 1.0), ("safety", 2.0)]
    assert register.metrics[0].serves == ("safety", "coal")


def test_a_line_of_the_message_reads_as_promised(tmp_path):
    (line,) = told(tmp_path, SHORT + "  - " + METRIC.replace("agg: sum", "agg: summ") + ", name: a}\n")
    assert line == (
        "4:31: metrics[0].agg: is 'summ'; allowed: sum, average, count, count_distinct, min, max, median, share; "
        "did you mean sum?"
    )


def test_rules_over_several_keys_are_told_beside_other_problems(tmp_path):
    text = SHORT + "  - {name: A, type: ratio, source: s, improvement_direction: up, colour: red}\n"
    says = [p.says for p in problems(tmp_path, text)]
    assert len(says) == 4
    assert any("a ratio needs `numerator` and `denominator`" in sentence for sentence in says)


def test_a_name_may_be_given_once(tmp_path):
    text = SHORT + "  - " + METRIC + ", name: a}\n" + "  - " + METRIC + ", name: a}\n"
    (problem,) = problems(tmp_path, text)
    assert (problem.line, problem.path) == (5, ("metrics", 1, "name"))
    assert "pitprop.yml, line 4" in problem.says


def test_an_unknown_source_is_told_with_the_sources(tmp_path):
    (problem,) = problems(tmp_path, SHORT.replace("s: {path", "shifts: {path") + "  - " + METRIC + ", name: a}\n")
    assert problem.allowed == ("shifts",)
    assert "'s' is not a source" in problem.says


def test_checks_are_looked_up_where_they_are_known(tmp_path):
    text = GOOD.replace("effects: {bunching", "effects: {bunchin").replace("check: heaping", "check: heapin")
    assert read(write(tmp_path, text)).policy.effects == {"bunchin": 0.02}
    found = problems(tmp_path, text, known_checks=("bunching", "heaping"))
    assert [(p.path[-1], p.nearest) for p in found] == [("check", "heaping"), ("bunchin", "bunching")]


def test_metrics_may_lie_in_files_of_their_own(tmp_path):
    write(tmp_path, f"metrics:\n  - {METRIC}, name: a2}}\n  - {METRIC}, name: a1}}\n", "metrics/a.yml")
    write(tmp_path, "\n" + "\n".join(METRIC[1:].split(", ")) + "\nname: b\n", "metrics/b.yaml")
    write(tmp_path, "not: a metric", "metrics/notes.txt")
    write(tmp_path, "not: a metric", "metrics/._a.yml")
    file = write(tmp_path, SHORT + f"  - {METRIC}, name: z}}\n  - metrics/*.y*ml\n  - metrics/a.yml\n")
    register = read(file)
    assert [m.name for m in register.metrics] == ["z", "a2", "a1", "b"]
    assert register.where("metrics", "a1").line == 3
    assert register.where("metrics", "a1").file == str(tmp_path / "metrics" / "a.yml")
    assert register.where("metrics", "b", "agg").line == 4
    one = write(tmp_path, SHORT.rstrip() + " metrics/b.yaml\n", "one.yml")
    assert [m.name for m in read(one).metrics] == ["b"]


def test_problems_in_included_files_are_told_by_their_own_lines(tmp_path):
    write(tmp_path, f"version: 1\nmetrics:\n  - {METRIC}, name: a}}\n  - {METRIC}, name: b, colour: x}}\n", "m/a.yml")
    write(tmp_path, f"metrics:\n  - other.yml\n  - {METRIC}, name: a, expr2: x}}\nsources: {{}}\n", "m/b.yml")
    found = problems(tmp_path, SHORT + "  - m/*.yml\n")
    assert [(p.file.rsplit("/", 1)[1], p.line, p.path) for p in found] == [
        ("a.yml", 4, ("metrics", 1, "colour")),
        ("b.yml", 2, ("metrics", 0)),
        ("b.yml", 3, ("metrics", 1, "name")),
        ("b.yml", 3, ("metrics", 1, "expr2")),
        ("b.yml", 4, ("sources",)),
    ]


def test_names_are_not_called_missing_while_a_file_cannot_be_read(tmp_path):
    write(tmp_path, "metrics: [", "m/a.yml")
    text = SHORT + f"  - m/*.yml\n  - {METRIC}, name: b, outcome: {{metric: in_the_broken_file}}}}\n"
    (problem,) = problems(tmp_path, text)
    assert problem.file.endswith("a.yml")


@pytest.mark.parametrize(
    "pattern",
    [
        "/etc/*.yml",
        "../*.yml",
        "metrics/../../x.yml",
        "nothing/*.yml",
        "none.yml",
        "**x/*.yml",
        "http://x/y.yml",
        "",
        "C:\\x.yml",
    ],
)
def test_metric_files_stay_in_the_folder_and_exist(tmp_path, pattern):
    folder = tmp_path / "project"
    write(tmp_path, METRIC[1:].replace(", ", "\n") + "\nname: x\n", "x.yml")
    found = problems(folder, SHORT + f"  - '{pattern}'\n  - {METRIC}, name: a}}\n")
    assert len(found) == 1


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path):
    outside = write(tmp_path, METRIC[1:].replace(", ", "\n") + "\nname: x\n", "secret/x.yml")
    folder = tmp_path / "project"
    (folder / "metrics").mkdir(parents=True)
    (folder / "metrics" / "x.yml").symlink_to(outside)
    (folder / "data.csv").symlink_to(tmp_path / "secret" / "data.csv")
    text = SHORT.replace("s.csv", "data.csv") + f"  - metrics/*.yml\n  - {METRIC}, name: a}}\n"
    found = problems(folder, text)
    assert [(p.line, "out of the register's folder" in p.says) for p in found] == [(2, True), (4, True)]
    assert [m.name for m in read(folder / "pitprop.yml", allow_outside=True).metrics] == ["x", "a"]


@pytest.mark.parametrize(
    "path",
    [
        "http://example.org/x.csv",
        "HTTPS://user:canary@example.org/x.csv",
        "file:///etc/passwd",
        "file:x.csv",
        "s3://bucket/x.parquet",
        "gs://bucket/x",
        "hf://datasets/x",
        "postgresql://user:canary@host/db",
        "md:database",
    ],
)
def test_an_address_is_no_path_and_is_not_repeated(tmp_path, path):
    text = SHORT.replace("s.csv", f"'{path}'") + f"  - {METRIC}, name: a}}\n"
    for allow_outside in (False, True):
        (line,) = told(tmp_path, text, allow_outside=allow_outside)
        assert line.startswith("2:15: sources.s.path: is an address")
        assert "canary" not in line


@pytest.mark.parametrize("path", ["/etc/passwd", "../x.csv", "a/../../x.csv", "C:\\x.csv", "\\\\host\\x.csv"])
def test_data_outside_the_folder_need_leave(tmp_path, path):
    text = SHORT.replace("s.csv", f"'{path}'") + f"  - {METRIC}, name: a}}\n"
    (line,) = told(tmp_path, text)
    assert line.startswith("2:15: sources.s.path: is '")
    assert read(tmp_path / "pitprop.yml", allow_outside=True).sources["s"].path == path


def test_a_connection_is_a_name_and_never_an_address(tmp_path):
    text = SHORT.replace("{path: s.csv}", "{connection: 'postgresql://u:canary@h/d', table: t}")
    (line,) = told(tmp_path, text + f"  - {METRIC}, name: a}}\n")
    assert "PITPROP_NAME_URL" in line
    assert "canary" not in line


def test_what_dbt_keeps_in_meta_counts_as_written_beside_it(tmp_path):
    meta = "config: {tags: [x], meta: {pitprop: {improvement_direction: decrease, purpose: p}, other: 1}}"
    text = SHORT + "  - {name: a, type: simple, source: s, agg: sum, expr: x, " + meta + "}\n"
    register = read(write(tmp_path, text))
    assert (register.metrics[0].improvement_direction, register.metrics[0].purpose) == ("decrease", "p")
    assert register.metrics[0].config.meta == {"other": 1}
    assert register.where("metrics", 0, "purpose").path[2:5] == ("config", "meta", "pitprop")


def test_what_is_declared_in_meta_and_beside_it_is_a_problem(tmp_path):
    meta = "config: {meta: {pitprop: {agg: sum, ownr: x}}}"
    found = problems(tmp_path, SHORT + f"  - {METRIC}, name: a, {meta}}}\n")
    assert [(p.path[-2:], p.nearest) for p in found] == [(("pitprop", "agg"), None), (("pitprop", "ownr"), "owner")]
    assert "declared twice" in found[0].says


def test_a_register_that_cannot_be_opened_is_one_sentence(tmp_path):
    with pytest.raises(RegisterError, match=r"none.yml:1:1: the file does not exist; `pitprop init`"):
        read(tmp_path / "none.yml")
    with pytest.raises(RegisterError, match="is a folder"):
        read(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_register_that_may_not_be_read_is_one_sentence(tmp_path):
    file = write(tmp_path, GOOD)
    file.chmod(0)
    with pytest.raises(RegisterError, match="permission denied"):
        read(file)


def test_a_secret_in_the_wrong_place_is_not_repeated(tmp_path):
    text = GOOD.replace("status: active", "status: 'https://u:canary@h'")
    (line,) = told(tmp_path, text)
    assert "is an address" in line
    assert "canary" not in line


def test_a_register_of_a_hundred_metrics_is_read_in_seconds(tmp_path):
    one = GOOD[GOOD.index("  - name: tonnes") : GOOD.index("  - name: coal")]
    rest = GOOD[GOOD.index("  - name: coal") : GOOD.index("policy")]
    many = "".join(one.replace("tonnes_per_shift", f"m{i}") for i in range(100))
    file = write(tmp_path, GOOD[: GOOD.index("  - name: tonnes")] + many + rest)
    start = time.perf_counter()
    assert len(read(file).metrics) == 102
    assert time.perf_counter() - start < 10
