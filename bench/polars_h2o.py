"""The questions of h2o/queries.sql over Polars' lazy frames.

Each function takes a mapping from table names to lazy frames and returns a lazy frame with the columns of the SQL, in its order.
"""

import polars as pl


def q01(t):
    return t["g1"].group_by("id1").agg(pl.sum("v1"))


def q02(t):
    return t["g1"].group_by("id1", "id2").agg(pl.sum("v1"))


def q03(t):
    return t["g1"].group_by("id3").agg(pl.sum("v1"), pl.mean("v3"))


def q04(t):
    return t["g1"].group_by("id4").agg(pl.mean("v1", "v2", "v3"))


def q05(t):
    return t["g1"].group_by("id6").agg(pl.sum("v1", "v2", "v3"))


def q06(t):
    return t["g1"].group_by("id4", "id5").agg(pl.median("v3").alias("median_v3"), pl.std("v3").alias("sd_v3"))


def q07(t):
    return t["g1"].group_by("id3").agg((pl.max("v1") - pl.min("v2")).alias("range_v1_v2"))


def q08(t):
    return t["g1"].group_by("id6").agg(pl.col("v3").top_k(2).alias("largest2_v3")).explode("largest2_v3")


def q09(t):
    return t["g1"].group_by("id2", "id4").agg((pl.corr("v1", "v2") ** 2).alias("r2"))


def q10(t):
    keys = ["id1", "id2", "id3", "id4", "id5", "id6"]
    return t["g1"].group_by(keys).agg(pl.sum("v3"), pl.len().alias("count"))


X = ["id1", "id2", "id3", "id4", "id5", "id6", "v1"]


def joined(t, name, key, columns, how="inner"):
    """x's columns, then those of the other table that are named, then its v2."""
    other = t[name].select(pl.col(key), *(pl.col(column).alias(f"{name}_{column}") for column in columns), pl.col("v2"))
    return t["x"].join(other, on=key, how=how).select(*X, *(f"{name}_{column}" for column in columns), "v2")


def q11(t):
    return joined(t, "small", "id1", ["id4"])


def q12(t):
    return joined(t, "medium", "id2", ["id1", "id4", "id5"])


def q13(t):
    return joined(t, "medium", "id2", ["id1", "id4", "id5"], how="left")


def q14(t):
    return joined(t, "medium", "id5", ["id1", "id2", "id4"])


def q15(t):
    return joined(t, "big", "id3", ["id1", "id2", "id4", "id5", "id6"])


QUERIES = {name: function for name, function in globals().items() if name[0] == "q" and name[1:].isdigit()}
