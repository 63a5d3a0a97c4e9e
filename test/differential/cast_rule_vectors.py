"""Writes, for every pair of types, whether the reference engine (DuckDB) casts implicitly and which
common supertype it finds.

    .venv/bin/python test/differential/cast_rule_vectors.py src/types/testdata/reference_cast_rules.inc
"""

import sys

import duckdb

TYPES = """BOOLEAN TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER UBIGINT HUGEINT FLOAT DOUBLE
DECIMAL(4,2) DECIMAL(9,0) DECIMAL(18,3) DECIMAL(18,15) DECIMAL(38,0) DECIMAL(38,10) DECIMAL(38,37) VARCHAR BLOB DATE TIME
TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS INTERVAL UUID""".split() + ["TIMESTAMP WITH TIME ZONE", '"NULL"']


def null_of(type_name):
    return "NULL" if type_name == '"NULL"' else f"NULL::{type_name}"


def main():
    connection = duckdb.connect()
    lines = []
    for index, target in enumerate(TYPES):
        if target != '"NULL"':
            connection.create_function(f"takes_{index}", lambda x: None, [target], "INTEGER", null_handling="special")
    for source in TYPES:
        for index, target in enumerate(TYPES):
            implicit = "-"
            if target != '"NULL"':
                try:
                    connection.execute(f"EXPLAIN SELECT takes_{index}(x) FROM (SELECT {null_of(source)} AS x)")
                    implicit = "1"
                except duckdb.Error:
                    implicit = "0"
            answers = []
            for query in (f"SELECT typeof(x) FROM (SELECT {null_of(source)} x UNION ALL SELECT {null_of(target)}) LIMIT 1",
                          f"SELECT typeof(CASE WHEN random() > 2 THEN a ELSE b END) FROM (SELECT {null_of(source)} a, {null_of(target)} b)"):
                try:
                    answers.append(connection.execute(query).fetchone()[0])
                except duckdb.Error:
                    answers.append("!")
            lines.append("\t".join([source, target, implicit, *answers]))
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write('R"vectors(' + "\n".join(lines) + '\n)vectors",\n')
    print(len(lines), "pairs")


if __name__ == "__main__":
    main()
