import numpy as np
import pandas as pd
import pytest

from pitprop.digest import Distribution, Panel, Profile, fingerprint
from pitprop.digest.fingerprint import _cut

GRAINS = (Distribution, Panel, Profile)


def frame(n=3000):
    rng = np.random.default_rng(21)
    return pd.DataFrame(
        {
            "x": rng.lognormal(1, 1, n),
            "who": rng.choice(list("abc"), n),
            "d": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 90, n), unit="D"),
        }
    )


def of(audited, table, **fields):
    source, metric = audited(table, entity="who", agg_time_dimension="d", **fields)
    return [fingerprint(source.digest(metric, grain)) for grain in GRAINS]


def test_the_order_of_rows_does_not_matter(audited):
    table = frame()
    shuffled = table.sample(frac=1, random_state=3).reset_index(drop=True)
    assert of(audited, table) == of(audited, shuffled)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.assign(x=t.x.where(t.index != 7, t.x + 5)),
        lambda t: t.drop(index=7),
        lambda t: pd.concat([t, t.tail(1)]),
        lambda t: t.assign(who=t.who.where(t.index != 7, "d")),
    ],
    ids=["one value", "one row less", "one row more", "one entity"],
)
def test_other_data_have_another_fingerprint(audited, change):
    table = frame()
    before, after = of(audited, table), of(audited, change(table).reset_index(drop=True))
    assert before[1] != after[1]
    assert before[2] != after[2] or (table.x.sum() == change(table).x.sum() and len(table) == len(change(table)))


def test_it_is_sixty_four_digits_and_depends_on_what_is_asked(audited):
    source, metric = audited(frame())
    d, p = source.digest(metric, Distribution), source.digest(metric, Panel)
    assert len(fingerprint(d)) == 64
    assert len({fingerprint(d), fingerprint(p), fingerprint(d, p), fingerprint(p, d), fingerprint()}) == 5


def test_the_last_bits_of_a_sum_do_not_count():
    rng = np.random.default_rng(0)
    decimals = np.round(rng.normal(0, 1000, 20_000), 2)
    powers = 2.0 ** np.arange(-20.0, 60.0)
    for values in (decimals, powers, 10.0 ** np.arange(-9.0, 18.0), np.arange(-2000.0, 2000.0) / 8):
        noisy = values * (1 + rng.choice([-4, -1, 1, 4], len(values)) * 2.0**-52)
        assert _cut(values, values) == _cut(noisy, noisy)


def test_a_sum_that_cancels_is_measured_by_what_went_in():
    size = np.array([1000.0])
    assert _cut(np.array([0.0]), size) == _cut(np.array([3e-13]), size) == _cut(np.array([-3e-13]), size)
    assert _cut(np.array([0.0]), size) != _cut(np.array([0.1]), size)
