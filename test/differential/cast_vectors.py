"""Writes what the reference engine (DuckDB) answers for casts between all scalar types, messages included.

    .venv/bin/python test/differential/cast_vectors.py src/expression/testdata/reference_casts.inc
"""

import sys

import duckdb

INTEGERS = "0 1 -1 100 127 128 -128 -129 255 256 999 1000 32767 32768 -32769 65536 2147483647 2147483648 -2147483649 4294967295".split()
LARGE = """4294967296 9223372036854775807 -9223372036854775808 9223372036854775808 18446744073709551615 18446744073709551616
99999999999999999999999999999999999999 170141183460469231731687303715884105727 -170141183460469231731687303715884105728""".split()
FLOATING = """0.5 1.5 2.5 -0.5 -1.5 -2.5 0.49999999999999994 126.5 127.5 -128.5 255.5 1e10 -1e10 1e19 2e19 1e38 2e38 1e39 1e40 inf -inf nan
0.005 0.015 999.995 2147483646.5 2147483647.5 9007199254740993 16777217 3.4028235e38 0.1 123456.789""".split()
DECIMAL = "0 1 -1 0.5 1.5 2.5 -2.5 -0.5 9.99 99.99 -99.99 126.5 127.5 999.99 12.345 0.004 0.005 -0.005".split()
TEMPORAL = """2020-02-29|1969-12-31|1970-01-01|0044-03-15 (BC)|infinity|-infinity|9999-12-31|290309-12-22 (BC)|290309-12-21 (BC)
5881580-07-10|2262-04-11|2262-04-12|1677-09-20""".replace("\n", "|").split("|")
MOMENTS = """2020-02-29 12:34:56.789012|1969-12-31 23:59:59.999999|1970-01-01 00:00:00|0044-03-15 (BC) 01:02:03|infinity|-infinity
1960-07-01 00:00:00.5|1960-07-01 00:00:01.5|2020-01-01 00:00:00.4995|2262-04-11 23:47:16.854775|2262-04-12 00:00:00
290309-12-22 (BC) 00:00:00|294247-01-10 04:00:54""".replace("\n", "|").split("|")

VALUES = {
    "BOOLEAN": ["true", "false"],
    "FLOAT": INTEGERS + FLOATING,
    "DOUBLE": INTEGERS + LARGE + FLOATING,
    "DECIMAL(4,1)": DECIMAL,
    "DECIMAL(9,3)": DECIMAL + ["123456.789", "-32768.5"],
    "DECIMAL(18,2)": DECIMAL + INTEGERS + ["9007199254740993.01"],
    "DECIMAL(38,4)": DECIMAL + INTEGERS + LARGE,
    "DATE": TEMPORAL,
    "TIME": ["00:00:00", "12:34:56.789012", "24:00:00"],
    "TIMESTAMP": MOMENTS,
    "TIMESTAMP_S": MOMENTS,
    "TIMESTAMP_MS": MOMENTS,
    "TIMESTAMP_NS": MOMENTS + ["2020-02-29 23:59:59.999999999"],
    "TIMESTAMP WITH TIME ZONE": MOMENTS + ["2020-03-08 06:59:59", "2020-11-01 05:30:00"],
    "INTERVAL": ["1 month 2 days 03:04:05.6", "-1 day"],
    "UUID": ["00000000-0000-0000-0000-000000000001", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "BLOB": ["abc", "\\x00\\xFF", "\\x00\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08\\x09\\x0A\\x0B\\x0C\\x0D\\x0E\\x0F"],
    "VARCHAR": ["1", "-1.5", "abc", "", " 12 ", "1e3", "true", "2020-02-29", "12:34:56", "2020-02-29 12:34:56+05", "300", "1 day",
                "2020-02-30", "infinity", "nan", "\\xFF", "é", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
}
for name in "TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER UBIGINT HUGEINT".split():
    VALUES[name] = INTEGERS + LARGE
TARGETS = list(VALUES) + ["DECIMAL(2,2)", "DECIMAL(3,0)", "DECIMAL(18,15)", "DECIMAL(38,20)"]


def escape(text):
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def main():
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'America/New_York'")
    lines = []
    for source, texts in VALUES.items():
        for target in TARGETS:
            if target == source:
                continue
            for text in texts:
                try:
                    held = connection.execute(f"SELECT CAST(? AS {source})::VARCHAR", [text]).fetchone()[0]
                except duckdb.Error:
                    continue
                try:
                    answer = connection.execute(f"SELECT CAST(CAST(? AS {source}) AS {target})::VARCHAR", [text]).fetchone()[0]
                except UnicodeDecodeError:
                    continue
                except duckdb.Error as error:
                    answer = "!" + str(error).split("\n")[0].removeprefix("Conversion Error: ")
                line = "\t".join(escape(field) for field in (source, target, held, answer))
                lines.append(line)
                if "Unimplemented type for cast" in answer:
                    break
    lines = list(dict.fromkeys(lines))
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        for start in range(0, len(lines), 400):
            out.write('R"vectors(' + "\n".join(lines[start:start + 400]) + '\n)vectors",\n')
    print(len(lines), "casts")


if __name__ == "__main__":
    main()
