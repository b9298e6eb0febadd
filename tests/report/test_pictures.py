"""Figures drawn as SVG: what they show, and that they hold nothing else."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
import time
import xml.etree.ElementTree as ElementTree

import pytest
import sample_audit
from sample_audit import HOSTILE, before_and_after, histogram, metric, process_chart, ranks, sample, verdict

from pitprop.examine.figure import Figure, Histogram, Interval, Intervals, Line, Series
from pitprop.judge.verdict import Ruling
from pitprop.report.charts import picture
from pitprop.report.picture import BAR, BAR_STRONG, FLAG, INK, SHADE, WIDTH, Picture
from pitprop.report.sparkline import HEIGHT, sparkline

FIGURES = [histogram(), process_chart(), before_and_after(), ranks(), ranks(140)]


def drawn(figure: Figure) -> tuple[Picture, ElementTree.Element]:
    shown = picture(figure)
    assert shown is not None
    return shown, ElementTree.fromstring(shown.svg)


def paths(root: ElementTree.Element, **wanted: str) -> list[str]:
    return [str(e.get("d")) for e in root if e.tag == "path" and all(e.get(n) == v for n, v in wanted.items())]


def texts(root: ElementTree.Element) -> list[str]:
    return [str(e.text) for e in root if e.tag == "text"]


@pytest.mark.parametrize("figure", FIGURES)
def test_a_picture_is_shapes_and_text_without_ids_styles_links_or_a_size_of_its_own(figure: Figure) -> None:
    shown, root = drawn(figure)
    assert {e.tag for e in root.iter()} == {"svg", "path", "text"}
    names = {name for e in root.iter() for name in e.attrib}
    assert names.isdisjoint({"id", "style", "href", "width", "height", "clip-path", "onclick"})
    assert root.get("role") == "img"
    assert root.get("aria-label") == figure.title
    left, top, wide, tall = (float(n) for n in str(root.get("viewBox")).split())
    assert (left, top, wide) == (0, 0, WIDTH)
    assert 150 < tall < 620
    assert "NaN" not in shown.svg


@pytest.mark.parametrize("figure", FIGURES)
def test_the_same_figure_gives_the_same_bytes(figure: Figure) -> None:
    assert picture(figure) == picture(dataclasses.replace(figure))


def test_a_histogram_draws_each_bar_its_counterfactual_and_its_target() -> None:
    shown, root = drawn(histogram())
    bars = "".join(paths(root, fill=BAR) + paths(root, fill=BAR_STRONG))
    assert bars.count("M") == 60
    assert "".join(paths(root, fill=BAR_STRONG)).count("M") == 6
    assert len(paths(root, fill=SHADE)) == 1
    steps = paths(root, stroke=INK)
    assert len(steps) == 1
    assert steps[0].count("L") == 2 * 60 - 1
    assert len(paths(root, stroke=FLAG)) == 1
    assert "target" in texts(root)
    assert [key.swatch for key in shown.key] == ["bar", "strong", "step", "rule"]
    assert shown.columns == ("From", "to below", "Observed", "Expected")
    assert shown.rows[30] == ("7", "7.1", "650", "390.1")


def test_the_tallest_bar_reaches_as_high_as_its_count() -> None:
    two = Histogram(title="t", x_is="x", left=(0.0, 1.0), width=1.0, observed=(50.0, 100.0))
    _, root = drawn(two)
    bars = re.findall(r"M([\d.]+),([\d.]+)h([\d.]+)v([\d.]+)", "".join(paths(root, fill=BAR)))
    tall = [float(bar[3]) for bar in bars]
    assert tall[1] == pytest.approx(2 * tall[0], abs=0.2)
    assert tall[1] == pytest.approx(200 / 1.06, abs=0.2)


def test_a_histogram_of_many_bins_joins_neighbours_but_never_across_the_target_and_loses_no_count() -> None:
    left = tuple(float(i) for i in range(1000))
    many = Histogram(title="t", x_is="x", left=left, width=1.0, observed=tuple(i + 1.0 for i in left), target=503.0)
    shown, _ = drawn(many)
    assert len(shown.rows) <= 161
    assert "503" in [row[0] for row in shown.rows]
    assert sum(float(row[2].replace(",", "")) for row in shown.rows) == pytest.approx(1000 * 1001 / 2)


def test_a_counterfactual_is_broken_where_there_are_no_bins() -> None:
    gap = Histogram(
        title="t", x_is="x", left=(0.0, 1.0, 5.0), width=1.0, observed=(1.0, 2.0, 3.0), expected=(1.0, 2.0, 3.0)
    )
    _, root = drawn(gap)
    assert "".join(paths(root, stroke=INK)).count("M") == 2


def test_a_series_breaks_at_missing_values_marks_signals_and_labels_limits() -> None:
    shown, root = drawn(process_chart())
    line = [d for d in paths(root, stroke="#1f4e79") if "L" in d]
    assert "".join(line).count("M") == 2
    assert len(re.findall("M", "".join(paths(root, fill=FLAG)))) == 2
    assert {"mean", "upper natural limit", "lower natural limit", "target", "target in force"} <= set(texts(root))
    assert {"2021", "2022", "2023"} <= set(texts(root))
    assert shown.rows[20][1].endswith("◆")
    assert shown.rows[30][1] == "–"


def test_labels_that_are_no_dates_keep_their_order() -> None:
    shown, root = drawn(before_and_after())
    assert [t for t in texts(root) if t.startswith("Q1")] == ["Q1 2019", "Q1 2020", "Q1 2021", "Q1 2022", "Q1 2023"]
    assert shown.rows[0][0] == "Q1 2019"
    assert shown.rows[-1][0] == "Q4 2023"
    assert shown.columns == ("When", "with the target", "interval of with the target", "without")


def test_lines_differ_by_dash_and_not_by_colour_alone() -> None:
    x = ("2020-01-01", "2021-01-01")
    many = Series(title="t", y_is="y", lines=tuple(Line(name=n, x=x, y=(i, i + 1.0)) for i, n in enumerate("abcd")))
    _, root = drawn(many)
    dashes = [e.get("stroke-dasharray") for e in root if "L" in (e.get("d") or "") and e.get("stroke-width") == "1.6"]
    assert len(dashes) == 4
    assert len(set(dashes)) == 4


def test_intervals_keep_the_order_given_and_stand_out_where_asked() -> None:
    shown, root = drawn(ranks())
    labels = [t for t in texts(root) if t.startswith("Crew")]
    assert labels[0] == "Crew 1 of the long west…"
    assert len(labels) == 12
    bold = [e.text for e in root if e.tag == "text" and e.get("font-weight") == "bold"]
    assert bold == ["Crew 1 of the long west…", "Crew 12"]
    assert shown.rows[0][:2] == ("Crew 1 of the long western gallery", "1")
    crews = [e for e in root if e.tag == "text" and str(e.text).startswith("Crew")]
    crews.sort(key=lambda e: float(str(e.get("y"))))
    assert [str(e.text).split()[1] for e in crews] == [str(place) for place in range(1, 13)]


def test_a_few_rows_with_long_labels_carry_them_above() -> None:
    labels = ("from the past of coal_delivered alone", "from its past and Tonnes per shift", "what it adds")
    rows = tuple(Interval(label=label, estimate=1.0, lower=0.0, upper=2.0) for label in labels)
    _, root = drawn(Intervals(title="t", x_is="x", rows=rows))
    assert [t for t in texts(root) if t in labels] == list(labels)
    assert {e.get("text-anchor") for e in root if e.text in labels} == {"start"}
    assert len({e.get("x") for e in root if e.text in labels}) == 1


def test_a_long_table_names_what_it_has_room_for_and_says_so() -> None:
    shown, root = drawn(ranks(140))
    labels = [e for e in root if e.tag == "text" and str(e.text).startswith("Crew")]
    heights = sorted(float(str(e.get("y"))) for e in labels)
    assert min(b - a for a, b in itertools.pairwise(heights)) >= 17.9
    assert len(shown.rows) == 140
    assert shown.key[-1].means == f"140 rows, {len(labels)} of them named; all are in the table"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_come_out_as_text(text: str) -> None:
    hostile = [
        histogram(title=text, x_is=text),
        process_chart(title=text, y_is=text, events=((text, text),), levels=((7.0, text),)),
        Series(title=text, y_is=text, lines=(Line(name=text, x=(text, "b"), y=(1.0, 2.0)),), events=((text, text),)),
        Intervals(
            title=text,
            x_is=text,
            rows=(Interval(label=text, estimate=1, lower=0, upper=2),),
            reference=1.0,
            reference_is=text,
        ),
    ]
    for figure in hostile:
        _, root = drawn(figure)
        assert {e.tag for e in root.iter()} == {"svg", "path", "text"}


@pytest.mark.parametrize(
    "figure",
    [
        Histogram(title="t", x_is="x", left=(), width=1.0, observed=()),
        Histogram(title="t", x_is="x", left=(1.0,), width=0.0, observed=(1.0,)),
        Series(title="t", y_is="y", lines=()),
        Series(title="t", y_is="y", lines=(Line(name="a", x=("b",), y=(None,)),)),
        Intervals(title="t", x_is="x", rows=()),
    ],
)
def test_a_figure_without_data_is_not_drawn(figure: Figure) -> None:
    assert picture(figure) is None


@pytest.mark.parametrize(
    "figure",
    [
        Histogram(title="t", x_is="x", left=(1.0,), width=1.0, observed=(0.0,), target=math.nan),
        Histogram(title="t", x_is="x", left=(1e9,), width=0.5, observed=(1e12,), target=1e9),
        Series(title="t", y_is="y", lines=(Line(name="a", x=("2020-01-01",), y=(5.0,)),)),
        Series(
            title="t", y_is="y", lines=(Line(name="a", x=("b", "c"), y=(math.inf, 0.0)),), levels=((math.nan, "n"),)
        ),
        Intervals(title="t", x_is="x", rows=(Interval(label="", estimate=0, lower=-math.inf, upper=math.inf),)),
    ],
)
def test_odd_figures_are_drawn_without_a_number_that_is_not_finite(figure: Figure) -> None:
    shown, _ = drawn(figure)
    assert not re.search(r"nan|inf(?!o)", shown.svg.lower())


# ---- sparkline


def test_a_sparkline_keeps_the_target_on_its_scale_and_says_itself_in_words() -> None:
    spark = sparkline(sample()["injury_rate"])
    assert spark is not None
    assert spark.targets == (15.0,)
    assert spark.path.count("L") == 5
    assert spark.says == "From 12 in 2021-01-01 to 8 in 2021-06-01; target 10"
    assert spark.end[1] == HEIGHT - 4


def test_a_sparkline_of_a_metric_with_many_targets_shows_the_course_alone() -> None:
    many = sample_audit.trend((1.0, 2.0), levels=tuple((float(i), "target") for i in range(11)))
    spark = sparkline(verdict(metric("a"), Ruling.KEEP, trend=many))
    assert spark is not None
    assert spark.targets == ()
    assert spark.path == "M4,26L116,4"


def test_one_value_is_no_course() -> None:
    assert sparkline(verdict(metric("a"), Ruling.KEEP, trend=sample_audit.trend((1.0, None)))) is None


# ---- the whole page


def test_a_report_on_forty_metrics_is_at_most_two_megabytes_and_takes_seconds() -> None:
    full = sample().verdicts[0]
    verdicts = []
    for place in range(40):
        shift = 0.001 * place
        figures: dict[str, Figure] = {
            "bunching": histogram(target=7.0 + shift),
            "guardrail": before_and_after(levels=((shift, "no relation"),)),
            "process_behaviour": process_chart(levels=((6.7 + shift, "mean"), (7.6, "upper"), (5.9, "lower"))),
            "rankability": ranks(140, reference=70 + shift),
        }
        findings = tuple(dataclasses.replace(f, figure=figures.get(f.check)) for f in full.findings)
        verdicts.append(dataclasses.replace(full, metric=metric(f"metric_{place}"), findings=findings))
    audit = dataclasses.replace(sample(), verdicts=tuple(verdicts))
    start = time.process_time()
    page = audit.render("html").encode()
    spent = time.process_time() - start
    assert page.count(b'<svg class="chart"') == 160
    assert len(page) <= 2_000_000
    assert spent < 60


def test_the_page_is_complete_in_itself() -> None:
    page = sample().render("html")
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=[\"'](?!#)", page)
    assert "@import" not in page
    assert "url(" not in page
    assert len(re.findall(r' id="([^"]+)"', page)) == len(set(re.findall(r' id="([^"]+)"', page)))


def test_metrics_whose_names_are_no_fit_ids_still_have_sections_of_their_own() -> None:
    base = sample().verdicts[4]
    odd = [base.metric.model_copy(update={"name": name}) for name in ("a b", "a b", 'a"b', "fine")]
    audit = dataclasses.replace(sample(), verdicts=tuple(dataclasses.replace(base, metric=m) for m in odd))
    anchors = re.findall(r'<h2 id="(metric-[^"]+)"', audit.render("html"))
    assert anchors == ["metric-1", "metric-2", "metric-3", "metric-fine"]
