"""What EXPLAIN tells of the optimiser: the plans, the trace of rules, and rules switched off by its names."""

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
