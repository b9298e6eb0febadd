"""Expressions: what people need is accepted and means the same in DuckDB; everything else is refused."""

import sys
import time

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitprop.define.expression import FUNCTIONS, ExpressionError, columns, parse, quoted

LEGITIMATE = [
    "tonnes",
    '"Calls answered"',
    '"Grüße, 100 % ""sic"""',
    "1",
    "tonnes / nullif(hours, 0)",
    "100.0 * met / total",
    "-x",
    "(a + b) * c - d % 3",
    "a // b",
    "a ** 2",
    "pit <> 'training'",
    "pit = 'north' and not closed",
    "status in ('open', 'held') or priority >= 3",
    "age between 18 and 65",
    "ended is not null",
    "name like 'A%'",
    "name ilike '%mine%'",
    "case when late then 1 else 0 end",
    "case grade when 'A' then 4 when 'B' then 3 else 0 end",
    "coalesce(bonus, 0)",
    "cast(ok as integer)",
    "x::decimal(10, 2)",
    "try_cast(replace(sla, '%', '') as double)",
    "round(x, 2)",
    "greatest(a, b, 0)",
    "least(a, b)",
    "ln(x + 1)",
    "power(x, 0.5) + sqrt(x) + exp(x) + abs(x)",
    "floor(x) + ceil(x)",
    "lower(trim(name))",
    "upper(substr(name, 1, 3))",
    "length(name)",
    "crew || '-' || shift",
    "concat(crew, '-', shift)",
    "date_trunc('month', day)",
    "extract(year from day)",
    "date_part('quarter', day)",
    "year(day) * 100 + month(day)",
    "make_date(y, m, 1)",
    "try_strptime(\"Month\", '%b-%y')",
    "date_diff('minute', started, ended)",
    "ended - interval 1 day",
    "date '2024-01-01' + interval (n) month",
    "day >= date '2024-01-01'",
    "if(x > 0, x, 0)",
    "a is distinct from b",
]

HOSTILE = """
select 1
SELECT * FROM secrets
(select 1)
(select max(x) from t)
a in (select b from t)
a = (select 1)
a = any(select 1)
a > all (select b from t)
exists (select 1)
not exists(select 1 from t)
exists (from t)
case when exists(select 1) then 1 end
coalesce((select 1), 0)
a + (select count(*) from t)
with x as (select 1) select * from x
with x as (select 1) x
from t
from 'secrets.csv'
values (1)
table t
a union select 1
a union all select 2
1 intersect select 1
1 except select 1
a;
;a
a; drop table t
a;;
1; select 1
a'; drop table t; --
' or 1=1 --
a or 1=1; --
1) or (1=1
a) from t --
a -- comment
a /* comment */
/* a */ a
/*! a */ a
a /*+ hint */
a /* /* nested */ */ + 1
--
-- a
/**/
a --
a#comment
drop table t
DROP TABLE t CASCADE
create table t as select 1
insert into t values (1)
update t set a = 1
delete from t
truncate t
alter table t add column b int
attach 'evil.db' as e
attach 'https://example.org/x.db'
detach t
copy t to 'out.csv'
copy (select 1) to '/tmp/x'
export database 'x'
import database 'x'
install httpfs
load httpfs
load 'evil.duckdb_extension'
pragma database_list
pragma enable_external_access
set enable_external_access = true
reset all
call pragma_version()
use other
explain select 1
describe t
show tables
summarize t
execute p
prepare p as select 1
begin transaction
grant all on t to u
vacuum analyze t
checkpoint db
begin; select 1; commit
read_csv('secrets.csv')
read_csv_auto('/etc/passwd')
read_parquet('x.parquet')
read_json('x.json')
read_json_auto('x.json')
read_ndjson('x')
read_text('/etc/passwd')
read_blob('/etc/passwd')
READ_TEXT('/etc/passwd')
"read_text"('/etc/passwd')
main.read_text('/etc/passwd')
parquet_scan('x')
parquet_metadata('x')
sniff_csv('x')
glob('/etc/*')
getenv('HOME')
getenv(a)
GetEnv('AWS_SECRET_ACCESS_KEY')
current_setting('access_mode')
getvariable('x')
set_config('a', 'b')
pg_sleep(10)
sleep(10)
benchmark(1000000, md5('a'))
pg_read_file('/etc/passwd')
pg_ls_dir('/')
lo_import('/etc/passwd')
dblink('x', 'select 1')
load_file('/etc/passwd')
xp_cmdshell('dir')
utl_http.request('http://example.org')
sqlite_scan('x', 'y')
postgres_scan('x', 'y', 'z')
postgres_query('x', 'y')
mysql_query('x', 'y')
query('select 1')
query_table('t')
duckdb_secrets()
duckdb_settings()
pragma_table_info('t')
which_secret('a', 'b')
system('ls')
eval('1')
exec('ls')
java_method('java.lang.Runtime', 'getRuntime')
reflect('java.lang.System', 'getenv')
nextval('s')
currval('s')
txid_current()
version()
current_user
current_user()
session_user
current_schema()
current_database()
current_date
current_timestamp
now()
today()
random()
uuid()
gen_random_uuid()
setseed(0.5)
sum(x)
avg(x)
count(*)
count(distinct x)
count_if(x)
max(x)
median(x)
list(x)
string_agg(x, ',')
array_agg(x)
quantile_cont(x, 0.5)
arg_max(a, b)
sum(x) filter (where y)
sum(x) over ()
row_number() over (order by a)
lag(x) over (partition by a order by b)
rank() over w
lower(a) over ()
unnest(a)
unnest([1, 2])
generate_series(1, 1000000000)
range(1000000000)
repeat('a', 1000000000)
lpad('a', 1000000000, 'b')
rpad(a, 1000000000, ' ')
list_transform([1], x -> x)
[x for x in a]
x -> x + 1
lambda x : x + 1
[1, 2, 3]
{'a': 1}
map {'a': 1}
struct_pack(a := 1)
row(1, 2)
(a, b)
a, b
a b
a as b
a := 1
a[1]
a[1:2]
a.b
t.a
"t"."a"
main.t.a
db.main.t.a
a.*
*
t.*
* exclude (a)
columns('a.*')
columns(*)
$1
$name
?
:name
@@version
@x
#1
{{ config }}
{% for a in b %}
a -> '$.b'
a ->> '$.b'
a::json
a::int[]
a::struct(b int)
a::map(int, int)
a::enum('x')
a::blob
a::evil
cast(a as regclass)
cast(a as union(b int))
a in ()
a in t
a collate nocase
regexp_replace(a, '(a+)+$', 'b')
regexp_matches(a, '(a+)+$')
a ~ '(a+)+$'
a similar to '(a+)+'
a & b
a | b
a << 3
~a
a !
!a
e'\\x41'
x'41'
b'1'
$$a$$
$tag$a$tag$
`a`
[a]
extract(evil from a)
date_trunc('evil', a)
interval 1 evil
lower(a order by b)
lower(distinct a)
hash(a)
md5(a)
error('x')
try(a)
alias(a)
typeof(a)
unknown_function(a)
lenght(a)
sum
""".replace("\\\\", "\\").splitlines()

UNICODE = [
    "a\u00a0or 1=1",
    "a\u2028select",
    "a\uff1b drop table t",
    "a\u037e drop table t",
    "\u201ca\u201d",
    "\u2018a\u2019",
    "a\u200bb",
    "a\u202ename",
    "\ufeffa",
    "a\0",
    "a\x1b[31m",
    "'a\0'",
    "\ud800",
    "'\udfff'",
    "a \u2212 b",
    "a \u2260 b",
    "\u0430(\u0431)",
    "ｓｅｌｅｃｔ １ from t",
    "a\x0bor 1",
    "a\x85or 1",
]

SHAPED = [
    "",
    "   ",
    "\n",
    "'unclosed",
    '"unclosed',
    "(a",
    "a)",
    "case when a then 1",
    "a +",
    "1 +",
    "and b",
    "a = = b",
    '""',
    "(" * 101 + "a" + ")" * 101,
    "(" * 1900 + "a" + ")" * 1900,
    "abs(" * 200 + "a" + ")" * 200,
    "[" * 3000,
    "{" * 3000,
    "case when " * 200,
    "not " * 900 + "a",
    "- " * 1900 + "a",
    "a" + " + a" * 600,
    "a" + "::int" * 700,
    "a in (" * 500,
    "x" * 4001,
    "'" + "x" * 4000 + "'",
]

# "sum" alone is a column of that name.
REFUSED = [line for line in HOSTILE if line and line != "sum"] + UNICODE + SHAPED


def test_there_are_enough_of_both_kinds():
    assert len(set(LEGITIMATE)) >= 40
    assert len(set(REFUSED)) >= 200


@pytest.mark.parametrize("sql", LEGITIMATE)
def test_what_people_need_is_accepted(sql):
    written = parse(sql).sql(dialect="duckdb")
    assert parse(written).sql(dialect="duckdb") == written


@pytest.mark.parametrize("sql", REFUSED)
def test_what_could_do_harm_is_refused_at_once_and_in_a_sentence(sql):
    start = time.perf_counter()
    with pytest.raises(ExpressionError) as refused:
        parse(sql)
    assert time.perf_counter() - start < 0.5
    assert str(refused.value).startswith("the expression ")
    assert str(refused.value).replace("\n", " ").isprintable()


def test_a_refusal_does_not_depend_on_how_deep_the_caller_is():
    def deep(levels):
        if levels:
            return deep(levels - 1)
        with pytest.raises(ExpressionError):
            parse("(" * 24 + "a" + ")" * 24 + ")")
        return "refused"

    assert deep(sys.getrecursionlimit() - 450) == "refused"


@pytest.mark.parametrize(
    ("sql", "part"),
    [
        ("getenv('A')", "the function `getenv`"),
        ("sum(x)", "the aggregate `sum`"),
        ("now()", "`now`, which changes from run to run"),
        ("a in (select 1)", "a query"),
        ("drop table t", "starts with DROP"),
        ("t.a", "a column is written alone"),
        ("a b", "near `b` (character 3)"),
        ("a; b", "`;`"),
        ("a -- b", "comment"),
        ("a::int[]", "casts to"),
        ("list_transform(a, x)", "the function `list_transform`"),
        ("“a”", "straight double quotes"),
    ],
)
def test_the_sentence_names_what_is_wrong(sql, part):
    with pytest.raises(ExpressionError) as refused:
        parse(sql)
    assert part in str(refused.value)


def test_a_misspelt_function_gets_its_nearest_name_and_the_list():
    with pytest.raises(ExpressionError) as refused:
        parse("lenght(name)")
    assert refused.value.nearest == "length"
    assert refused.value.allowed.split(", ") == list(FUNCTIONS)


def test_the_columns_are_named_once_in_their_order():
    sql = "case when \"Pit no.\" = 'x' then b / nullif(a, 0) else b end + extract(year from day)"
    assert columns(parse(sql)) == ("Pit no.", "b", "a", "day")
    assert columns(parse("1 + 1")) == ()


ROWS = """
create table t as select * from (values
  (1, 7, 2.5::double, 'Ab c ', date '2024-03-31', timestamp '2024-05-06 07:08:09', true, 'Jan-24', 3),
  (2, -7, -2.5, null, date '2023-01-01', timestamp '2020-02-29 23:59:59', false, '2024-02', 1),
  (3, null, null, '', null, null, null, 'x', 100)) v(k, a, x, s, d, ts, b, m, n)
"""
MEANINGS = """
-a ** 2 | 2 ** 3 ** 2 | -2 ** 2 | a ^ 2 | a // 2 | -5 // 2 | a / 2 | 5 / 2 | a % 3 | -5 % 3 | mod(a, 3)
not b = true | not b and a > 1 | a - 1 - 1 | a - (1 - 1) | a / n / 2 | 1 - a * 2 + 3 | a * 2 % 3
a between 1 and 8 and b | a in (7, 2) or b | a not between 1 and 2 | a in [7, 1] | a not in (1, 7)
s like 'A%' | s not like 'A%' | s ilike 'a%' | s like '%' || 'b' || '%' | coalesce(s, 'none') | nullif(s, '')
1 + a % 3 | a - n % 2 | a % 3 * 2 | n % 3 // 2 | a % 4 + n % 3 * 2 - a // 2 * 3 | 2 * mod(a, 3)
(a + 1) % 3 | mod(a + 1, 3) | 100 // mod(n + 1, 5) | 100 // (n + a // 2)
case when a > 0 then 1 when a < 0 then -1 end | case a when 7 then 'seven' else 'other' end
cast(x as integer) | try_cast(m as date) | x::decimal(10,1) | b::int
round(x) | round(x, 1) | round(a / 3.0, 2) | round(-2.5) | trunc(x) | floor(x) | ceil(x) | sign(x)
least(a, 3, null) | greatest(a, 3) | ln(n + 1) | log(n + 1) | log10(n + 1) | log2(n + 1) | log(2, n + 1)
exp(x) | sqrt(abs(x)) | cbrt(x) | power(x, 2) | pow(2, -1) | 1e3 * a | .5 * a | 1_000 * a | - - a | a - -1
lower(s) | trim(s) | ltrim(s) | rtrim(s) | trim(s, ' A') | trim(both 'A' from s) | substr(s, 2, 2)
substring(s, 2) | left(s, 1) | right(s, 1) | left(s, -1) | length(s) | replace(s, 'A', 'B') | concat(s, null)
split_part(s, ' ', 2) | contains(s, 'b') | starts_with(s, 'A') | s || a || 'x' | a + 1 || 'x' | 'it''s' | "S"
date_trunc('month', d) | date_trunc('week', ts) | date_trunc('month', cast(ts as date)) | last_day(d)
extract(year from d) | extract('month' from d) | extract(dow from d) | extract(epoch from ts) | epoch(ts)
date_part('year', d) | date_part('dow', d) | date_part('epoch', ts) | date_part('week', ts) | isodow(d)
year(d) | quarter(d) | month(ts) | week(d) | day(d) | dayofweek(d) | hour(ts) | minute(ts) | date(ts)
date_diff('day', d, ts) | date_diff('month', d, date '2025-01-01')
datediff('hour', ts, timestamp '2025-01-01')
date_add(d, interval 1 month) | d + interval 1 month | d - interval '3 days' | d + interval (k) day | d + 1
d - date '2024-01-01' | make_date(2024, k, 1) | strptime('2024-05', '%Y-%m') | try_strptime(m, '%b-%y')
strftime(d, '%Y-%m') | strftime(ts, '%d/%m/%Y %H:%M') | interval '1 month 2 days' | ts + interval '90 minutes'
isnan(x) | isinf(x) | isfinite(x) | b is true | b is not true | a is distinct from 7 | s is null
not a is null | a <> 7 | a != 7 | a == 7 | if(a > 1, 'y', 'n') | ifnull(a, 0) | true and null | a = 1 or a = 7 and b
"""


def test_what_is_written_out_again_means_the_same_to_duckdb():
    connection = duckdb.connect()
    connection.execute(ROWS)

    def answer(sql):
        rows = connection.execute(f"select {sql} from t order by k").fetchall()
        return [repr(row) for row in rows]

    meanings = [sql.strip() for line in MEANINGS.strip().splitlines() for sql in line.split(" | ")]
    different = [sql for sql in meanings if answer(sql) != answer(parse(sql).sql(dialect="duckdb"))]
    assert len(meanings) > 130
    assert different == []


def test_a_remainder_binds_as_a_product_does():
    for plain, meant in {"1 + n % 3": "1 + (n % 3)", "n % 3 * 2": "(n % 3) * 2", "n % 3 // 2": "(n % 3) // 2"}.items():
        bare = parse(meant).transform(lambda node: node.this if type(node).__name__ == "Paren" else node)
        assert parse(plain) == bare


@pytest.mark.parametrize("sql", ["out", "sum(out)", "out > 3", "from"])
def test_a_reserved_word_is_refused_with_the_way_to_write_it_as_a_column(sql):
    with pytest.raises(ExpressionError, match="is a column, put it in double quotes"):
        parse(sql)


@pytest.mark.parametrize(
    "name", ["a", "Calls", "a b", 'q"q', "select", "user", "date", "order", "2x", "ü", "a;--", "'", "\n"]
)
def test_a_quoted_column_is_that_column_and_nothing_else(name):
    assert columns(parse(quoted(name))) == (name,)
    connection = duckdb.connect()
    escaped = name.replace('"', '""')
    connection.execute(f'create table t as select 42 as "{escaped}"')
    assert connection.execute(f"select {parse(quoted(name)).sql(dialect='duckdb')} from t").fetchone() == (42,)


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            [
                *["a", "1", "'x'", *"(),+-*/.;:", "case", "when", "then", "end", "and", "not", "in", "is"],
                *["null", "--", "select", "cast", "as", "interval", "extract", "like", "between"],
            ]
        )
    ).map(" ".join)
)
def test_no_text_raises_anything_else(sql):
    try:
        tree = parse(sql)
    except ExpressionError as refused:
        assert refused.says.startswith("the expression ")
    else:
        assert parse(tree.sql(dialect="duckdb")) is not None
