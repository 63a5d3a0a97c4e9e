"""Writes columns of doubles with their sum, mean and variances as exact rationals, rounded once.

    .venv/bin/python test/differential/sum_vectors.py src/types/testdata/exact_sums.inc
"""

import math
import random
import struct
import sys
from fractions import Fraction


def rounded(value):
    """The nearest double, ties to even; Python's division of integers rounds correctly."""
    try:
        return value.numerator / value.denominator
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def literal(value):
    if math.isinf(value):
        return "kInfinity" if value > 0 else "-kInfinity"
    return value.hex()


def column(generator, kind, count):
    if kind == 0:
        return [round(generator.uniform(0, 1e5), 2) for _ in range(count)]
    if kind == 1:
        return [generator.gauss(1e9, 1) for _ in range(count)]
    if kind == 2:
        return [math.ldexp(generator.uniform(-1, 1), generator.randint(-1074, 1023)) for _ in range(count)]
    if kind == 3:
        return [generator.randint(-5, 5) * 5e-324 for _ in range(count)]
    if kind == 4:
        return [generator.choice([1e308, -1e308, 1.7e308, 1e-308]) for _ in range(count)]
    if kind == 5:
        return [math.ldexp(generator.uniform(-1, 1), generator.randint(-560, -500)) for _ in range(count)]
    values = [struct.unpack("d", struct.pack("Q", generator.getrandbits(64)))[0] for _ in range(count)]
    return [value if math.isfinite(value) else 1.5 for value in values]


def main():
    generator = random.Random(4)
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        for index in range(210):
            values = column(generator, index % 7, generator.choice([1, 2, 3, 10, 40]))
            exact = [Fraction(value) for value in values]
            count = len(values)
            total = sum(exact)
            squares = sum(value * value for value in exact)
            spread = count * squares - total * total
            sample = rounded(spread / (count * (count - 1))) if count > 1 else 0.0
            numbers = ", ".join(literal(value) for value in values)
            answers = [rounded(total), rounded(total / count), rounded(spread / (count * count)), sample]
            out.write("{{" + numbers + "},\n " + ", ".join(literal(value) for value in answers) + "},\n")


if __name__ == "__main__":
    main()
