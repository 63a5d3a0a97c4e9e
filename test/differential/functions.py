"""Compares scalar functions with DuckDB, overload by overload, over edge values of the argument types.

Usage: functions.py [--seed N] [--calls N] [--only NAME] [--show N]

Every overload that DuckDB lists and Trivet has is called with literals; calls that work are called once
more with columns, where no constant is folded. Differences on purpose stand in SKIPPED and EXPECTED.
"""

import argparse
import collections
import math
import pathlib
import random
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

import duckdb  # noqa: E402

INTEGERS = ["0", "1", "-1", "2", "3", "5", "7", "10", "-10", "31", "63", "100"]
NUMBERS = {
    "TINYINT": INTEGERS + ["127", "-128"],
    "SMALLINT": INTEGERS + ["32767", "-32768"],
    "INTEGER": INTEGERS + ["2147483647", "-2147483648", "2020", "65", "8364"],
    "BIGINT": INTEGERS + ["9223372036854775807", "-9223372036854775808", "1500000000000"],
    "HUGEINT": INTEGERS + ["170141183460469231731687303715884105727"],
    "UTINYINT": ["0", "1", "2", "200", "255"],
    "USMALLINT": ["0", "1", "2", "65535"],
    "UINTEGER": ["0", "1", "2", "4294967295"],
    "UBIGINT": ["0", "1", "2", "18446744073709551615"],
    "DOUBLE": ["0", "'-0.0'", "1", "-1", "0.5", "2.5", "-2.5", "1.25", "3.7", "100", "1e300", "1e-300",
               "'nan'", "'inf'", "'-inf'", "123456.789", "59.999999", "0.1"],
    "FLOAT": ["0", "1", "-1.5", "2.5", "1e30", "'nan'", "'inf'", "0.1"],
}
POOLS = {
    **NUMBERS,
    "BOOLEAN": ["true", "false"],
    "DECIMAL": ["1.5::DECIMAL(4,2)", "-2.55::DECIMAL(4,2)", "0::DECIMAL(9,0)", "999::DECIMAL(3,0)",
                "99.99::DECIMAL(4,2)", "123456789.123456::DECIMAL(18,6)",
                "-9999999999999999999999999999.9999999999::DECIMAL(38,10)", "0.5::DECIMAL(1,1)"],
    "VARCHAR": ["''", "'a'", "'abc'", "'ABC'", "'Hello, World'", "'äöü ß'", "'  pad  '", "'a,b,,c'", "','",
                "'%a%'", "'a_c'", "'x*?[a-c]'", "'(a)(b)?'", "'b'", "'🤦🏼‍♂️x'", "'l'", "'o'", "'day'", "'month'",
                "'i'", "'g'", "'2020-02-29'", "'%Y-%m-%d'", "'YWJj'", "'616263'", "'UTC'", "'Europe/Berlin'",
                "'a longer text, beyond the inline bytes'", "'\\\\'", "'{} {}'", "'%s'", "'a.c'", "'xyz'"],
    "BLOB": ["'abc'", "''", "'\\x00\\xFF'"],
    "DATE": ["'2020-02-29'", "'1970-01-01'", "'1969-12-31'", "'0001-01-01'", "'2021-01-03'", "'2000-12-31'",
             "'infinity'", "'-infinity'", "'9999-12-31'", "'0044-03-15 (BC)'"],
    "TIME": ["'00:00:00'", "'12:34:56.789012'", "'23:59:59.999999'", "'24:00:00'"],
    "TIMESTAMP": ["'2020-02-29 12:34:56.789012'", "'1970-01-01'", "'1969-12-31 23:59:59.5'", "'infinity'",
                  "'2000-01-01 00:00:00.000001'", "'1500-06-15 01:02:03'", "'-infinity'"],
    "TIMESTAMP WITH TIME ZONE": ["'2020-02-29 12:34:56.789012+00'", "'1970-01-01 00:00:00+00'",
                                 "'2020-07-01 00:00:00+00'", "'2020-03-08 06:59:59+00'"],
    "TIMESTAMP_NS": ["'2020-02-29 12:34:56.789012345'"],
    "INTERVAL": ["'1 month'", "'1 day'", "'1 second'", "'-13 months 40 days 01:02:03.5'", "'0 days'",
                 "'15 minutes'", "'2 years'", "'1 month 1 day'"],
    "UUID": ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
}
POOLS["ANY"] = ["1", "2", "NULL", "'a'", "1.5", "DATE '2020-01-01'", "true", "2.5::DOUBLE"]
POOLS["T"] = POOLS["ANY"]

# name: why it is left out. Their answers differ by design or from run to run.
SKIPPED = {
    "hash": "an own hash", "random": "random", "uuid": "random", "gen_random_uuid": "random",
    "uuidv4": "random", "version": "an own version", "current_user": "an own user",
    "session_user": "an own user", "user": "an own user", "now": "the clock", "today": "the clock",
    "current_date": "the clock", "get_current_timestamp": "the clock", "get_current_time": "the clock",
    "transaction_timestamp": "the clock", "current_localtime": "the clock",
    "current_localtimestamp": "the clock", "age": "of one argument, the clock", "setseed": "not there",
    "error": "always fails", "printf": "the fmt library's version", "format": "the fmt library's version",
    "typeof": "names of literals", "pg_typeof": "names of literals",
}
OPERATORS = {"+", "-", "*", "/", "//", "%", "&", "|", "<<", ">>", "||", "^", "**", "^@", "~~", "!~~",
             "~~*", "!~~*", "~~~", "=", "!=", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"}
PREFIX = {"+", "-", "~", "@"}


def literal(random_, type_):
    if random_.random() < 0.06 and type_ not in ("ANY", "T"):
        return f"NULL::{'DECIMAL(4,2)' if type_ == 'DECIMAL' else type_}"
    text = random_.choice(POOLS[type_])
    return text if type_ in ("DECIMAL", "ANY", "T") else f"({text})::{type_}"


def call_text(name, arguments):
    if name in OPERATORS and len(arguments) == 2:
        return f"(({arguments[0]}) {name} ({arguments[1]}))"
    if name in PREFIX and len(arguments) == 1:
        return f"({name} ({arguments[0]}))"
    return f'"{name}"({", ".join(arguments)})'


def overloads(connection):
    rows = connection.execute(
        "SELECT DISTINCT function_name, parameter_types, varargs FROM duckdb_functions() "
        "WHERE function_type = 'scalar' AND database_name = 'system' ORDER BY ALL").fetchall()
    for name, parameters, variadic in rows:
        known = all(parameter in POOLS for parameter in parameters)
        if not known or (variadic and variadic not in POOLS) or name in SKIPPED:
            continue
        if name.startswith(("__", "collate_", "icu_")):
            continue
        yield name, parameters, variadic


def evaluate(connection, text):
    """(type, text of the value), or the error."""
    try:
        row = connection.execute(f"SELECT typeof({text}), ({text})::VARCHAR").fetchall()[0]
        return tuple(row)
    except Exception as error:
        return "error", str(error)


# Where Trivet answers otherwise on purpose: by name, a pattern of DuckDB's outcome.
EXPECTED = {
    "substring substr array_extract left right": "outside of supported range",  # Trivet clips instead
    "timezone timezone_hour timezone_minute": '"date" units',  # a DATE converts to a TIMESTAMP here
    "make_timestamptz": "",  # ICU's lenient calendar takes the 63rd of the 100th month
    "strftime": "",  # DuckDB forgets the time zone where the format comes first
    "decode": "",  # DuckDB has a second argument
    "trunc": "",  # to -2147483648 digits is nothing at all here
    "|| array_slice": "NULL",  # the type of NULL || 1
    "parse_filename parse_dirname parse_dirpath": "",  # NULL options are NULLs here
    "- subtract": "^",  # DuckDB widens the negative of a constant
}


def is_expected(name, expected, actual):
    if expected[0] == "error" or actual[0] == "error":
        # What is wrong with a constant is told when a call is bound, even beside a NULL.
        if expected[1] is None or actual[1] is None:
            return True
    return any(name in names.split() and re.search(pattern, str(expected)) for names, pattern in EXPECTED.items())


def same(expected, actual):
    if expected[0] == "error" or actual[0] == "error":
        return expected[0] == actual[0]
    if expected[1] in ("nan", "-nan") and actual[1] in ("nan", "-nan"):  # its sign is the processor's
        return expected[0] == actual[0]
    if expected[0] != actual[0]:
        return False
    if expected[1] == actual[1]:
        return True
    if expected[0] in ("DOUBLE", "FLOAT") and expected[1] and actual[1]:
        left, right = float(expected[1]), float(actual[1])
        return math.isclose(left, right, rel_tol=1e-9 if expected[0] == "DOUBLE" else 1e-5)
    return False


def columns_query(name, arguments, types):
    """The call over columns of a derived table that no optimizer can fold."""
    values = ", ".join(f"{argument} AS c{i}" for i, argument in enumerate(arguments))
    call = call_text(name, [f"c{i}" for i in range(len(arguments))])
    return (f"SELECT typeof(r), r::VARCHAR FROM (SELECT {call} AS r FROM (SELECT {values} "
            f"FROM range(3) t(i) WHERE i < 2) x) y")


def compare_overload(name, parameters, variadic, calls, random_, oracle, trivet, found, counts):
    for _ in range(calls):
        types = list(parameters)
        if variadic:
            types += [variadic] * random_.randrange(3)
        arguments = [literal(random_, type_) for type_ in types]
        text = call_text(name, arguments)
        expected, actual = evaluate(oracle, text), evaluate(trivet, text)
        if actual[0] == "error" and re.search("does not exist|not supported yet", actual[1]):
            counts["missing", name] += 1
            return
        counts["compared"] += 1
        if is_expected(name, expected, actual):
            counts["expected"] += 1
            continue
        if not same(expected, actual):
            found[name].append((text, expected, actual))
            continue
        if expected[0] == "error" or not arguments or "json" in expected[0].lower():
            continue
        query = columns_query(name, arguments, types)
        try:
            rows = trivet.execute(query).fetchall()
        except Exception as error:
            wanted = oracle_rows(oracle, query)
            if wanted is not None:
                found[name].append((query, wanted, str(error)))
            continue
        if any(not same(expected, tuple(row)) for row in rows):
            wanted = oracle_rows(oracle, query)
            if wanted is not None and not all(same(tuple(w), tuple(r)) for w, r in zip(wanted, rows)):
                found[name].append((query, wanted, rows))


def oracle_rows(oracle, query):
    try:
        return oracle.execute(query).fetchall()
    except Exception:
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calls", type=int, default=30)
    parser.add_argument("--only")
    parser.add_argument("--show", type=int, default=3)
    options = parser.parse_args()
    from conftest import open_connection

    oracle = duckdb.connect()
    trivet = open_connection(threads=1)
    for connection in (oracle, trivet):
        connection.execute("SET TimeZone = 'America/New_York'")
    found, counts = collections.defaultdict(list), collections.Counter()
    for name, parameters, variadic in overloads(oracle):
        if options.only and name != options.only:
            continue
        random_ = random.Random(f"{options.seed} {name} {parameters}")
        compare_overload(name, parameters, variadic, options.calls, random_, oracle, trivet, found, counts)
    for name, problems in found.items():
        print(f"{name}: {len(problems)} disagreements")
        for text, expected, actual in problems[: options.show]:
            print(f"    {text}\n        DuckDB {expected}\n        Trivet {actual}")
    missing = sorted({key[1] for key in counts if isinstance(key, tuple)})
    print(f"{counts['compared']} calls compared, {counts['expected']} differ as expected, "
          f"{sum(map(len, found.values()))} disagree")
    print(f"not in Trivet: {' '.join(missing)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
