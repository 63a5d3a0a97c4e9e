"""Join graphs in which a predicate helps a relation that is joined with it only later, in random orders.

Generates, seeded, facts and dimensions whose predicates are correlated, and asks questions about stars, chains,
snowflakes, a cycle and a self join of them: as the optimiser orders them, and in random orders as written (no rule
orders joins or chooses sides), with and without the rule `predicate_transfer`, beside DuckDB, which is asked in its own
order alone. All run in turn, each round in fresh processes on two threads; answers are compared first. Times are
processor time: medians of the second runs of each.
"""

import argparse
import json
import pathlib
import random
import sys
import time

BENCH = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(BENCH), str(BENCH.parent / "test")]

import processes  # noqa: E402
import report  # noqa: E402
import small  # noqa: E402

SEED = 20261123
# Statements of DuckDB that make the tables, `n` being the rows of the larger fact.
TABLES = {
    # Sales and returns: facts that share the product and the shop, each with a dimension of its own.
    "sales": "SELECT (hash(i, 1)::HUGEINT % ({n} // 10))::BIGINT AS s_product, "
               "(hash(i, 2)::HUGEINT % ({n} // 40))::BIGINT AS s_shop, (hash(i, 3)::HUGEINT % ({n} // 4))::BIGINT AS s_buyer, "
             "(hash(i, 4)::HUGEINT % 10000)::BIGINT AS s_price, i AS s_id FROM range({n}) t(i)",
    "returns": "SELECT (hash(i, 5)::HUGEINT % ({n} // 10))::BIGINT AS r_product, "
               "(hash(i, 6)::HUGEINT % ({n} // 40))::BIGINT AS r_shop, (hash(i, 7)::HUGEINT % 500)::BIGINT AS r_reason, "
               "(hash(i, 8)::HUGEINT % 10000)::BIGINT AS r_price, i AS r_id FROM range({n} // 2) t(i)",
    # The colour tells the maker and the material: predicates on several of them are far from independent.
    "product": "SELECT i AS p_id, (hash(i, 9)::HUGEINT % 40)::BIGINT AS p_colour, "
               "(hash(i, 9)::HUGEINT % 40 // 2)::BIGINT AS p_maker, (hash(i, 9)::HUGEINT % 40 // 4)::BIGINT AS p_material, "
               "(hash(i, 10)::HUGEINT % 300)::BIGINT AS p_class, 'product ' || i AS p_name FROM range({n} // 10) t(i)",
    "class": "SELECT i AS k_id, i % 30 AS k_group FROM range(300) t(i)",
    "kind": "SELECT i AS d_id, i % 6 AS d_area FROM range(30) t(i)",
    "shop": "SELECT i AS h_id, i % 50 AS h_region, i % 50 // 5 AS h_country, i % 997 AS h_city FROM range({n} // 40) t(i)",
    "buyer": "SELECT i AS b_id, (hash(i, 11)::HUGEINT % 100)::BIGINT AS b_age, "
               "(hash(i, 11)::HUGEINT % 100 // 10)::BIGINT AS b_decade, i % 997 AS b_city FROM range({n} // 4) t(i)",
    "city": "SELECT i AS c_id, i % 20 AS c_country FROM range(997) t(i)",
    "reason": "SELECT i AS z_id, i % 25 AS z_kind FROM range(500) t(i)",
}
# By name: relations, conditions that join them, and predicates.
QUESTIONS = {
    "star, one dimension shared": (
        "sales returns product buyer",
        "s_product = p_id, r_product = p_id, s_buyer = b_id",
        "p_colour = 7 AND p_maker = 3"),
    "star, two dimensions shared": (
        "sales returns product shop reason",
        "s_product = p_id, r_product = p_id, s_shop = h_id, r_shop = h_id, r_reason = z_id",
        "p_colour < 4 AND p_material = 0 AND h_country = 3"),
    "chain": (
        "buyer sales product returns reason",
        "b_id = s_buyer, s_product = p_id, p_id = r_product, r_reason = z_id",
        "b_age = 42 AND b_decade = 4 AND z_kind < 5"),
    "snowflake": (
        "sales returns product class kind shop",
        "s_product = p_id, r_product = p_id, p_class = k_id, k_group = d_id, s_shop = h_id",
        "d_area = 2 AND h_region < 25"),
    "cycle": (
        "sales returns product shop buyer",
        "s_product = p_id, r_product = p_id, s_shop = r_shop, s_shop = h_id, s_buyer = b_id",
        "h_region = 11 AND b_age < 60"),
    "a class of three": (
        "sales shop buyer city",
        "s_shop = h_id, s_buyer = b_id, h_city = c_id, b_city = h_city",
        "c_country = 7"),
    "self join": (
        "sales returns product shop shop.h2",
        "s_product = p_id, r_product = p_id, s_shop = h_id, r_shop = h2.h_id",
        "shop.h_country = 3 AND h2.h_country = 3 AND p_colour = 9"),
    "no predicate": (
        "sales returns product shop",
        "s_product = p_id, r_product = p_id, s_shop = h_id",
        "true"),
}
RESULTS = {"sales": "sum(s_price)", "returns": "min(r_price)", "product": "max(p_name)", "buyer": "max(b_decade)"}
# What runs, and what each has switched off for questions as they are asked.
WITH, WITHOUT, PEER = "with", "without", "duckdb"
DISABLED = {WITH: "", WITHOUT: "predicate_transfer"}
AS_WRITTEN = "join_order,build_side_choice,eager_aggregation"


def directory(rows):
    """The tables, generated where they are missing."""
    # Not above: DuckDB would count among the memory of Trivet's process.
    import duckdb
    import oracle

    path = oracle.DATA / "transfer" / str(rows)
    path.mkdir(parents=True, exist_ok=True)
    for name, text in TABLES.items():
        file = path / f"{name}.parquet"
        if not file.exists():
            duckdb.sql(f"COPY ({text.format(n=rows)}) TO '{file}' (FORMAT parquet)")
    return path


def relation(name):
    table, _, alias = name.partition(".")
    return f"{table} {alias}" if alias else table


def columns_of(name):
    table, _, alias = name.partition(".")
    texts = [part.split(" AS ")[1].split(" ")[0].rstrip(",") for part in TABLES[table].split(",") if " AS " in part]
    return {f"{alias}.{text}" for text in texts} if alias else {*texts, *(f"{table}.{text}" for text in texts)}


def selected(relations):
    return ", ".join(["SELECT count(*)", *(text for table, text in RESULTS.items() if table in relations.split())])


def as_asked(question):
    relations, conditions, predicates = QUESTIONS[question]
    conditions = conditions.replace(" h_id", " shop.h_id")
    return (f"{selected(relations)} FROM {', '.join(map(relation, relations.split()))} "
            f"WHERE {' AND '.join(conditions.split(', '))} AND {predicates}")


def in_random_order(question, generator):
    """A bushy tree without cross products."""
    relations, conditions, predicates = QUESTIONS[question]
    left = conditions.replace(" h_id", " shop.h_id").split(", ")  # conditions that no join has yet
    parts = [(relation(name), columns_of(name)) for name in relations.split()]
    while len(parts) > 1:
        pairs = []
        for a in range(len(parts)):
            for b in range(len(parts)):
                both = parts[a][1] | parts[b][1]
                connecting = [c for c in left if a != b and set(c.split(" = ")) <= both]
                if connecting:
                    pairs.append((a, b, connecting))
        a, b, connecting = generator.choice(pairs)
        joined = (f"({parts[a][0]} JOIN {parts[b][0]} ON {' AND '.join(connecting)})", parts[a][1] | parts[b][1])
        left = [c for c in left if c not in connecting]
        parts = [part for i, part in enumerate(parts) if i not in (a, b)] + [joined]
    return f"{selected(relations)} FROM {parts[0][0]} WHERE {predicates}"


def orders_of(number, question, count):
    generator = random.Random(SEED + number)
    return [in_random_order(question, generator) for _ in range(count)]


def texts(order_count):
    """By name, the text of each question as it is asked, and in its random orders."""
    orders = {f"{question}, order {position}": text for number, question in enumerate(QUESTIONS)
              for position, text in enumerate(orders_of(number, question, order_count), start=1)}
    return {question: as_asked(question) for question in QUESTIONS}, orders


def measure(name, arguments):
    """In this process: rows, the first run's and the second's processor time of everything that it is asked."""
    connection, version = small.connect("duckdb" if name == PEER else "trivet", arguments.threads)
    for table in TABLES:
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM '{arguments.folder}/{table}.parquet'")
    asked, orders = texts(arguments.orders)
    answers = {}

    def ask(some, disabled):
        if disabled is not None:
            connection.execute(f"SET disabled_optimizers = '{disabled}'")
        for question, text in some.items():
            times = []
            for _ in range(2):
                start = time.process_time()
                rows = connection.sql(text).fetchall()
                times.append(time.process_time() - start)
            answers[question] = processes.as_texts(rows), times

    ask(asked, DISABLED.get(name))
    if name != PEER:
        ask(orders, ",".join(filter(None, [AS_WRITTEN, DISABLED[name]])))
    return {"version": version, "answers": answers}


def run(timings, expected, arguments):
    """One round of one of them, whose answers must be those expected, whatever the order."""
    ran = processes.run([sys.executable, BENCH / "transfer.py", "--worker", timings.name,
                         "--orders", arguments.orders, "--threads", arguments.threads, "--folder", arguments.folder])
    outcome = json.loads(ran.output)
    timings.version = outcome["version"]
    timings.peak_bytes = max(timings.peak_bytes, ran.peak_bytes)
    for question, (rows, (first, second)) in outcome["answers"].items():
        if rows != expected[question.partition(", order ")[0]]:
            timings.problems[question] = f"{rows}, not DuckDB's answer"
        timings.cold.setdefault(question, []).append(first)
        timings.warm.setdefault(question, []).append(second)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--orders", type=int, default=5, help="random orders of each question")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--worker", choices=(WITH, WITHOUT, PEER), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(measure(arguments.worker, arguments)))
        return
    report.refuse_few(parser, arguments.rounds)
    asked, orders = texts(arguments.orders)
    import oracle  # where no engine runs beside it, as in directory()

    path = directory(arguments.rows)
    arguments.folder = str(path)
    expected = {question: processes.as_texts(rows) for question, rows in oracle.answers(path, TABLES, asked).items()}
    engines = {name: report.Timings(name) for name in (WITH, WITHOUT, PEER)}
    for turn in range(arguments.rounds):
        for timings in report.in_turn(engines.values(), turn):
            print(f"round {turn + 1} of {arguments.rounds}: {timings.name}", file=sys.stderr, flush=True)
            try:
                run(timings, expected, arguments)
            except processes.Failure as failure:
                timings.problems.update(dict.fromkeys([*asked, *orders], str(failure)))
    ours, without, peer = engines.values()
    gain = report.Pair(f"{WITH} / {WITHOUT}", ours, [without])
    title = (f"Join graphs over {arguments.rows:,} rows, {{}}, {arguments.threads} threads, processor time, medians of "
             f"{arguments.rounds} warm runs with and without predicate transfer; trivet {ours.version}, duckdb {peer.version}")
    settings = {"rows": arguments.rows, "rounds": arguments.rounds, "orders": arguments.orders, "threads": arguments.threads}
    codes = [
        report.Comparison(asked, [ours, without, peer], [gain, report.Pair(f"{WITH} / {PEER}", ours, [peer])]).publish(
            f"transfer-{arguments.rows}", title.format("in the optimiser's order"), settings),
        report.Comparison(orders, [ours, without], [gain]).publish(
            f"transfer-orders-{arguments.rows}", title.format("in random orders"), {**settings, "texts": orders}),
    ]  # fmt: skip
    sys.exit(max(codes))


if __name__ == "__main__":
    main()
