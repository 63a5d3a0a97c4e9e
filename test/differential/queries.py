"""Random queries: joins of every kind, derived tables, correlated subqueries, groups, set operations."""

import dataclasses

from expressions import Expressions, Scope

MAX_NESTING = 3
MOST_ROWS = 500_000  # that a FROM clause may give, over all rows of the queries around it
EQUALITY_SHARE = 0.25  # of the pairs, that an equality lets through: the tables' domains are small
JOINS = ("JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN",
         "CROSS JOIN")


class Queries:
    def __init__(self, random, tables):
        self.random = random
        self.tables = tables
        self.expressions = Expressions(random, self)
        self.aliases = 0
        self.nesting = 0
        self.has_subquery = False

    def chance(self, share):
        return self.random.random() < share

    def alias(self):
        self.aliases += 1
        return f"a{self.aliases}"

    def query(self):
        """(SQL, is it ordered) of a whole query. Ordered ones have a total order."""
        self.aliases, self.nesting, self.has_subquery = 0, 0, False
        prefix, ctes = self.common_tables() if self.chance(0.12) else ("", [])
        all_tables = self.tables
        self.tables = [*self.tables, *ctes]
        width = self.random.randint(1, 4)
        types = [self.expressions.any_type() for _ in range(width)]
        body = self.set_operation(types) if self.chance(0.15) else self.select(types, None).text
        self.tables = all_tables
        ordered = self.chance(0.3)
        if ordered:
            # NULLS FIRST or LAST and the direction vary; ALL makes the order total.
            body = f"SELECT * FROM ({body}) q ORDER BY ALL {self.random.choice(['', 'DESC', 'NULLS FIRST'])}"
            if self.chance(0.5):
                body += f" LIMIT {self.random.choice([0, 1, 3, 10])}"
                if self.chance(0.3):
                    body += f" OFFSET {self.random.choice([1, 2])}"
        return prefix + body, ordered

    def common_tables(self):
        parts, tables = [], []
        for number in range(self.random.randint(1, 2)):
            name = f"w{number}"
            types = ["INTEGER", "VARCHAR", self.expressions.any_type()]
            body = self.select(types, None, simple=True)
            columns = [("k", types[0]), ("s", types[1]), ("c0", types[2])]
            word = self.random.choice(["", "MATERIALIZED ", "NOT MATERIALIZED "])
            parts.append(f"{name}(k, s, c0) AS {word}({body.text})")
            tables.append(_Named(name, columns, body.row_count))
        return f"WITH {', '.join(parts)} ", tables

    def set_operation(self, types):
        operator = self.random.choice(
            ["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"])
        return f"{self.select(types, None).text} {operator} {self.select(types, None).text}"

    # FROM -----------------------------------------------------------------------------------------

    def relation(self, most_rows):
        """One table or derived table under an alias, of not many more rows than that."""
        alias = self.alias()
        if self.chance(0.15) and self.nesting < MAX_NESTING:
            self.nesting += 1
            types = ["INTEGER", "VARCHAR", self.expressions.any_type()]
            body = self.select(types, None, simple=True)
            if self.chance(0.3):
                body = self.numbered(types, body)
            self.nesting -= 1
            if body.row_count <= most_rows:
                columns = [(f"{alias}.k", types[0]), (f"{alias}.s", types[1]), (f"{alias}.c0", types[2])]
                return _Relation(f"({body.text}) {alias}(k, s, c0)", columns, body.row_count)
        small = [table for table in self.tables if table.row_count <= most_rows]
        table = self.random.choice(small or [min(self.tables, key=lambda table: table.row_count)])
        return _Relation(f"{table.name} {alias}", [(f"{alias}.{n}", t) for n, t in table.columns],
                         table.row_count)

    def numbered(self, types, body):
        """The rows of a query of three columns, cut by their numbers, which may take a column's place."""
        columns = ["k", "s", "c0"]
        order = self.random.sample(columns, 3)
        function = self.random.choice(["row_number", "row_number", "rank", "dense_rank"])
        if function != "row_number":  # whose order is total; equal rows are no matter
            order = order[: self.random.randint(0, 2)]
        directions = [self.random.choice(["", " DESC", " NULLS FIRST", " DESC NULLS FIRST"]) for _ in order]
        by = ", ".join(map(str.__add__, order, directions))
        partition = ", ".join(self.random.sample(columns, self.random.choice([0, 1, 1, 2])))
        window = " ".join(filter(None, [partition and f"PARTITION BY {partition}", by and f"ORDER BY {by}"]))
        shown = "n" if types[2] == "BIGINT" else "c0"
        kept = self.random.choice(["n <= 1", "n <= 2", "n < 4", "n = 1", "n = 2", "3 >= n", "n > 1", "n BETWEEN 2 AND 3",
                                   "n <= 5 AND k > 1"])
        rows = f"({body.text}) q(k, s, c0)"
        if self.chance(0.5):
            text = (f"SELECT k, s, {shown} FROM (SELECT *, {function}() OVER ({window}) AS n FROM {rows}) "
                    f"WHERE {kept}")
        else:
            text = f"SELECT k, s, {shown} FROM (SELECT *, {function}() OVER ({window}) AS n FROM {rows} QUALIFY {kept})"
        return _Body(text, body.row_count)

    def source(self, outer, most):
        """(SQL, scope) of a FROM clause."""
        most_rows = MOST_ROWS / (outer.work() if outer else 1)
        first = self.relation(most_rows)
        text, scope = first.text, Scope(first.columns, outer, max(first.row_count, 1))
        for _ in range(self.random.choice([0, 0, 1, 1, 2][: most + 2])):
            if self.chance(0.08) and self.nesting < MAX_NESTING:
                added, scope = self.lateral(scope)
                text += added
                continue
            right = self.relation(most_rows / scope.row_count)
            if right.row_count * scope.row_count > most_rows:
                break
            added, scope = self.join(scope, right)
            text += added
        return text, scope

    def join(self, left, right):
        """(SQL, scope) of a join of what stands to the left with one more relation."""
        join, condition, share = self.random.choice(JOINS), "", 1
        if join != "CROSS JOIN":
            condition, share = self.condition(left.columns, right.columns)
            condition = f" ON {condition}"
        text = f" {join} {right.text}{condition}"
        if join in ("SEMI JOIN", "ANTI JOIN"):
            return text, left
        rows = max(int(left.row_count * right.row_count * share), left.row_count, right.row_count)
        return text, Scope(left.columns + right.columns, left.outer, rows)

    def lateral(self, left):
        """A lateral join with a subquery that sees what stands to its left."""
        self.has_subquery = True
        alias = self.alias()
        type_ = self.expressions.any_type()
        self.nesting += 1
        body = self.select([type_, "INTEGER"], dataclasses.replace(left, row_count=left.work(), outer=None),
                           simple=True)
        self.nesting -= 1
        join, condition = self.random.choice([("CROSS JOIN", ""), ("LEFT JOIN", " ON true")])
        columns = [*left.columns, (f"{alias}.x", type_), (f"{alias}.y", "INTEGER")]
        rows = left.row_count * body.row_count
        return f" {join} LATERAL ({body.text}) {alias}(x, y){condition}", Scope(columns, left.outer, rows)

    def condition(self, left, right):
        """(SQL of a join condition, about the share of pairs that pass it)."""
        pairs = [(a, b) for a, type_a in left for b, type_b in right if type_a == type_b]
        equals = [f"{a} = {b}" for a, b in self.random.sample(pairs, min(len(pairs), 2))]
        kind = self.random.random()
        both = Scope(left + right)
        if kind < 0.5 and equals:
            return equals[0], EQUALITY_SHARE
        if kind < 0.65 and equals:
            return " AND ".join(equals), EQUALITY_SHARE
        if kind < 0.8 and equals:
            return f"{equals[0]} AND {self.flat_predicate(both)}", EQUALITY_SHARE
        if kind < 0.85 and equals:
            return equals[0].replace(" = ", " IS NOT DISTINCT FROM "), EQUALITY_SHARE
        return self.flat_predicate(both), 1

    def flat_predicate(self, scope):
        """A predicate without subqueries."""
        self.nesting += MAX_NESTING
        predicate = self.expressions.predicate(scope, 2)
        self.nesting -= MAX_NESTING
        return predicate

    # SELECT ---------------------------------------------------------------------------------------

    def select(self, types, outer, simple=False):
        """A SELECT whose columns have the types, cast where they could widen."""
        text, scope = self.source(outer, 1 if simple else 2)
        where = f" WHERE {self.expressions.predicate(scope, 2)}" if self.chance(0.4) else ""
        if self.chance(0.3):
            return self.grouped(types, text, scope, where)
        depth = 1 if simple else 2
        items = ", ".join(self.expressions.make(type_, scope, depth) for type_ in types)
        distinct = "DISTINCT " if self.chance(0.15) else ""
        return _Body(f"SELECT {distinct}{items} FROM {text}{where}", scope.row_count)

    def grouped(self, types, text, scope, where):
        key_count = self.random.randint(0, min(2, len(types)))
        keys, items = [], []
        for position, type_ in enumerate(types):
            if position < key_count:
                key = self.expressions.make(type_, dataclasses.replace(scope, outer=None), 1)
                keys.append(str(position + 1))
                items.append(key)
            else:
                aggregate, aggregate_type = self.expressions.aggregate(scope, 1)
                items.append(aggregate if aggregate_type == type_ else convert(aggregate, aggregate_type, type_))
        group = f" GROUP BY {', '.join(keys)}" if keys else ""
        having = ""
        if self.chance(0.25):
            aggregate, _ = self.expressions.aggregate(dataclasses.replace(scope, outer=None), 1)
            having = f" HAVING {self.random.choice(['count(*) > 1', f'({aggregate}) IS NOT NULL'])}"
        return _Body(f"SELECT {', '.join(items)} FROM {text}{where}{group}{having}",
                     scope.row_count if keys else 1)

    # Subqueries -----------------------------------------------------------------------------------

    def may_nest(self, scope):
        return self.nesting < MAX_NESTING and self.chance(0.7 / (1 + self.nesting))

    def scalar_subquery(self, type_, scope):
        """At most one row: an ungrouped aggregate, or the first row of a total order."""
        self.has_subquery = True
        self.nesting += 1
        text, inner = self.source(scope, 1)
        where = f" WHERE {self.correlation(inner)}"
        if self.chance(0.7):
            aggregate, aggregate_type = self.expressions.aggregate(inner, 1)
            item = aggregate if aggregate_type == type_ else convert(aggregate, aggregate_type, type_)
            body = f"SELECT {item} FROM {text}{where}"
        else:
            item = self.expressions.make(type_, inner, 1)
            body = f"SELECT {item} AS v FROM {text}{where} ORDER BY v LIMIT 1"
        self.nesting -= 1
        return f"({body})"

    def correlation(self, inner):
        """A predicate that names the outer query, most of the time by an equality."""
        pairs = [(own, outside) for own, type_ in inner.columns
                 for outside, outer_type in (inner.outer.columns if inner.outer else [])
                 if type_ == outer_type]
        if pairs and self.chance(0.8):
            own, outside = self.random.choice(pairs)
            operator = self.random.choice(["=", "=", "=", "=", "<", "<>", "IS NOT DISTINCT FROM"])
            more = f" AND {self.expressions.predicate(inner, 1)}" if self.chance(0.4) else ""
            return f"{own} {operator} {outside}{more}"
        return self.expressions.predicate(inner, 1)

    def subquery_predicate(self, scope):
        self.has_subquery = True
        self.nesting += 1
        text, inner = self.source(scope, 1)
        where = f" WHERE {self.correlation(inner)}" if self.chance(0.75) else ""
        kind = self.random.random()
        if kind < 0.4:
            body = f"{self.random.choice(['EXISTS', 'NOT EXISTS'])} (SELECT 1 FROM {text}{where})"
        else:
            type_ = self.expressions.any_type()
            item = self.expressions.make(type_, inner, 1)
            left = self.expressions.leaf(type_, scope)
            if kind < 0.75:
                word = self.random.choice(["IN", "NOT IN"])
            else:
                operator = self.random.choice(["=", "<>", "<", "<=", ">", ">="])
                word = f"{operator} {self.random.choice(['ANY', 'ALL'])}"
            body = f"{left} {word} (SELECT {item} FROM {text}{where})"
        self.nesting -= 1
        return f"({body})"


@dataclasses.dataclass
class _Body:
    """A SELECT, and about how many rows it gives at most."""

    text: str
    row_count: int


@dataclasses.dataclass
class _Relation:
    """What stands between two commas of a FROM clause, with the names and types of its columns."""

    text: str
    columns: list
    row_count: int


@dataclasses.dataclass
class _Named:
    """A common table expression, as a table to choose from."""

    name: str
    columns: list
    row_count: int


def convert(text, from_type, to_type):
    """A value of any type as another: numbers by value, all else through a test for NULL."""
    numeric = ("INTEGER", "BIGINT", "DECIMAL(8,2)", "DOUBLE")
    if from_type == "BOOLEAN" or from_type in ("VARCHAR", "DATE") or to_type in ("VARCHAR", "DATE", "BOOLEAN"):
        by_null = {
            "INTEGER": "1", "BIGINT": "1::BIGINT", "DECIMAL(8,2)": "1.5::DECIMAL(8,2)", "DOUBLE": "0.5::DOUBLE",
            "VARCHAR": "'some'", "DATE": "DATE '2020-01-01'", "BOOLEAN": "true",
        }
        return f"CASE WHEN ({text}) IS NULL THEN NULL ELSE {by_null[to_type]} END"
    assert to_type in numeric
    if to_type in ("INTEGER", "BIGINT"):
        return f"(({text})::BIGINT % 1000)::{to_type}"
    if to_type == "DECIMAL(8,2)":
        return f"(({text})::BIGINT % 1000)::DECIMAL(8,2)"
    return f"({text})::DOUBLE"
