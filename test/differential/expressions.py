"""Random typed expressions over the columns in scope."""

import dataclasses

from tables import TYPES, literal

NUMERIC = ("INTEGER", "BIGINT", "DECIMAL(8,2)", "DOUBLE")
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM")
PATTERNS = ("a%", "%b", "%b%", "_", "%", "", "a_c", "%\\%", "%longer%")


@dataclasses.dataclass
class Scope:
    """Columns that an expression may name: own ones, and those of the queries around it."""

    columns: list  # (SQL text, type)
    outer: "Scope | None" = None
    row_count: int = 1  # about how many rows the FROM clause gives

    def work(self):
        """About how many rows the queries of this scope and around it look at together."""
        return self.row_count * (self.outer.work() if self.outer else 1)

    def of_type(self, type_, random):
        """A column of the type, from an outer query now and then; None where there is none."""
        own = [text for text, column_type in self.columns if column_type == type_]
        outside = []
        if self.outer is not None and (not own or random.random() < 0.15):
            found = self.outer.of_type(type_, random)
            outside = [found] if found else []
        return random.choice(outside or own) if outside or own else None

    def is_inner(self):
        return self.outer is not None


class Expressions:
    """Makes expressions. `subquery` is a callback into the query generator, which is recursive."""

    def __init__(self, random, queries):
        self.random = random
        self.queries = queries

    def choose(self, *options):
        return self.random.choice(options)

    def chance(self, share):
        return self.random.random() < share

    def any_type(self):
        return self.random.choice(TYPES)

    def leaf(self, type_, scope):
        column = scope.of_type(type_, self.random)
        if column and self.chance(0.8):
            return column
        return "NULL::" + type_ if self.chance(0.05) else literal(self.random, type_)

    def make(self, type_, scope, depth):
        """An expression of exactly the type: results are cast back where an operator widens."""
        if depth <= 0 or self.chance(0.3):
            return self.leaf(type_, scope)
        if type_ == "BOOLEAN":
            return self.predicate(scope, depth)
        kind = self.random.random()
        if kind < 0.15:
            return self.case(type_, scope, depth)
        if kind < 0.25:
            return f"coalesce({self.make(type_, scope, depth - 1)}, {self.make(type_, scope, depth - 1)})"
        if kind < 0.32:
            return f"nullif({self.make(type_, scope, depth - 1)}, {self.leaf(type_, scope)})"
        if kind < 0.38:
            function = self.choose("greatest", "least")
            return f"{function}({self.make(type_, scope, depth - 1)}, {self.leaf(type_, scope)})"
        if kind < 0.46 and self.queries.may_nest(scope):
            return self.queries.scalar_subquery(type_, scope)
        return self.operation(type_, scope, depth)

    def case(self, type_, scope, depth):
        branches = " ".join(
            f"WHEN {self.predicate(scope, depth - 1)} THEN {self.make(type_, scope, depth - 1)}"
            for _ in range(self.random.randint(1, 2)))
        otherwise = f" ELSE {self.make(type_, scope, depth - 1)}" if self.chance(0.6) else ""
        return f"CASE {branches}{otherwise} END"

    def operation(self, type_, scope, depth):
        def make(other):
            return self.make(other, scope, depth - 1)

        if type_ == "INTEGER":
            # Values stay small: sums of products are cut by a modulus.
            return self.choose(
                lambda: f"(({make(type_)}) % 100 + ({make(type_)}) % 100)",
                lambda: f"(({make(type_)}) % 100 - ({make(type_)}) % 100)",
                lambda: f"(({make(type_)}) % 100 * ({make(type_)}) % 100)",
                lambda: f"abs(({make(type_)}) % 1000)",
                lambda: f"length({make('VARCHAR')})::INTEGER",
                lambda: f"extract({self.choose('YEAR', 'MONTH', 'DAY', 'DOW')} FROM {make('DATE')})::INTEGER",
                lambda: f"round(({make('DECIMAL(8,2)')}))::INTEGER",
                lambda: f"(({make(type_)}) % 1000 // {self.choose(1, 2, 3, -2)})",
                lambda: f"TRY_CAST({make('VARCHAR')} AS INTEGER)",
            )()
        if type_ == "BIGINT":
            return self.choose(
                lambda: f"(({make('INTEGER')}) + ({self.leaf(type_, scope)}))",
                lambda: f"(({make('INTEGER')})::BIGINT * 1000)",
                lambda: f"(({make(type_)}) % 1000000)",
            )()
        if type_ == "DECIMAL(8,2)":
            return self.choose(
                lambda: f"(({self.leaf(type_, scope)}) + ({self.leaf(type_, scope)}))::DECIMAL(8,2)",
                lambda: f"(({make('INTEGER')}) % 100 * 0.25)::DECIMAL(8,2)",
                lambda: f"round(({self.leaf(type_, scope)}) / 2, 1)::DECIMAL(8,2)",
                lambda: f"abs({self.leaf(type_, scope)})",
            )()
        if type_ == "DOUBLE":
            return self.choose(
                lambda: f"(({self.leaf(type_, scope)}) + ({self.leaf(type_, scope)}))",
                lambda: f"(({self.leaf(type_, scope)}) * 2)",
                lambda: f"(({make('INTEGER')}) / 4)",
                lambda: f"({make('INTEGER')})::DOUBLE",
            )()
        if type_ == "VARCHAR":
            return self.choose(
                lambda: f"({make(type_)} || {self.leaf(type_, scope)})",
                lambda: f"{self.choose('upper', 'lower', 'trim', 'reverse')}({make(type_)})",
                lambda: f"substring({make(type_)}, {self.choose(1, 2, 3)}, {self.choose(1, 2, 5)})",
                lambda: f"replace({make(type_)}, 'a', {self.leaf(type_, scope)})",
                lambda: f"({make('INTEGER')})::VARCHAR",
                lambda: f"left({make(type_)}, {self.choose(0, 1, 3)})",
            )()
        return self.choose(
            lambda: f"({self.leaf('DATE', scope)} + ({make('INTEGER')}) % 100)",
            lambda: f"({self.leaf('DATE', scope)} + INTERVAL {self.choose(1, 2)} MONTH)::DATE",
            lambda: f"date_trunc('{self.choose('month', 'year')}', {self.leaf('DATE', scope)})::DATE",
        )()

    def predicate(self, scope, depth):
        if depth <= 0:
            return self.comparison(scope, 0)
        kind = self.random.random()
        if kind < 0.12:
            return f"({self.predicate(scope, depth - 1)} AND {self.predicate(scope, depth - 1)})"
        if kind < 0.24:
            return f"({self.predicate(scope, depth - 1)} OR {self.predicate(scope, depth - 1)})"
        if kind < 0.30:
            return f"NOT ({self.predicate(scope, depth - 1)})"
        if kind < 0.36:
            test = self.choose("IS NULL", "IS NOT NULL")
            return f"({self.make(self.any_type(), scope, depth - 1)}) {test}"
        if kind < 0.40:
            test = self.choose("IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE")
            return f"({self.predicate(scope, depth - 1)}) {test}"
        if kind < 0.47:
            return self.membership(scope, depth)
        if kind < 0.52:
            type_ = self.any_type()
            word = self.choose("BETWEEN", "NOT BETWEEN")
            return (f"({self.make(type_, scope, depth - 1)}) {word} "
                    f"({self.leaf(type_, scope)}) AND ({self.leaf(type_, scope)})")
        if kind < 0.58:
            word = self.choose("LIKE", "NOT LIKE", "ILIKE")
            pattern = self.random.choice(PATTERNS)
            escape = " ESCAPE '\\'" if "\\" in pattern else ""
            return f"({self.make('VARCHAR', scope, depth - 1)}) {word} '{pattern}'{escape}"
        if kind < 0.72 and self.queries.may_nest(scope):
            return self.queries.subquery_predicate(scope)
        return self.comparison(scope, depth)

    def membership(self, scope, depth):
        type_ = self.any_type()
        items = ", ".join(self.leaf(type_, scope) for _ in range(self.random.randint(1, 4)))
        word = self.choose("IN", "NOT IN")
        return f"({self.make(type_, scope, depth - 1)}) {word} ({items})"

    def comparison(self, scope, depth):
        type_ = self.any_type()
        operator = self.random.choice(COMPARISONS)
        return f"({self.make(type_, scope, depth - 1)}) {operator} ({self.make(type_, scope, depth - 1)})"

    def aggregate(self, scope, depth):
        """(SQL, type) of an aggregate whose answer does not depend on the order of rows.

        One that names outer columns alone would belong to the outer query, where it is mostly wrong.
        """
        text, type_ = self.any_aggregate(scope, depth)
        if scope.is_inner() and not any(column in text for column, _ in scope.columns):
            text, type_ = self.any_aggregate(dataclasses.replace(scope, outer=None), depth)
        return text, type_

    def any_aggregate(self, scope, depth):
        argument_type = self.any_type()
        argument = self.make(argument_type, scope, depth)
        distinct = "DISTINCT " if self.chance(0.2) else ""
        where = f" FILTER (WHERE {self.predicate(scope, 1)})" if self.chance(0.2) else ""
        kind = self.random.random()
        if kind < 0.2:
            return self.choose("count(*)", f"count({distinct}{argument})") + where, "BIGINT"
        if kind < 0.45:
            return f"{self.choose('min', 'max')}({argument}){where}", argument_type
        if kind < 0.65:
            numeric = self.random.choice(NUMERIC)
            return f"sum({distinct}{self.make(numeric, scope, depth)}){where}", None
        if kind < 0.8:
            numeric = self.random.choice(NUMERIC)
            return f"avg({distinct}{self.make(numeric, scope, depth)}){where}", None
        if kind < 0.86:
            return f"{self.choose('bool_and', 'bool_or')}({self.predicate(scope, depth)}){where}", "BOOLEAN"
        if kind < 0.93:
            text = self.make("VARCHAR", scope, depth)
            return f"string_agg({text}, ',' ORDER BY {text}){where}", "VARCHAR"
        numeric = self.choose("INTEGER", "DOUBLE")
        function = self.choose("var_pop", "stddev_samp", "median")
        aggregate = f"{function}({self.make(numeric, scope, depth)}){where}"
        # DuckDB's variances are off in their last bits: they are cut to a grid whose lines no fraction
        # with a small denominator hits, since a cast or comparison may meet a variance of exactly 1/2.
        return aggregate if function == "median" else f"floor({aggregate} * 1000 + 0.31830988618) / 1000", None
