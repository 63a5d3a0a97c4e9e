"""Random tables: every type that the generator speaks, many duplicates and NULLs, sometimes no rows."""

import dataclasses

# The generator's types, by the names that DDL gives them. Small domains make joins and groups meet.
TYPES = ("INTEGER", "BIGINT", "DECIMAL(8,2)", "DOUBLE", "VARCHAR", "DATE", "BOOLEAN")
WORDS = ("", "a", "ab", "abc", "b", "B", "xyz", "a longer string, past twelve bytes", "ünï", "100%", "x_y")


@dataclasses.dataclass
class Table:
    name: str
    columns: list  # (name, type)
    rows: list  # lists of SQL literals

    @property
    def row_count(self):
        return len(self.rows)

    def script(self):
        """The statements that make the table."""
        columns = ", ".join(f"{name} {type_}" for name, type_ in self.columns)
        statements = [f"CREATE TABLE {self.name} ({columns})"]
        if self.rows:
            rows = ", ".join(f"({', '.join(row)})" for row in self.rows)
            statements.append(f"INSERT INTO {self.name} VALUES {rows}")
        return statements


def literal(random, type_):
    """A SQL literal of the type, never NULL."""
    if type_ == "INTEGER":
        return str(random.choice([0, 1, 1, 2, 2, 3, 5, -1, -7, 40]))
    if type_ == "BIGINT":
        return f"{random.choice([0, 1, 2, 3, -2, 10, 3000000000])}::BIGINT"
    if type_ == "DECIMAL(8,2)":
        return f"{random.choice(['0.00', '1.00', '1.50', '2.25', '-3.10', '99.99'])}::DECIMAL(8,2)"
    if type_ == "DOUBLE":
        return f"{random.choice([0, 0.25, 0.5, 1, 1.5, 2, -2.75, 8])}::DOUBLE"
    if type_ == "VARCHAR":
        return f"'{random.choice(WORDS)}'"
    if type_ == "DATE":
        days = ["2020-01-01", "2020-01-02", "2020-02-29", "2019-12-31", "2021-06-15"]
        return f"DATE '{random.choice(days)}'"
    return random.choice(["true", "false"])


def value(random, type_, null_share):
    return "NULL" if random.random() < null_share else literal(random, type_)


def make_tables(random, count=4):
    tables = []
    for number in range(count):
        # The first two columns are the same in every table, so that USING and natural keys exist.
        types = ["INTEGER", "VARCHAR", *(random.choice(TYPES) for _ in range(random.randint(1, 4)))]
        columns = [("k", types[0]), ("s", types[1])]
        columns += [(f"c{position}", type_) for position, type_ in enumerate(types[2:])]
        null_share = random.choice([0, 0.1, 0.3])
        row_count = random.choice([0, 1, 5, 12, 20, 20, 30, 40, 40, 40])
        rows = [[value(random, type_, null_share) for type_ in types] for _ in range(row_count)]
        tables.append(Table(f"t{number}", columns, rows))
    return tables
