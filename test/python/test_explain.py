"""What EXPLAIN tells of the optimiser: the plans, the trace of rules, and rules switched off by its names."""

import json
import re

import pytest

QUERY = "SELECT a.i FROM range(100) a(i), range(10) b(j) WHERE a.i = b.j AND a.i > 3 AND EXISTS (SELECT 1 FROM range(5) c(k) WHERE k = a.i)"


def explain(connection, query=QUERY):
    return dict(connection.sql("EXPLAIN " + query).fetchall())


def rules(plans):
    return {line.split(": ")[0]: int(line.split(": ")[1]) for line in plans["optimizer_rules"].splitlines()}


def test_the_trace_names_what_fired(connection):
    plans = explain(connection)
    assert list(plans) == ["logical_plan", "optimized_plan", "optimizer_rules", "physical_plan"]
    fired = rules(plans)
    assert fired["unnesting"] == 1 and fired["filter_pushdown"] >= 1
    assert "limit_pushdown" not in fired
    assert "Dependent" in plans["logical_plan"] and "Dependent" not in plans["optimized_plan"]


def test_rules_are_switched_off_by_name(connection):
    expected = sorted(connection.sql(QUERY).fetchall())
    connection.execute("SET disabled_optimizers = 'filter_pushdown, Join_Order'")
    fired = rules(explain(connection))
    assert not {"filter_pushdown", "join_order"} & set(fired) and "unnesting" in fired
    assert sorted(connection.sql(QUERY).fetchall()) == expected
    connection.execute("SET disabled_optimizers = 'all'")
    assert set(rules(explain(connection))) == {"unnesting"}
    assert sorted(connection.sql(QUERY).fetchall()) == expected


@pytest.mark.parametrize("name, hint", [("join_orders", 'did you mean "join_order"?'), ("nonsense", "EXPLAIN names")])
def test_unknown_rules_are_told(connection, name, hint):
    with pytest.raises(Exception, match=f'there is no optimizer rule "{name}"') as raised:
        connection.execute(f"SET disabled_optimizers = '{name}'")
    assert hint in str(raised.value)


@pytest.fixture
def sales(connection, tmp_path):
    """Two hundred thousand sales of a thousand articles, of which one in a hundred is red; without a page cache."""
    connection.execute("SET enable_page_cache = false")
    connection.execute(f"COPY (SELECT i % 1000 AS article, i % 7919 AS quantity, hash(i)::VARCHAR AS note FROM range(200000) t(i)) "
                       f"TO '{tmp_path}/sales.parquet'")
    connection.execute(f"COPY (SELECT i AS article, CASE WHEN i % 100 = 0 THEN 'red' ELSE 'grey' END AS colour FROM range(1000) t(i)) "
                       f"TO '{tmp_path}/articles.parquet'")
    connection.execute(f"CREATE VIEW sales AS FROM '{tmp_path}/sales.parquet'")
    connection.execute(f"CREATE VIEW articles AS FROM '{tmp_path}/articles.parquet'")
    return connection


BELOW_AVERAGE = """SELECT count(*), sum(quantity) FROM sales JOIN articles USING (article) WHERE colour = 'red'
AND quantity < (SELECT 0.2 * avg(quantity) FROM sales s WHERE s.article = articles.article)"""


def scans_of(connection, query, table):
    """What EXPLAIN ANALYZE tells of each scan of a file."""
    lines = connection.sql("EXPLAIN ANALYZE " + query).fetchall()[-1][-1].splitlines()
    return [line for line, below in zip(lines, lines[1:]) if "SCAN" in line and f"{table}.parquet" in below]


def test_a_scan_below_an_aggregate_waits_for_the_keys_above(sales):
    for _ in range(5):  # of threads, whichever is first
        first, second = scans_of(sales, BELOW_AVERAGE, "sales")
        assert "Rows: 2000," in first and "Rows: 2000," in second


LISTED = "SELECT count(*) FROM sales JOIN (VALUES (3), (990)) v(a) ON article = a"


def test_a_scan_tells_what_filters_removed(sales):
    (scan,) = scans_of(sales, LISTED, "sales")
    assert "Filter: article (list) removed 199600 rows" in scan and "Rows: 400," in scan
    plan = json.loads(sales.sql("EXPLAIN (ANALYZE, FORMAT json) " + LISTED).fetchall()[-1][-1])

    def filters(node):
        return node.get("filters", []) + [found for child in node["children"] for found in filters(child)]

    (found,) = filters(plan)
    assert {key: found[key] for key in ("columns", "content", "rows_removed")} == {"columns": "article", "content": "list", "rows_removed": 199600}


def test_texts_that_a_join_lists_leave_row_groups_out(connection, tmp_path):
    connection.execute(f"COPY (SELECT i, 'text ' || (1000000 + i) AS text FROM range(400000) t(i)) TO '{tmp_path}/texts.parquet' (ROW_GROUP_SIZE 50000)")
    query = f"SELECT sum(i) FROM '{tmp_path}/texts.parquet' JOIN (VALUES ('text 1000007'), ('text 1390000'), ('no text')) v(t) ON text = t"
    assert connection.sql(query).fetchall() == [(390007,)]
    (scan,) = scans_of(connection, query, "texts")
    assert re.search(r"Filter: text \(list\) removed 399998 rows with [56] groups", scan), scan


SWAPPED = """SELECT {} FROM (VALUES (1), (5), (5), (7000)) v(a) {} JOIN
(SELECT * FROM sales WHERE article + 0 = article AND quantity + 0 = quantity AND article * 1 = article AND quantity * 1 = quantity) s ON a = s.article"""


@pytest.mark.parametrize("kind, expected", [("", (600, 600)), ("LEFT", (601, 600)), ("FULL", (199801 + 200 + 200, 200200))])
def test_a_build_side_that_is_far_larger_than_the_other_one_is_swapped(sales, kind, expected):
    sales.execute("SET enable_sampling = false")  # so that the predicates, which are true, are expected to pass little
    query = SWAPPED.format("count(*), count(article)", kind)
    assert sales.sql(query).fetchall() == [expected]
    plan = sales.sql("EXPLAIN ANALYZE " + query).fetchall()[-1][-1]
    (join,) = [line for line in plan.splitlines() if "HASH_JOIN" in line]
    assert "Run: sides swapped" in join, plan


TRANSFERRED = """SELECT count(*), sum(s.quantity) FROM ((sales s JOIN range(8000) v(k) ON s.quantity = k) JOIN articles a
ON s.article = a.article) JOIN sales r ON r.article = a.article AND r.quantity = s.quantity WHERE colour = 'red'"""


def test_what_a_reducer_leaves_out_is_told(sales):
    sales.execute("SET disabled_optimizers = 'join_order,build_side_choice'")  # so that the second table of sales is built
    answer = sales.sql(TRANSFERRED).fetchall()
    plan = sales.sql("EXPLAIN ANALYZE " + TRANSFERRED).fetchall()[-1][-1]
    (reducer,) = [line for line in plan.splitlines() if "REDUCING_JOIN" in line]
    assert "[Rows: 2000, " in reducer and "Left Out: 198000 rows" in reducer, plan
    assert "Reducer: true" in plan
    sales.execute("SET disabled_optimizers = 'join_order,build_side_choice,predicate_transfer'")
    assert "REDUCING_JOIN" not in sales.sql("EXPLAIN " + TRANSFERRED).fetchall()[-1][-1]
    assert sales.sql(TRANSFERRED).fetchall() == answer


def test_scans_of_one_run_share_what_they_decompress(sales):
    for _ in range(2):  # the second time nothing is left of the first
        cached = [scan for scan in scans_of(sales, BELOW_AVERAGE, "sales") if "Cached: " in scan]
        assert len(cached) == 1
    assert not [scan for scan in scans_of(sales, "SELECT sum(quantity), max(article) FROM sales", "sales") if "Cached" in scan]


GREEN = "SELECT count(*) FROM sales JOIN articles USING (article) WHERE note LIKE '%99%' AND quantity < 4000"


def expected_rows(connection, query, table):
    """The rows that the optimiser expects of the scan with filters of a table."""
    plan = explain(connection, query)["optimized_plan"]
    line = next(line for line in plan.splitlines() if table in line)
    return float(re.search(r"~([\d.]+)", line).group(1).replace(",", ""))


def test_estimates_come_from_rows_that_pass(sales):
    passing = sales.sql("SELECT count(*) FROM sales WHERE note LIKE '%99%' AND quantity < 4000").fetchone()[0]
    sampled = explain(sales, GREEN)["optimized_plan"]
    assert explain(sales, GREEN)["optimized_plan"] == sampled
    assert expected_rows(sales, GREEN, "sales") == pytest.approx(passing, rel=0.25)
    sales.execute("SET batch_size = 2")
    sales.execute("SET threads = 1")
    assert explain(sales, GREEN)["optimized_plan"] == sampled
    sales.execute("SET enable_sampling = false")
    assert explain(sales, GREEN)["optimized_plan"] != sampled
    assert expected_rows(sales, GREEN, "sales") != pytest.approx(passing, rel=0.25)


def test_functions_of_users_do_not_run_while_planning(sales):
    calls = []

    def is_wanted(quantity):
        calls.append(quantity)
        return quantity < 100

    sales.register_function("is_wanted", is_wanted, ["BIGINT"], "BOOLEAN", vectorized=False)
    explain(sales, "SELECT count(*) FROM sales JOIN articles USING (article) WHERE is_wanted(quantity) AND note LIKE '%99%'")
    assert calls == []
