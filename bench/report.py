"""What every suite reports: each question's times, their ratios and geometric mean, and peak memory; kept as Markdown and JSON."""

import dataclasses
import datetime
import json
import math
import os
import pathlib
import platform
import statistics

RESULTS = pathlib.Path(__file__).resolve().parent / "results"
# Below that, a median says little of what a question takes.
LEAST_WARM_RUNS = 3


class Timings:
    """What one engine, or one way of running it, has shown over all rounds."""

    def __init__(self, name):
        self.name = name
        self.version = None
        self.warm = {}  # every run's seconds, by query
        self.cold = {}  # those of each process's first run
        self.peak_bytes = 0
        self.peaks = {}  # by query, where each is known
        self.unfairness = 0  # of clients: the slowest one's time by the mean, in the worst pass
        self.problems = {}  # by query: no time of it counts

    def add_peak(self, query, peak_bytes):
        self.peaks[query] = max(peak_bytes, self.peaks.get(query, 0))
        self.peak_bytes = max(peak_bytes, self.peak_bytes)

    @property
    def seconds(self):
        """The median of a query's warm runs, where all its answers were right."""
        return {query: statistics.median(times) for query, times in self.warm.items() if query not in self.problems}

    @property
    def cold_seconds(self):
        return {query: statistics.median(times) for query, times in self.cold.items() if query not in self.problems}

    def figures(self):
        return {"version": self.version, "peak_bytes": self.peak_bytes, "seconds": self.seconds, "cold_seconds": self.cold_seconds,
                "warm_runs": self.warm, "problems": self.problems, "peaks": self.peaks, "unfairness": self.unfairness}


@dataclasses.dataclass
class Pair:
    """A column of ratios: a subject's time by the least that any of the others took."""

    title: str
    subject: Timings
    others: list
    worst: object = max  # where a larger ratio is the better one: min

    def ratio(self, query):
        least = min((other.seconds[query] for other in self.others if query in other.seconds), default=None)
        own = self.subject.seconds.get(query)
        return own / least if own and least else None


class Comparison:
    """Several timings of the same queries, beside each other."""

    def __init__(self, queries, timings, pairs, counted=None, decimals=1):
        """Sums and means count the queries that everyone answered rightly, of `counted` where not all are comparable."""
        self.queries = list(queries)
        self.timings = timings
        self.pairs = pairs
        self.common = [query for query in self.queries if (counted is None or query in counted)
                       and all(query in each.seconds for each in timings)]
        self.decimals = decimals

    def ratios(self, pair):
        return {query: pair.ratio(query) for query in self.queries}

    def counted_ratios(self, pair):
        return [ratio for query, ratio in self.ratios(pair).items() if query in self.common and ratio]

    def sum(self, timings):
        return sum(timings.seconds[query] for query in self.common)

    def milliseconds(self, seconds):
        return f"{seconds * 1000:.{self.decimals}f}" if seconds is not None else "-"

    def rows(self):
        """The table as rows of text: a header, a row a query, then sums, geometric means, the worst and memory."""
        detailed = [each for each in self.timings if each.peaks]
        rows = [["query", *(f"{each.name} ms" for each in self.timings), *(pair.title for pair in self.pairs),
                 *(f"{each.name} MiB" for each in detailed)]]
        for query in self.queries:
            rows.append([query, *(self.milliseconds(each.seconds.get(query)) for each in self.timings),
                         *(number(pair.ratio(query)) for pair in self.pairs),
                         *(mebibytes(each.peaks.get(query)) for each in detailed)])
        rows.append(["sum" if self.common == self.queries else f"sum of {len(self.common)}",
                     *(self.milliseconds(self.sum(each)) for each in self.timings),
                     *(quotient(self.sum(pair.subject), min(map(self.sum, pair.others))) for pair in self.pairs)])
        if self.common and all(query in each.cold_seconds for each in self.timings for query in self.common):
            first_runs = [sum(each.cold_seconds[query] for query in self.common) for each in self.timings]
            rows.append(["sum of the first runs", *map(self.milliseconds, first_runs)])
        blanks = [""] * len(self.timings)
        counted = [(pair, self.counted_ratios(pair)) for pair in self.pairs]
        rows.append(["geometric mean of ratios", *blanks, *(number(geometric_mean(ratios)) for _, ratios in counted)])
        rows.append(["worst ratio", *blanks, *(number(pair.worst(ratios, default=None)) for pair, ratios in counted)])
        rows.append(["peak memory, MiB", *(mebibytes(each.peak_bytes) for each in self.timings),
                     *(quotient(pair.subject.peak_bytes, min(other.peak_bytes for other in pair.others)) for pair in self.pairs)])
        if any(each.unfairness for each in self.timings):
            rows.append(["slowest client / mean", *(f"{each.unfairness:.2f}" for each in self.timings)])
        return [row + [""] * (len(rows[0]) - len(row)) for row in rows]

    def problems(self):
        return [f"- {each.name} {query}: {each.problems[query]}"
                for each in self.timings for query in self.queries if query in each.problems]

    def figures(self):
        return {
            "queries": self.queries, "counted": self.common,
            "engines": {each.name: each.figures() for each in self.timings},
            "sums": {each.name: self.sum(each) for each in self.timings},
            "ratios": {pair.title: self.ratios(pair) for pair in self.pairs},
            "geometric_means": {pair.title: geometric_mean(self.counted_ratios(pair)) for pair in self.pairs},
        }  # fmt: skip

    def publish(self, name, title, figures, notes=()):
        """Prints and writes it; an exit code, which tells whether all answers were right."""
        text = "\n".join([f"{title}; {processor()}", "", markdown(self.rows()), *self.problems(), *notes])
        print(f"\n{text}\n")
        write(name, text, {**figures, **self.figures()})
        return 1 if self.problems() else 0


def number(value):
    return f"{value:.2f}" if value is not None else "-"


def quotient(numerator, denominator):
    return number(numerator / denominator if numerator and denominator else None)


def mebibytes(count):
    return f"{count / 2**20:.0f}" if count else "-"


def geometric_mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else None


def versions(timings):
    """Each program's, once: its name is what comes before a comma."""
    return ", ".join(dict.fromkeys(f"{each.name.split(',')[0]} {each.version}" for each in timings if each.version))


def refuse_few(parser, warm_runs):
    """Ends the program where a median would be one of fewer runs than count."""
    if warm_runs < LEAST_WARM_RUNS:
        parser.error(f"{warm_runs} warm runs: a median counts from {LEAST_WARM_RUNS} on")


def in_turn(items, turn):
    """The items in an order that rotates from turn to turn, so that none always follows the same one."""
    items = list(items)
    start = turn % len(items)
    return items[start:] + items[:start]


def markdown(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]

    def line(cells):
        first, *rest = (cell.ljust(width) if position == 0 else cell.rjust(width)
                        for position, (cell, width) in enumerate(zip(cells, widths)))
        return "| " + " | ".join([first, *rest]) + " |"

    rule = "|" + "|".join("-" * (width + 2) if position == 0 else "-" * (width + 1) + ":"
                          for position, width in enumerate(widths)) + "|"
    return "\n".join([line(rows[0]), rule, *map(line, rows[1:])])


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def write(name, text, figures):
    """The table as Markdown and what it was made from as JSON."""
    RESULTS.mkdir(exist_ok=True)
    stem = f"{name}-{datetime.datetime.now():%Y-%m-%d-%H%M%S}"
    (RESULTS / f"{stem}.md").write_text(text + "\n")
    figures = {"processor": processor(), "cores": os.cpu_count(), **figures}
    (RESULTS / f"{stem}.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(f"written to bench/results/{stem}.md and .json")
