"""SQL expressions as the register may contain them: one value per row, and nothing that acts.

An expression is parsed and every part of the tree is compared with a list of what is allowed; nothing is run.
Whoever builds a query from it writes the tree out again (`expression.sql(dialect=...)`) and never the text.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pitprop.errors import PitpropError

if TYPE_CHECKING:
    from sqlglot import exp

MAX_LENGTH = 4000
MAX_NESTING = 24
"""Brackets and CASE within one another that the text may have; the parser recurses on each of them."""
MAX_DEPTH = 100
"""Levels that the parsed tree may have."""

FUNCTIONS: dict[str, str] = {
    "abs": "Abs",
    "cbrt": "Cbrt",
    "ceil": "Ceil",
    "ceiling": "Ceil",
    "coalesce": "Coalesce",
    "concat": "Concat",
    "contains": "Contains",
    "date": "Date",
    "date_add": "DateAdd",
    "date_diff": "DateDiff",
    "date_part": "Extract",
    "date_trunc": "TimestampTrunc",
    "datediff": "DateDiff",
    "day": "Day",
    "dayofweek": "DayOfWeek",
    "epoch": "TimeToUnix",
    "exp": "Exp",
    "extract": "Extract",
    "floor": "Floor",
    "greatest": "Greatest",
    "hour": "Hour",
    "if": "If",
    "ifnull": "Coalesce",
    "isfinite": "Anonymous",
    "isinf": "IsInf",
    "isnan": "IsNan",
    "isodow": "DayOfWeekIso",
    "last_day": "LastDay",
    "least": "Least",
    "left": "Left",
    "length": "Length",
    "ln": "Ln",
    "log": "Log",
    "log10": "Log",
    "log2": "Log",
    "lower": "Lower",
    "ltrim": "Trim",
    "make_date": "DateFromParts",
    "minute": "Minute",
    "mod": "Mod",
    "month": "Month",
    "nullif": "Nullif",
    "pow": "Pow",
    "power": "Pow",
    "quarter": "Quarter",
    "replace": "Replace",
    "right": "Right",
    "round": "Round",
    "rtrim": "Trim",
    "sign": "Sign",
    "split_part": "SplitPart",
    "sqrt": "Sqrt",
    "starts_with": "StartsWith",
    "strftime": "TimeToStr",
    "strptime": "StrToTime",
    "substr": "Substring",
    "substring": "Substring",
    "trim": "Trim",
    "trunc": "Trunc",
    "try_strptime": "Anonymous",
    "upper": "Upper",
    "week": "Week",
    "year": "Year",
}
"""Function as it is written -> node of the tree that it becomes."""


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SYNTAX = _listed(
    """Column Identifier Literal Boolean Null Paren Neg Not And Or EQ NEQ GT GTE LT LTE Is NullSafeEQ
    NullSafeNEQ Between In Like ILike Escape Add Sub Mul Div IntDiv Mod Pow DPipe Case If Cast TryCast
    DataType DataTypeParam Interval Var AtTimeZone DateTrunc"""
)
_NODES = _SYNTAX | (frozenset(FUNCTIONS.values()) - {"Anonymous"})
_ANONYMOUS = frozenset(name for name, node in FUNCTIONS.items() if node == "Anonymous")

_TYPES = _listed(
    """TINYINT SMALLINT INT MEDIUMINT BIGINT INT128 UTINYINT USMALLINT UINT UBIGINT UINT128 FLOAT DOUBLE
    DECIMAL BOOLEAN CHAR VARCHAR TEXT DATE TIME TIMESTAMP TIMESTAMPNTZ TIMESTAMPTZ"""
)
_UNITS = _listed(
    """YEAR QUARTER MONTH WEEK DAY HOUR MINUTE SECOND MILLISECOND MICROSECOND DECADE CENTURY DOW ISODOW DOY
    DAYOFWEEK DAYOFYEAR ISOYEAR EPOCH"""
)
_QUERIES = _listed("""Select Subquery Exists Union Intersect Except From Table Any All With CTE Values Pivot""")
_CLOCK = _listed(
    """CurrentDate CurrentTime CurrentTimestamp CurrentDatetime Localtime Localtimestamp CurrentUser
    SessionUser CurrentSchema CurrentCatalog Rand Randn Uuid now today random uuid get_current_time
    transaction_timestamp"""
)
_PARAMETERS = _listed("""Placeholder Parameter SessionParameter PositionalColumn""")
_STATEMENTS = _listed(
    """SELECT WITH INSERT UPDATE DELETE DROP CREATE ALTER COPY ATTACH DETACH PRAGMA SET RESET CALL INSTALL
    LOAD EXPORT IMPORT USE VACUUM CHECKPOINT TRUNCATE MERGE FROM VALUES SHOW DESCRIBE EXPLAIN EXECUTE PREPARE
    GRANT REVOKE BEGIN COMMIT ROLLBACK"""
)

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_CURLY = "‘’‚“”„`´"
_ALLOWED = (
    "columns, numbers, text in single quotes, arithmetic, comparisons, AND/OR/NOT, CASE, IN, BETWEEN, LIKE, "
    "IS NULL, CAST, intervals and the functions listed in the documentation"
)


class ExpressionError(PitpropError):
    """An expression of the register that is not allowed or cannot be read.

    Attributes
    ----------
    says : str
        What is wrong, in a sentence without the final stop.
    allowed : str
        What may be written instead; empty where the sentence says it.
    nearest : str or None
        The allowed name that is most like the one written.
    """

    def __init__(self, says: str, *, allowed: str = "", nearest: str | None = None) -> None:
        self.says = says = f"the expression {says}"
        self.allowed = allowed
        self.nearest = nearest
        hint = f"; did you mean `{nearest}`?" if nearest else ""
        super().__init__(says + (f"; allowed: {allowed}" if allowed else "") + hint)


def parse(sql: str) -> exp.Expression:
    """The tree of one scalar SQL expression (DuckDB's dialect), once all of it is known to be harmless.

    Parameters
    ----------
    sql : str
        At most 4,000 characters.

    Raises
    ------
    ExpressionError
        If it cannot be read as one expression, or has a part that is not on the list of what is allowed
        (queries, statements, aggregates, window functions, parameters, unknown functions, ...).
    """
    _check_text(sql)
    try:
        tree = _tree(sql)
        _check_tree(tree, sql)
    except RecursionError:
        raise _too_deep() from None
    return tree


def columns(expression: exp.Expression) -> tuple[str, ...]:
    """Names of the columns that an expression uses, each once, in the order in which they appear."""
    from sqlglot import exp

    found = expression.find_all(exp.Column, bfs=False)
    return tuple(dict.fromkeys(column.name for column in found))


def quoted(name: str) -> str:
    """A column's name as an SQL expression: in double quotes, unless it is plain enough to go without."""
    from sqlglot.dialects import DuckDB

    plain = re.fullmatch(r"[a-z_][a-z0-9_]*", name) is not None
    if plain and name.upper() not in DuckDB.Tokenizer.KEYWORDS and name not in FUNCTIONS and name != "user":
        return name
    return '"' + name.replace('"', '""') + '"'


def _too_deep() -> ExpressionError:
    return ExpressionError(f"is nested too deeply; at most {MAX_NESTING} levels of brackets or CASE are allowed")


def _check_text(sql: str) -> None:
    if len(sql) > MAX_LENGTH:
        raise ExpressionError(f"is {len(sql):,} characters long; at most {MAX_LENGTH:,} are allowed")
    if not sql.strip():
        raise ExpressionError("is empty; write a column or an SQL expression over columns")
    if "\0" in sql or any(0xD800 <= ord(c) <= 0xDFFF for c in sql):
        raise ExpressionError("contains a character that is no text (NUL or half of a surrogate pair)")
    bare = _QUOTED.sub(" ", sql)
    for character in bare:
        if character in _CURLY:
            raise ExpressionError(
                f"contains {character}; text stands in straight single quotes 'like this', "
                'a column name with spaces in straight double quotes "like this"'
            )
        if character in "\t\n\r" or " " <= character <= "~" or character.isalnum():
            continue
        if unicodedata.category(character) in {"Mn", "Mc"}:
            continue
        raise ExpressionError(
            f"contains U+{ord(character):04X} ({unicodedata.name(character, 'a character without a name')}); "
            "outside quotes only letters, digits and the signs of SQL are allowed"
        )
    if ";" in bare:
        raise ExpressionError("contains `;`; one expression is allowed, no statements")
    if "--" in bare or "/*" in bare:
        raise ExpressionError("contains an SQL comment; write comments in the register, after `#`")
    if re.search(r"!(?!=)", bare):
        raise ExpressionError("contains `!`; write NOT, or != for unequal")
    if "@" in bare:
        raise ExpressionError("contains `@`; write abs(x), or text in single quotes")
    depth = deepest = 0
    for token in re.findall(r"[(\[{]|[)\]}]|\bcase\b|\bend\b", bare, flags=re.IGNORECASE):
        depth += 1 if token in "([{" or token.lower() == "case" else -1
        deepest = max(deepest, depth)
    if deepest > MAX_NESTING:
        raise _too_deep()


def _tree(sql: str) -> exp.Expression:
    from sqlglot import exp
    from sqlglot.dialects import DuckDB
    from sqlglot.errors import SqlglotError

    dialect = DuckDB()
    try:
        tokens = dialect.tokenize(sql)
    except (SqlglotError, ValueError) as error:
        raise ExpressionError("cannot be read: a quote is not closed or a sign is not SQL") from error
    if any(token.comments for token in tokens):
        raise ExpressionError("contains an SQL comment; write comments in the register, after `#`")
    if not tokens:
        raise ExpressionError("is empty; write a column or an SQL expression over columns")
    try:
        trees = _parser(dialect).parse_into(exp.Condition, tokens, sql)
    except SqlglotError as error:
        raise _unreadable(sql, tokens, error) from error
    except (ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        raise ExpressionError("cannot be read as an SQL expression", allowed=_ALLOWED) from error
    if len(trees) != 1 or trees[0] is None:
        raise ExpressionError("is not one expression", allowed=_ALLOWED)
    tree = trees[0]
    for call in list(tree.find_all(exp.Anonymous)):
        if call.name.lower() in ("date_part", "datepart") and len(call.expressions) == 2:
            unit, value = call.expressions
            extract = exp.Extract(this=exp.Var(this=unit.name.upper()), expression=value)
            if call is tree:
                tree = extract
            else:
                call.replace(extract)
    return tree


def _parser(dialect: Any) -> Any:
    """DuckDB's parser, in which `%` binds as `*` does and `mod(a, b)` is a thing of its own.

    sqlglot's reads `n % 3 * 2` as `n % (3 * 2)` and `1 + n % 3` as `(1 + n) % 3`, and writes `2 * mod(n, 3)` as
    `2 * n % 3`.
    """
    from sqlglot import exp
    from sqlglot.tokens import TokenType

    parser = dialect.parser()
    modulo = parser.FUNCTIONS["MOD"]
    parser.TERM = {sign: node for sign, node in parser.TERM.items() if sign is not TokenType.MOD}
    parser.FACTOR = {**parser.FACTOR, TokenType.MOD: exp.Mod}
    parser.FUNCTIONS = {**parser.FUNCTIONS, "MOD": lambda args: exp.Paren(this=modulo(args))}
    return parser


def _unreadable(sql: str, tokens: list[Any], error: Exception) -> ExpressionError:
    first = tokens[0].text.upper()
    if first in _STATEMENTS and (len(tokens) > 1 or first == "SELECT"):
        return ExpressionError(
            f"starts with {first}; one expression over the source's columns is allowed, no query or statement"
        )
    found = getattr(error, "errors", None) or [{}]
    highlight, column = str(found[0].get("highlight") or ""), found[0].get("col")
    where = f" near {_shown(highlight)}" if highlight.strip() else ""
    hint = ""
    if highlight.isidentifier():  # a reserved word may be a column's name
        hint = f"; if {_shown(highlight)} is a column, put it in double quotes"
    if column and "\n" not in sql:
        where += f" (character {max(1, column - len(highlight) + 1)})"
    return ExpressionError(f"cannot be read as one SQL expression{where}{hint}", allowed=_ALLOWED)


def _check_tree(tree: exp.Expression, sql: str) -> None:
    layer, depth = [tree], 0
    while layer:
        depth += 1
        if depth > MAX_DEPTH:
            raise ExpressionError(f"has more than {MAX_DEPTH} levels; split it, or compute it in the source")
        for node in layer:
            _check_node(node, sql)
        layer = [child for node in layer for child in node.iter_expressions()]


def _check_node(node: Any, sql: str) -> None:
    kind = type(node).__name__
    if kind == "Anonymous" and node.name.lower() in _ANONYMOUS:
        return
    if kind not in _NODES:
        raise _refused(node, kind, sql)
    arguments = {key: value for key, value in node.args.items() if value not in (None, False, [])}
    if kind == "Column" and (set(arguments) != {"this"} or type(node.this).__name__ != "Identifier"):
        raise ExpressionError(
            f"names {_shown(node.sql())}; a column is written alone, without its table: {_shown(node.name)}"
        )
    if kind == "Identifier" and not node.this:
        raise ExpressionError('contains ""; a column has a name')
    if "query" in arguments:
        raise _query()
    if kind in ("Cast", "TryCast") and set(arguments) - {"this", "to", "safe"}:
        raise ExpressionError("casts with more than a type; write CAST(column AS type)")
    if kind == "In" and (set(arguments) != {"this", "expressions"}):
        raise ExpressionError("IN needs a list of values in brackets, such as pit IN ('north', 'south')")
    if kind == "DataType":
        _check_type(node, arguments)
    if kind == "Var" and str(node.this).upper().removesuffix("S") not in _UNITS:
        raise ExpressionError(f"uses {_shown(str(node.this))} as a unit of time", allowed="year, month, day, hour ...")


def _check_type(node: Any, arguments: dict[str, Any]) -> None:
    name = getattr(node.this, "name", str(node.this))
    parameters = [getattr(p.this, "this", None) for p in arguments.get("expressions", ())]
    if (
        name not in _TYPES
        or set(arguments) - {"this", "expressions"}
        or not all(isinstance(p, str) and p.isdecimal() for p in parameters)
    ):
        raise ExpressionError(
            f"casts to {_shown(node.sql())}",
            allowed="integer, bigint, double, decimal, boolean, varchar, date, timestamp",
        )


def _query() -> ExpressionError:
    return ExpressionError("contains a query; an expression sees one row of the source: no SELECT, FROM or EXISTS")


def _refused(node: Any, kind: str, sql: str) -> ExpressionError:
    from sqlglot import exp

    called = node.name if kind == "Anonymous" else node.sql_name() if isinstance(node, exp.Func) else kind
    name = str(called).lower()
    if kind in _QUERIES or isinstance(node, exp.Query):
        return _query()
    if kind in _CLOCK or name in _CLOCK:
        return ExpressionError(
            f"uses `{name}`, which changes from run to run; the same data must give the same number tomorrow"
        )
    if kind in _PARAMETERS:
        return ExpressionError("contains a parameter; write the value itself")
    if kind in ("Star", "Columns"):
        return ExpressionError("contains `*` or COLUMNS(...); name one column")
    if kind in ("Window", "WithinGroup", "Filter", "IgnoreNulls"):
        return ExpressionError("contains a window function; an expression sees one row of the source")
    if isinstance(node, exp.AggFunc):
        return ExpressionError(
            f"uses the aggregate `{name}`; how rows are aggregated is declared in `agg`, "
            "the expression gives one value per row"
        )
    written = [call.lower() for call in re.findall(r"([^\W\d]\w*)\s*\(", sql)]
    if isinstance(node, exp.Func) and name not in written:
        name = next((call for call in written if call not in FUNCTIONS), "")
    if isinstance(node, exp.Func) and name:
        nearest = get_close_matches(name, FUNCTIONS, n=1, cutoff=0.75)
        return ExpressionError(
            f"uses the function `{_plain(name)}`, which is not allowed",
            allowed=", ".join(FUNCTIONS),
            nearest=nearest[0] if nearest else None,
        )
    return ExpressionError(f"contains {_shown(_source(node))}, which is not allowed", allowed=_ALLOWED)


def _source(node: Any) -> str:
    try:
        return str(node.sql(dialect="duckdb"))
    except Exception:  # a node that cannot even be written out again is named by its kind
        return type(node).__name__


def _plain(text: str) -> str:
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= 60 else text[:57] + "..."


def _shown(text: str) -> str:
    return f"`{_plain(text)}`"
