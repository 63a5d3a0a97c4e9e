"""Queries over custom_module's functions and operators, and what they are asked of."""

TABLE = """CREATE OR REPLACE TABLE points AS
  SELECT range % 13 AS k, range AS x, CASE WHEN range % 5 = 0 THEN NULL ELSE range END AS n, range * 0.25 AS price
  FROM range(20000)"""

# In the order of the result where it has one.
QUERIES = {
    "vectorised": "SELECT k, sum(add_tax(price, 0.5)), count(add_tax(n, 1)) FROM points GROUP BY k ORDER BY k",
    "row by row": "SELECT bucket(x, 5000) AS b, count(*) FROM points GROUP BY b ORDER BY b",
    "special nulls": "SELECT label(n) FROM points ORDER BY x LIMIT 12",
    "in a filter": "SELECT count(*) FROM points WHERE label(n) = 'none' AND bucket(x, 2) = x",
    "in a join": "SELECT count(*) FROM points a JOIN range(20) r ON bucket(a.k, 2) = r.range",
    "hashed": "SELECT k, max(total), sum(total) FROM running_total((SELECT k, x FROM points), 2) GROUP BY k ORDER BY k",
    "any share": "SELECT count(*), sum(x) FROM keep_even((SELECT k, x FROM points))",
    "any share keeps order": "SELECT x FROM keep_even((SELECT k, x FROM points)) LIMIT 5 OFFSET 7000",
    "single": "SELECT * FROM count_rows((FROM points))",
    "nested": """SELECT k, count(*), max(total) FROM running_total((SELECT k, bucket(x, 3) AS x
                 FROM keep_even((SELECT k, x FROM points WHERE label(n) <> 'none'))), 1) t
                 GROUP BY k HAVING add_tax(max(total), 0.0) > 1 ORDER BY k""",
    "over groups": "SELECT rows FROM count_rows((SELECT k, count(*) FROM points GROUP BY k))",
    "small": "SELECT add_tax(1.0, 0.5), label(7), bucket(17, 5)",
}
