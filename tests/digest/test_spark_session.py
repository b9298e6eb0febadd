"""Spark sessions: joined, started, given back, or refused in a sentence."""

import json
import os
import subprocess
import sys

import pytest
from test_portable import ROWS, close_to, evaluate

from pitprop.digest import SourceError
from pitprop.digest.remote import open_table

pytestmark = pytest.mark.spark


def test_settings_of_a_running_session_are_put_back(spark):
    keys = ("spark.sql.session.timeZone", "spark.sql.ansi.enabled", "spark.sql.mapKeyDedupPolicy")
    before = {"spark.sql.session.timeZone": "Asia/Tokyo", "spark.sql.ansi.enabled": "false"}
    kept = {key: spark.session.conf.get(key) for key in keys}
    spark.load("functions", ROWS)
    for key, value in before.items():
        spark.session.conf.set(key, value)
    one = open_table("lake", "functions", source="rows", environ=spark.environ)
    two = open_table("lake", "functions", source="rows", environ=spark.environ)
    assert evaluate(one, "hour(t)") == close_to([23, 0, 0, 12, None])
    one.close()
    assert spark.session.conf.get("spark.sql.session.timeZone") == "UTC"
    two.close()
    assert {key: spark.session.conf.get(key) for key in keys} == {**kept, **before}
    for key, value in kept.items():
        spark.session.conf.set(key, value)


URLS = {
    "spark://local[two]": "the URL of a Spark connection is spark://",
    "spark://local[2]?warehouse=x": "settings after `[?]` begin with `spark.`",
    "sc://": "the URL of a Spark connection is spark://",
    "spark://127.0.0.1:9": "Spark cannot be reached",
    "spark://local[7]": "already has a Spark session with other settings.*write spark://",
}


@pytest.mark.parametrize("url", URLS)
def test_a_url_that_leads_nowhere_is_a_sentence(url, spark):
    with pytest.raises(SourceError, match=rf"source `rows`: connection `lake` .*PITPROP_LAKE_URL.*{URLS[url]}") as told:
        open_table("lake", "functions", source="rows", environ={"PITPROP_LAKE_URL": url})
    assert "127.0.0.1" not in str(told.value)


def test_without_java_there_is_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SourceError, match="needs Java 17 or later"):
        open_table("lake", "t", source="rows", environ={"PITPROP_LAKE_URL": "spark://local[2]"})


def test_without_the_extra_there_is_a_sentence_that_installs_it():
    script = (
        "import sys; sys.modules['pyspark'] = None\n"
        "from pitprop.digest.remote import open_table\n"
        "open_table('lake', 't', source='rows', environ={'PITPROP_LAKE_URL': 'spark://local[2]'})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "pip install 'pitprop[spark]'" in done.stderr.splitlines()[-1]


def test_spark_adds_nothing_to_what_is_printed_nor_to_the_folder(tmp_path):
    declared = {
        "version": 1,
        "sources": {"t": {"connection": "lake", "table": "nothing"}},
        "metrics": [
            {"name": "m", "type": "simple", "agg": "average", "expr": "x", "source": "t"}
            | {"improvement_direction": "increase"}
        ],
    }
    (tmp_path / "pitprop.yml").write_text(json.dumps(declared))
    done = subprocess.run(
        [sys.executable, "-m", "pitprop", "audit", str(tmp_path), "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PITPROP_LAKE_URL": "spark://local[1]"},
    )
    assert done.returncode == 3
    assert "no table `nothing`" in json.loads(done.stdout)["metrics"][0]["problem"]
    assert not any(word in done.stderr for word in ("WARN", "Spark's", "jdk", "pandas", "Traceback"))
    assert [file.name for file in tmp_path.iterdir()] == ["pitprop.yml"]
