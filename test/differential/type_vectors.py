"""Writes what the reference engine (DuckDB) answers for conversions, fields and arithmetic of types.

The unit tests of src/types compare with these answers. Run it again after a change of the lists below
or of the reference's release:

    .venv/bin/python test/differential/type_vectors.py src/types/testdata/reference_vectors.inc
"""

import random
import sys

import duckdb

NUMBERS = """1|1.5|1.4|-1.5|2.5|-0.5|-0.4|.5|1.|.|1e2|1.5e1|1e-1|15e-1|25e-1|1e|1_000|1_|1__0|0x1F|0X1f|0xG|0b101
0B11|-0x10|1e10|1e5|100000|127|128|-128|-129|255|256|32767.4|32767.5|-32768.5|-32768.4| 12 |12x|+5|--5||1 |00012
1e-400|0e500|1e4|3.2767e4|1.5.5|1e+2|1e 2|0x|0b|0b2|1.0_0|1_0.5|.5e1|5.e1|1e0x|true|1f|0x8000|0xFFFF|-0|2147483647
2147483648|-2147483648|-2147483649|9223372036854775807|9223372036854775808|-9223372036854775808|-9223372036854775809
18446744073709551615|18446744073709551616|1e19|18446744073709551615.4|0xFFFFFFFFFFFFFFFF
170141183460469231731687303715884105727|170141183460469231731687303715884105728
-170141183460469231731687303715884105728|1e38|1.5e38|2e38|12345678901234567890.5|123456789.5e5|99.995|999.994
999.995|-999.995|0.005|0.004999999999999999999999999999|1e-100|0e100|nan|inf|-inf|infinity|Infinity|+inf|1e400
-1e400|4.9e-324|2e-324|1.7976931348623157e308|0.1|123456789012345678901234567890|3.4028235e38|3.4028236e38|16777217
1e-50|9007199254740993|1,5|e5|+|-|_1|1e99999999999|0.3|2.2250738585072014e-308|1e23|8.5e15|1e15|1e16|123456.789
99999999999999999999999999999999999999.4|99999999999999999999999999999999999999.5|5e-3|4e-3|49e-4"""

DATES = """2020-01-02|2020-1-2|2020/01/02|2020\\01\\02|2020 01 02|2020-01/02|2020.01.02| 2020-01-02 |20200102|2020-01|1-1-1
-1-1-1|+2020-01-01|0000-01-01|0000-01-01 (BC)|0044-03-15 (BC)|-0044-03-15|2020-02-29|2021-02-29|2020-13-01|2020-00-01
2020-01-32|2020-01-00|2020-01-01 (bc)|2020-01-01(BC)|2020-01-01 BC|2020-01-001|2020-001-01|infinity|-infinity|inf|epoch
INFINITY|infinityx|infi|infinity x| epoch ||abc|5881580-07-10|5881580-07-11|5877642-06-25 (BC)|5877642-06-24 (BC)
12345678901-01-01|01/02/2020|2020-Jan-01|today|2020-01-02x|2020-01-02 12:00|2020-01-02T12:00Z|2020-01-02 garbage
2020-01-02 12:00!|2020-01-01 (BC)x|9999-12-31|10000-01-01|2020-01-02 24:00:00|2020-01-02 25:00|1969-12-31"""

TIMES = """1:2:3|12:34|12|12:34:56.1234567|12:34:56+02| 12:34:56 |2020-01-01 12:34:56|25:00:00|24:00:00|24:00:01|12:60:00
12:34:56.|12:34:60|12:34:56Z|-1:2:3|123:2:3|23:59:59.9999999|2020-01-01||abc|12:34:56.5|00:00:00.000001|T12:00:00
infinity|12:00:00.5+01:00|0:0:0"""

TIMESTAMPS = """2020-01-02 03:04:05|2020-01-02T03:04:05|2020-01-02 03:04|2020-01-02 03|2020-01-02|2020-1-2 1:2:3
2020/1/2 1:2:3| 2020-01-02 03:04:05 |  2020-01-02   03:04:05|2020-01-02 24:00:00|2020-01-02 24:00:01|2020-01-02 23:59:60
2020-01-02 23:59:59.1234567|2020-01-02 23:59:59.9999999|2020-01-02 23:59:59.123456789|2020-01-02 23:59:59.
2020-01-02 03:04:05Z|2020-01-02T03:04:05Z  |2020-01-02 03:04:05 Z|2020-01-02 03:04:05+05|2020-01-02 03:04:05+05:30
2020-01-02 03:04:05-0530|2020-01-02 03:04:05-05:30:15|2020-01-02 03:04:05+5|2020-01-02 03:04:05+123
2020-01-02 03:04:05+25|2020-01-02 03:04:05+05 |2020-01-02 03:04:05+05 foo|2020-01-02 03:04:05 America/New_York
2020-07-02 03:04:05 america/new_york|2020-07-02 03:04:05 UTC|2020-07-02 03:04:05 EST|2020-07-02 03:04:05 GMT+5
2020-07-02 03:04:05  EST|2020-07-02 EST|2020-07-02+05|2020-07-02 03:04:05 foo|2020-07-02 03:04 a b|2020-07-02 03:04 !
2020-07-02t03:04:05|2020-07-02 03:04z|2020-07-02 T03:04|2020-07-02T|2020-07-02  |infinity|-infinity|inf|epoch|EPOCH
+infinity|infinity |abc||290309-12-22 (BC) 00:00:00|290309-12-21 (BC) 23:59:59|294247-01-10 04:00:54.775806
294247-01-10 04:00:54.775807|-290308-12-22|5881580-07-10|0044-03-15 (BC) 12:00:00|1960-07-01 00:00:00.5
1960-07-01 00:00:01.5|1960-07-01 00:00:00.999|1969-12-31 23:59:59.999999|2020-01-01 00:00:00.5|2262-04-11 23:47:16.854775806
2262-04-11 23:47:16.854775808|1677-09-21 00:12:43.145224194|2020-02-30 00:00:00|2020-03-08 02:30:00|2020-11-01 01:30:00"""

INTERVALS = """1 year|1 years|1 yr|1 y|2 month|1 mon|1 mons|1 mo|1 m|1 min|1 h|1 hr|1 d|1 w|1 weeks|1 s|1 sec|1 ms|1 msecs|1 us
1 useconds|1 ns|5000 nanoseconds|1 quarter|1 qtr|1 decade|1 decs|1 century|1 c|1 millennium|1 mils|1.5 year|1.55 years
1.5 months|1.5 days|1.5 weeks|1.5 hours|1.123456789 seconds|1.5 ms|1.5 us|1.5 quarter|1.5 decades|1.5 centuries
1.25 millennia|-1.5 days|-1.5 year|1|1.5|-1|+1 day|1day|1 DAY|1 day 2|1 day 02:03:04|1 day 02:03|1 day -02:03:04
02:03:04.5|2:3|2:3:4.123456789|100:00:00|-100:00:00|1 day ago|1 day 2 hours ago|1 year -2 months ago|-1 day ago|@ 1 day
@1 day ago|P1Y2M|1 year, 2 months|1 year 1 year|  1   day  | ||1_000 days|1 year 2 months 3 days 4 hours 5 minutes 6.789 seconds
1 foo|one day|1e3 days|.5 days|1. days|0.5 day|1 month 0.5 month|99999999999 days|2147483647 days|2147483648 days
178956970 years|178956971 years|9223372036854 seconds|9223372036855 seconds|2562047788 hours|2562047789 hours
-2147483648 days|9223372036854775807 us|9223372036854775808 us|1 year 24 months|1 hour 30|1-2|1:60:00|1:00:60
1 day 25:00:00|-1 year -2 mons +3 days|1 month ago 2 days|ago|1 days days|1 epoch|1 doy|1.9999999 days|1 day;
0.0000001 s|0.0000005 s|0.0000015 s|0.0000025 s|1.0000005 seconds|-0.0000015 s|0.1234567 months|0.99 months|0.33 years
0.01 year|0.001 month|1.7 months|0.1 months|0.0333333 months|2.7 years|0.123456789 days|0.1 weeks|0.123456 weeks
0.33 quarter|0.1 quarter|2.9 quarters|0.1 decade|0.123 century|0.1234567 millennium|0.9999 h|0.1 min|0.12345678 min
0.0001 ms|0.1 us|0.6 us|1 months 1.5 months|1 microseconds -1.5 days"""

OTHERS = {
    "BOOLEAN": "t|true|TRUE|f|false|1|0|yes|no|y|n|on|T|tr| true|2|-1|1.0||F|Yes|oN",
    "UUID": """00000000-0000-0000-0000-000000000001|{00000000-0000-0000-0000-000000000001}|0000000000000000000000000000000A
A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11|a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11| 00000000-0000-0000-0000-000000000001
{00000000-0000-0000-0000-000000000001|00000000-0000-0000-0000-00000000000g|00000000-0000-0000-0000-0000000000012
00000000-0000-0000-0000-000000000001-|0-0-00000000000000000000000000000001|abc|""",
    "BLOB": "abc|\\x41|\\xAA\\xab|\\x|\\xA|\\xAG|\\\\|\\y|a\\|é|\x7f|'\"",
}

INTEGER_TYPES = "TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER UBIGINT HUGEINT".split()
DECIMALS = "DECIMAL(5,2) DECIMAL(4,4) DECIMAL(9,3) DECIMAL(18,6) DECIMAL(38,0) DECIMAL(38,10)".split()
UNITS = """year month day decade century millennium quarter hour minute second millisecond microsecond dow isodow doy week
isoyear yearweek era epoch julian""".split()
FORMATS = """%a %A %w %u|%d %b %h %B %m|%y %Y %H %I|%p %M %S %f|%g|%z %Z|%j %U %W %V %G|%c|%x %X %T|%%|%-d %-m %-y %-H %-I
%-M %-S %-j|%n|%q|%|%-|%-f|%F|x%Yy%m|%Y-%m-%d %H:%M:%S.%f"""

PARSE = """2020-01-02~%Y-%m-%d|2020-1-2~%Y-%m-%d|20200102~%Y%m%d| 2020-01-02 ~%Y-%m-%d|2020-01-02x~%Y-%m-%d|02/01/69~%d/%m/%y
02/01/68~%d/%m/%y|Jan 5 2020~%b %d %Y|january 5 2020~%B %d %Y|JANUARY 5 2020~%B %-d %Y|Mon 5 Jan 2020~%a %d %b %Y
12:34:56.789~%H:%M:%S.%f|12:34:56.789123456~%H:%M:%S.%f|12:34:56.789123456~%H:%M:%S.%n|12:34:56.789~%H:%M:%S.%g
3:04 PM~%I:%M %p|12:04 AM~%I:%M %p|12:04 pm~%I:%M %p|13:04 pm~%I:%M %p|0:04 am~%I:%M %p|12~%I
2020-01-02 03:04:05 +05:30~%Y-%m-%d %H:%M:%S %z|2020-01-02 03:04:05+0530~%Y-%m-%d %H:%M:%S%z
2020-01-02 03:04:05-05~%Y-%m-%d %H:%M:%S%z|2020-01-02 03:04:05Z~%Y-%m-%d %H:%M:%S%z
2020-01-02 03:04:05 America/New_York~%Y-%m-%d %H:%M:%S %Z|2020-07-02 03:04:05 UTC~%Y-%m-%d %H:%M:%S %Z
2020-01-02 03:04:05.5 +05:30:15~%Y-%m-%d %H:%M:%S.%f %z|2020 032~%Y %j|2020 366~%Y %j|2021 366~%Y %j|2020 05 1~%Y %U %w
2020 05 1~%Y %W %w|2020 05 1~%G %V %u|2020 05~%G %V|2020 53 7~%G %V %u|2021 53 7~%G %V %u|2020 05~%Y %U|2020 05~%Y %W
2020~%Y|5~%m|2020-02-30~%Y-%m-%d|2020-13-01~%Y-%m-%d|25~%H|60~%M|60~%S|100%~100%%|2020-01-02~%Y-%m-%d %H:%M|~%Y|abc~abc
2020  01~%Y %m|2020 01~%Y%m|infinity~%Y|-infinity~%Y-%m-%d|epoch~%Y|2020-01-01~%x|10:00:00~%X|2020-01-01 10:00:00~%c
12345-01-01~%Y-%m-%d|-2020-01-01~%Y-%m-%d|202-01-01~%Y-%m-%d|1/2/2020~%-m/%-d/%Y|2020-01-01~%Y-%q|2020-01-01~%Y-%
99~%y|2020 99~%Y %y|12:34:56.~%H:%M:%S.%f|2020-01-02T03:04:05~%Y-%m-%dT%H:%M:%S|2020-01-02t03:04:05~%Y-%m-%dT%H:%M:%S
24~%H|0~%I|13~%I|000~%j|54~%U|00~%V|8~%u|7~%w|1 1~%H %H|3 PM~%H %p|2020 01 0~%Y %U %w|2020 01 0~%Y %W %w|2020 00 6~%Y %U %w
2020 00~%Y %U|2020 00~%Y %W|2021 00~%Y %U|2023 01~%Y %U|2018 01~%Y %W|2020 5 17 100~%Y %m %d %j|2020~%G|17~%V|17~%U"""


def words(text):
    return text.replace("\n", "|").split("|")


def escape(text):
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


class Recorder:
    def __init__(self):
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")
        self.lines = []

    def ask(self, sql, parameters=()):
        """The one answer as text, 'NULL', or '!' for an error."""
        try:
            row = self.connection.execute(sql, list(parameters)).fetchone()
        except duckdb.Error:
            return "!"
        return "NULL" if row[0] is None else row[0]

    def record(self, *fields):
        self.lines.append("\t".join(escape(field) for field in fields))


def casts(recorder):
    def each(type_name, texts):
        for text in words(texts):
            recorder.record("cast", type_name, text, recorder.ask(f"SELECT CAST(? AS {type_name})::VARCHAR", [text]))

    for type_name in INTEGER_TYPES + DECIMALS + ["FLOAT", "DOUBLE"]:
        each(type_name, NUMBERS)
    each("DATE", DATES)
    each("TIME", TIMES)
    for type_name in ["TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"]:
        each(type_name, TIMESTAMPS)
    each("INTERVAL", INTERVALS)
    for type_name, texts in OTHERS.items():
        each(type_name, texts)


def random_timestamp(generator):
    """A timestamp as text, often near the ends of months, years and eras."""
    year = generator.choice([1969, 1970, 2000, 2020, 1900, 2021, generator.randint(-3000, 9999), generator.randint(-2, 2)])
    month = generator.randint(1, 12)
    day = generator.choice([1, 28, 29, 30, 31, generator.randint(1, 31)])
    time = generator.choice(["00:00:00", "23:59:59.999999", "12:34:56.789012", f"{generator.randint(0, 23):02}:30:00.5"])
    return f"{year:05}-{month:02}-{day:02} {time}" if year < 0 else f"{year:04}-{month:02}-{day:02} {time}"


def valid_timestamps(recorder, generator, count):
    found = []
    while len(found) < count:
        text = recorder.ask("SELECT TRY_CAST(? AS TIMESTAMP)::VARCHAR", [random_timestamp(generator)])
        if text not in ("!", "NULL"):
            found.append(text)
    return found


def random_interval(generator):
    return (f"{generator.choice([0, 0, 1, -1, generator.randint(-40, 40)])} months "
            f"{generator.choice([0, 1, -1, generator.randint(-400, 400)])} days "
            f"{generator.choice([0, 1, generator.randint(-10**12, 10**12)])} us")


def fields(recorder, generator):
    for text in valid_timestamps(recorder, generator, 40):
        for unit in UNITS:
            recorder.record("part", unit, text, recorder.ask(f"SELECT date_part('{unit}', ?::TIMESTAMP)::VARCHAR", [text]))
            recorder.record("trunc", unit, text, recorder.ask(f"SELECT date_trunc('{unit}', ?::TIMESTAMP)::VARCHAR", [text]))
        for piece in words(FORMATS):
            recorder.record("strftime", piece, text, recorder.ask("SELECT strftime(?::TIMESTAMP, ?)", [text, piece]))
    for _ in range(25):
        interval = random_interval(generator)
        for unit in UNITS:
            recorder.record("ipart", unit, interval, recorder.ask(f"SELECT date_part('{unit}', ?::INTERVAL)::VARCHAR", [interval]))
            recorder.record("itrunc", unit, interval, recorder.ask(f"SELECT date_trunc('{unit}', ?::INTERVAL)::VARCHAR", [interval]))


def arithmetic(recorder, generator):
    times = valid_timestamps(recorder, generator, 160)
    for left, right in zip(times[::2], times[1::2]):
        for unit in UNITS:
            for function in ("date_diff", "date_sub"):
                recorder.record(function, unit, left, right, recorder.ask(f"SELECT {function}('{unit}', ?::TIMESTAMP, ?::TIMESTAMP)::VARCHAR", [left, right]))
        recorder.record("age", left, right, recorder.ask("SELECT age(?::TIMESTAMP, ?::TIMESTAMP)::VARCHAR", [left, right]))
        recorder.record("minus", left, right, recorder.ask("SELECT (?::TIMESTAMP - ?::TIMESTAMP)::VARCHAR", [left, right]))
    for text in times:
        interval = random_interval(generator)
        recorder.record("add", text, interval, recorder.ask("SELECT (?::TIMESTAMP + ?::INTERVAL)::VARCHAR", [text, interval]))
        recorder.record("subtract", text, interval, recorder.ask("SELECT (?::TIMESTAMP - ?::INTERVAL)::VARCHAR", [text, interval]))
        width = generator.choice(["1 week", "1 month", "3 hours", "5 days", "7 minutes", "2 years", "1 month 1 day"])
        recorder.record("bucket", width, text, recorder.ask("SELECT time_bucket(?::INTERVAL, ?::TIMESTAMP)::VARCHAR", [width, text]))
    for _ in range(120):
        left, right = random_interval(generator), random_interval(generator)
        factor = repr(generator.choice([2.0, 0.5, -1.5, 1 / 3, generator.uniform(-10, 10)]))
        recorder.record("iadd", left, right, recorder.ask("SELECT (?::INTERVAL + ?::INTERVAL)::VARCHAR", [left, right]))
        recorder.record("iless", left, right, recorder.ask("SELECT (?::INTERVAL < ?::INTERVAL)::VARCHAR", [left, right]))
        recorder.record("imultiply", left, factor, recorder.ask("SELECT (?::INTERVAL * ?::DOUBLE)::VARCHAR", [left, factor]))
        recorder.record("idivide", left, factor, recorder.ask("SELECT (?::INTERVAL / ?::DOUBLE)::VARCHAR", [left, factor]))


def zones(recorder, generator):
    names = ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "Asia/Tokyo"]
    changes = ["2020-03-08 01:30:00", "2020-03-08 02:30:00", "2020-03-08 06:59:59", "2020-11-01 00:30:00", "2020-11-01 01:30:00",
               "2020-11-01 05:30:00", "2020-11-01 06:30:00", "2020-03-29 00:59:59.999999", "2020-03-29 01:30:00",
               "2020-10-25 00:30:00", "2020-10-25 01:30:00", "2020-04-04 15:10:00", "2020-10-03 15:40:00"]
    texts = changes + [f"{generator.randint(1950, 2040)}-{generator.randint(1, 12):02}-{generator.randint(1, 28):02} "
                       f"{generator.randint(0, 23):02}:{generator.randint(0, 59):02}:00" for _ in range(25)]
    for name in names:
        recorder.connection.execute(f"SET TimeZone = '{name}'")
        for text in texts:
            utc = text + "+00"
            interval = generator.choice(["1 day", "-1 day", "1 month", "-1 month", "2 days 3 hours", "36 hours", "13 months", "-7 days"])
            recorder.record("local", name, utc, recorder.ask("SELECT ?::TIMESTAMPTZ::VARCHAR", [utc]))
            recorder.record("utc", name, text, recorder.ask("SELECT ?::TIMESTAMPTZ::VARCHAR", [text]))
            recorder.record("zadd", name, utc, interval, recorder.ask("SELECT (?::TIMESTAMPTZ + ?::INTERVAL)::VARCHAR", [utc, interval]))
            unit = generator.choice(["hour", "day", "week", "month", "quarter", "year"])
            recorder.record("ztrunc", name, unit, utc, recorder.ask(f"SELECT date_trunc('{unit}', ?::TIMESTAMPTZ)::VARCHAR", [utc]))
            recorder.record("zformat", name, utc, recorder.ask("SELECT strftime(?::TIMESTAMPTZ, '%c %z %Z')", [utc]))
    recorder.connection.execute("SET TimeZone = 'UTC'")


def parsing(recorder):
    for pair in words(PARSE):
        text, pattern = pair.split("~")
        recorder.record("strptime", pattern, text, recorder.ask("SELECT strptime(?, ?)::VARCHAR", [text, pattern]))


def main():
    recorder = Recorder()
    generator = random.Random(20200229)
    casts(recorder)
    fields(recorder, generator)
    arithmetic(recorder, generator)
    zones(recorder, generator)
    parsing(recorder)
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        # Pieces of bounded size, for compilers limit the length of one literal.
        for start in range(0, len(recorder.lines), 400):
            out.write('R"vectors(' + "\n".join(recorder.lines[start:start + 400]) + '\n)vectors",\n')
    print(len(recorder.lines), "vectors")


if __name__ == "__main__":
    main()
