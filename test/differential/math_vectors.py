"""Writes arguments and 200-digit results, cut to two doubles, for the elementary functions.

    .venv/bin/pip install mpmath
    .venv/bin/python test/differential/math_vectors.py src/types/testdata/math.inc [count]
"""

import math
import random
import sys

import mpmath

mpmath.mp.dps = 200


def cot(x):
    return mpmath.cos(x) / mpmath.sin(x)


def uniform(low, high):
    return lambda generator: generator.uniform(low, high)


def scaled(low, high, signed=True):
    """Magnitudes spread over powers of two."""
    def draw(generator):
        value = math.ldexp(generator.uniform(0.5, 1), generator.randint(low, high))
        return -value if signed and generator.random() < 0.5 else value
    return draw


def near(*points):
    """Arguments within a few units in the last place, or a little more, of the points."""
    def draw(generator):
        point = generator.choice(points)
        if generator.random() < 0.5:
            return math.nextafter(point, math.inf if generator.random() < 0.5 else -math.inf)
        return point * (1 + math.ldexp(generator.uniform(-1, 1), generator.randint(-40, -5)))
    return draw


def whole(low, high):
    return lambda generator: float(generator.randint(low, high))


HARD_ANGLES = [6381956970095103.0 * 2.0 ** 797, 1e22, 1e300, 355.0, 22.0, 11.0, 3.0]
MULTIPLES = [k * math.pi / 2 for k in (1, 2, 3, 4, 7, 100, 1001, 123457, 10 ** 9 + 7)]

UNARY = {
    "Exp": (mpmath.exp, [uniform(-745, 709.7), scaled(-60, 1), uniform(-1, 1), uniform(-0.4, 0.4)]),
    "Expm1": (mpmath.expm1, [uniform(-40, 709), scaled(-50, 1), uniform(-0.5, 0.5)]),
    "Log": (mpmath.log, [scaled(-1070, 1023, False), uniform(0.5, 2), near(1.0), whole(1, 10 ** 6)]),
    "Log2": (lambda x: mpmath.log(x, 2), [scaled(-1070, 1023, False), uniform(0.5, 2), near(1.0), whole(1, 10 ** 6)]),
    "Log10": (mpmath.log10, [scaled(-1070, 1023, False), uniform(0.5, 2), near(1.0), whole(1, 10 ** 6)]),
    "Log1p": (mpmath.log1p, [scaled(-50, 1000, False), uniform(-0.99, 1), scaled(-50, -1), uniform(-0.3, 0.3)]),
    "Cbrt": (mpmath.cbrt, [scaled(-1070, 1023, False), uniform(0, 100), whole(1, 10 ** 6)]),
    "Sin": (mpmath.sin, [uniform(-10, 10), uniform(-524287, 524287), scaled(-30, 1023), near(*HARD_ANGLES, *MULTIPLES)]),
    "Cos": (mpmath.cos, [uniform(-10, 10), uniform(-524287, 524287), scaled(-30, 1023), near(*HARD_ANGLES, *MULTIPLES)]),
    "Tan": (mpmath.tan, [uniform(-10, 10), uniform(-524287, 524287), scaled(-30, 1023), near(*HARD_ANGLES, *MULTIPLES)]),
    "Cot": (cot, [uniform(-10, 10), uniform(-524287, 524287), scaled(-30, 1023), near(*HARD_ANGLES, *MULTIPLES)]),
    "Asin": (mpmath.asin, [uniform(-1, 1), scaled(-40, 0), lambda g: 1 - math.ldexp(g.random(), g.randint(-50, -1))]),
    "Acos": (mpmath.acos, [uniform(-1, 1), scaled(-40, 0), lambda g: 1 - math.ldexp(g.random(), g.randint(-50, -1))]),
    "Atan": (mpmath.atan, [uniform(-3, 3), scaled(-40, 80), near(0.125, 0.375, 0.625, 0.875, 1.0)]),
    "Sinh": (mpmath.sinh, [uniform(-710, 710), scaled(-40, 6), uniform(-0.5, 0.5)]),
    "Cosh": (mpmath.cosh, [uniform(-710, 710), scaled(-40, 6), uniform(-0.5, 0.5)]),
    "Tanh": (mpmath.tanh, [uniform(-23, 23), scaled(-40, 5), uniform(-0.5, 0.5)]),
    "Asinh": (mpmath.asinh, [uniform(-10, 10), scaled(-40, 1023), uniform(-0.5, 0.5)]),
    "Acosh": (mpmath.acosh, [uniform(1, 10), scaled(1, 1023, False), lambda g: 1 + math.ldexp(g.random(), g.randint(-50, 1))]),
    "Atanh": (mpmath.atanh, [uniform(-1, 1), scaled(-40, 0), uniform(-0.3, 0.3)]),
    "Gamma": (mpmath.gamma, [uniform(0, 171), uniform(-20, 20), scaled(-50, 4), whole(1, 22)]),
    "LogGamma": (lambda x: mpmath.log(abs(mpmath.gamma(x))) if x < 1e4 else mpmath.loggamma(x), [uniform(0, 30), scaled(-50, 1000, False), near(1.0, 2.0)]),
}


def power_arguments(generator):
    kind = generator.randrange(5)
    if kind == 0:
        return generator.uniform(0, 100), generator.uniform(-20, 20)
    if kind == 1:
        return float(generator.randint(-20, 20)), float(generator.randint(-20, 40))
    if kind == 2:
        return scaled(-1000, 1000, False)(generator), generator.uniform(-1, 1)
    if kind == 3:
        return near(1.0)(generator), scaled(10, 50)(generator)
    return generator.uniform(0.5, 2), generator.uniform(-1000, 1000)


def in_range(value):
    return mpmath.isfinite(value) and value != 0 and mpmath.mpf(2) ** -1021 < abs(value) < mpmath.mpf(2) ** 1023


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 120
    generator = random.Random(11)
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        def write(name, arguments, value):
            high = float(value)
            low = float(value - mpmath.mpf(high))
            out.write(f'{{"{name}", {arguments[0].hex()}, {arguments[1].hex()}, {high.hex()}, {low.hex()}}},\n')

        for name, (function, draws) in UNARY.items():
            written = 0
            while written < count:
                x = draws[written % len(draws)](generator)
                try:
                    value = function(mpmath.mpf(x))
                except (ValueError, ZeroDivisionError):
                    continue
                if isinstance(value, mpmath.mpc) or not in_range(value):
                    continue
                write(name, (x, 0.0), value)
                written += 1
        for name, function in (("Pow", mpmath.power), ("Atan2", mpmath.atan2)):
            written = 0
            while written < 3 * count:
                if name == "Pow":
                    x, y = power_arguments(generator)
                else:
                    x, y = (scaled(-20, 20)(generator) if generator.random() < 0.7 else scaled(-900, 900)(generator) for _ in range(2))
                if name == "Pow" and x == 0:
                    continue
                value = function(mpmath.mpf(x), mpmath.mpf(y))
                if isinstance(value, mpmath.mpc) or not in_range(value):
                    continue
                write(name, (x, y), value)
                written += 1


if __name__ == "__main__":
    main()
