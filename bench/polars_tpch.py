"""The 22 TPC-H queries over Polars' lazy frames, as test/tpch/q*.sql asks them.

Each function takes a mapping from table names to lazy frames and returns a lazy frame. Frames are
joined in an order that a person would choose, for Polars keeps the order that it is given.

Polars rounds a product of decimals to the scale of its factors, which loses the answer's last digits,
so products are of doubles; what is only summed or compared stays decimal.
"""

from datetime import date

import polars as pl



def number(name):
    return pl.col(name).cast(pl.Float64)


REVENUE = number("l_extendedprice") * (1 - number("l_discount"))


def q01(t):
    return (
        t["lineitem"]
        .filter(pl.col("l_shipdate") <= date(1998, 9, 2))
        .group_by("l_returnflag", "l_linestatus")
        .agg(
            pl.sum("l_quantity").alias("sum_qty"),
            pl.sum("l_extendedprice").alias("sum_base_price"),
            REVENUE.sum().alias("sum_disc_price"),
            (REVENUE * (1 + number("l_tax"))).sum().alias("sum_charge"),
            pl.mean("l_quantity").alias("avg_qty"),
            pl.mean("l_extendedprice").alias("avg_price"),
            pl.mean("l_discount").alias("avg_disc"),
            pl.len().alias("count_order"),
        )
        .sort("l_returnflag", "l_linestatus")
    )


def q02(t):
    european = (
        t["region"]
        .filter(pl.col("r_name") == "EUROPE")
        .join(t["nation"], left_on="r_regionkey", right_on="n_regionkey")
        .join(t["supplier"], left_on="n_nationkey", right_on="s_nationkey")
        .join(t["partsupp"], left_on="s_suppkey", right_on="ps_suppkey")
    )
    offers = (
        t["part"]
        .filter(pl.col("p_size") == 15, pl.col("p_type").str.ends_with("BRASS"))
        .join(european, left_on="p_partkey", right_on="ps_partkey")
    )
    cheapest = offers.group_by("p_partkey").agg(pl.min("ps_supplycost"))
    return (
        offers.join(cheapest, on=["p_partkey", "ps_supplycost"])
        .select("s_acctbal", "s_name", "n_name", "p_partkey", "p_mfgr", "s_address", "s_phone", "s_comment")
        .sort("s_acctbal", "n_name", "s_name", "p_partkey", descending=[True, False, False, False])
        .head(100)
    )


def q03(t):
    return (
        t["customer"]
        .filter(pl.col("c_mktsegment") == "BUILDING")
        .join(
            t["orders"].filter(pl.col("o_orderdate") < date(1995, 3, 15)),
            left_on="c_custkey", right_on="o_custkey")
        .join(
            t["lineitem"].filter(pl.col("l_shipdate") > date(1995, 3, 15)),
            left_on="o_orderkey", right_on="l_orderkey")
        .group_by("o_orderkey", "o_orderdate", "o_shippriority")
        .agg(REVENUE.sum().alias("revenue"))
        .select(pl.col("o_orderkey").alias("l_orderkey"), "revenue", "o_orderdate", "o_shippriority")
        .sort("revenue", "o_orderdate", descending=[True, False])
        .head(10)
    )


def q04(t):
    late = t["lineitem"].filter(pl.col("l_commitdate") < pl.col("l_receiptdate"))
    return (
        t["orders"]
        .filter(pl.col("o_orderdate") >= date(1993, 7, 1), pl.col("o_orderdate") < date(1993, 10, 1))
        .join(late, left_on="o_orderkey", right_on="l_orderkey", how="semi")
        .group_by("o_orderpriority")
        .agg(pl.len().alias("order_count"))
        .sort("o_orderpriority")
    )


def q05(t):
    return (
        t["region"]
        .filter(pl.col("r_name") == "ASIA")
        .join(t["nation"], left_on="r_regionkey", right_on="n_regionkey")
        .join(t["customer"], left_on="n_nationkey", right_on="c_nationkey")
        .join(
            t["orders"].filter(
                pl.col("o_orderdate") >= date(1994, 1, 1), pl.col("o_orderdate") < date(1995, 1, 1)),
            left_on="c_custkey", right_on="o_custkey")
        .join(t["lineitem"], left_on="o_orderkey", right_on="l_orderkey")
        .join(
            t["supplier"],
            left_on=["l_suppkey", "n_nationkey"], right_on=["s_suppkey", "s_nationkey"])
        .group_by("n_name")
        .agg(REVENUE.sum().alias("revenue"))
        .sort("revenue", descending=True)
    )


def q06(t):
    return (
        t["lineitem"]
        .filter(
            pl.col("l_shipdate") >= date(1994, 1, 1),
            pl.col("l_shipdate") < date(1995, 1, 1),
            pl.col("l_discount") >= decimal("0.05"),
            pl.col("l_discount") <= decimal("0.07"),
            pl.col("l_quantity") < 24)
        .select((number("l_extendedprice") * number("l_discount")).sum().alias("revenue"))
    )


def q07(t):
    french = t["nation"].filter(pl.col("n_name") == "FRANCE")
    german = t["nation"].filter(pl.col("n_name") == "GERMANY")
    lines = t["lineitem"].filter(
        pl.col("l_shipdate") >= date(1995, 1, 1), pl.col("l_shipdate") <= date(1996, 12, 31))

    def shipped(supplier_nation, customer_nation):
        suppliers = t["supplier"].join(
            supplier_nation.rename({"n_name": "supp_nation"}),
            left_on="s_nationkey", right_on="n_nationkey")
        orders = (
            t["customer"]
            .join(
                customer_nation.rename({"n_name": "cust_nation"}),
                left_on="c_nationkey", right_on="n_nationkey")
            .join(t["orders"], left_on="c_custkey", right_on="o_custkey")
        )
        return (
            lines.join(suppliers, left_on="l_suppkey", right_on="s_suppkey")
            .join(orders, left_on="l_orderkey", right_on="o_orderkey")
            .select(
                "supp_nation", "cust_nation",
                pl.col("l_shipdate").dt.year().alias("l_year"),
                REVENUE.alias("volume"))
        )

    return (
        pl.concat([shipped(french, german), shipped(german, french)])
        .group_by("supp_nation", "cust_nation", "l_year")
        .agg(pl.sum("volume").alias("revenue"))
        .sort("supp_nation", "cust_nation", "l_year")
    )


def q08(t):
    american = (
        t["region"]
        .filter(pl.col("r_name") == "AMERICA")
        .join(t["nation"], left_on="r_regionkey", right_on="n_regionkey")
        .join(t["customer"], left_on="n_nationkey", right_on="c_nationkey")
        .select("c_custkey")
    )
    suppliers = t["supplier"].join(
        t["nation"].select("n_nationkey", pl.col("n_name").alias("nation")),
        left_on="s_nationkey", right_on="n_nationkey")
    from_brazil = pl.when(pl.col("nation") == "BRAZIL").then(pl.col("volume")).otherwise(0)
    return (
        t["part"]
        .filter(pl.col("p_type") == "ECONOMY ANODIZED STEEL")
        .join(t["lineitem"], left_on="p_partkey", right_on="l_partkey")
        .join(
            t["orders"].filter(
                pl.col("o_orderdate") >= date(1995, 1, 1), pl.col("o_orderdate") <= date(1996, 12, 31)),
            left_on="l_orderkey", right_on="o_orderkey")
        .join(american, left_on="o_custkey", right_on="c_custkey")
        .join(suppliers, left_on="l_suppkey", right_on="s_suppkey")
        .select(
            pl.col("o_orderdate").dt.year().alias("o_year"), REVENUE.alias("volume"), "nation")
        .group_by("o_year")
        .agg(
            (from_brazil.sum() / pl.sum("volume")).alias("mkt_share"))
        .sort("o_year")
    )


def q09(t):
    return (
        t["part"]
        .filter(pl.col("p_name").str.contains("green", literal=True))
        .join(t["partsupp"], left_on="p_partkey", right_on="ps_partkey")
        .join(
            t["lineitem"],
            left_on=["p_partkey", "ps_suppkey"], right_on=["l_partkey", "l_suppkey"])
        .join(t["supplier"], left_on="ps_suppkey", right_on="s_suppkey")
        .join(t["orders"], left_on="l_orderkey", right_on="o_orderkey")
        .join(t["nation"], left_on="s_nationkey", right_on="n_nationkey")
        .select(
            pl.col("n_name").alias("nation"),
            pl.col("o_orderdate").dt.year().alias("o_year"),
            (REVENUE - number("ps_supplycost") * number("l_quantity")).alias("amount"))
        .group_by("nation", "o_year")
        .agg(pl.sum("amount").alias("sum_profit"))
        .sort("nation", "o_year", descending=[False, True])
    )


def q10(t):
    return (
        t["orders"]
        .filter(pl.col("o_orderdate") >= date(1993, 10, 1), pl.col("o_orderdate") < date(1994, 1, 1))
        .join(
            t["lineitem"].filter(pl.col("l_returnflag") == "R"),
            left_on="o_orderkey", right_on="l_orderkey")
        .join(t["customer"], left_on="o_custkey", right_on="c_custkey")
        .join(t["nation"], left_on="c_nationkey", right_on="n_nationkey")
        .group_by("o_custkey", "c_name", "c_acctbal", "c_phone", "n_name", "c_address", "c_comment")
        .agg(REVENUE.sum().alias("revenue"))
        .select(
            pl.col("o_custkey").alias("c_custkey"), "c_name", "revenue", "c_acctbal", "n_name",
            "c_address", "c_phone", "c_comment")
        .sort("revenue", descending=True)
        .head(20)
    )


def q11(t):
    german = (
        t["nation"]
        .filter(pl.col("n_name") == "GERMANY")
        .join(t["supplier"], left_on="n_nationkey", right_on="s_nationkey")
        .join(t["partsupp"], left_on="s_suppkey", right_on="ps_suppkey")
        .select("ps_partkey", (number("ps_supplycost") * pl.col("ps_availqty")).alias("value"))
    )
    threshold = german.select(
        (pl.sum("value") * 0.0001).alias("threshold"))
    return (
        german.group_by("ps_partkey")
        .agg(pl.sum("value"))
        .join(threshold, how="cross")
        .filter(pl.col("value") > pl.col("threshold"))
        .select("ps_partkey", "value")
        .sort("value", descending=True)
    )


def q12(t):
    urgent = pl.col("o_orderpriority").is_in(["1-URGENT", "2-HIGH"])
    return (
        t["lineitem"]
        .filter(
            pl.col("l_shipmode").is_in(["MAIL", "SHIP"]),
            pl.col("l_commitdate") < pl.col("l_receiptdate"),
            pl.col("l_shipdate") < pl.col("l_commitdate"),
            pl.col("l_receiptdate") >= date(1994, 1, 1),
            pl.col("l_receiptdate") < date(1995, 1, 1))
        .join(t["orders"], left_on="l_orderkey", right_on="o_orderkey")
        .group_by("l_shipmode")
        .agg(urgent.sum().alias("high_line_count"), (~urgent).sum().alias("low_line_count"))
        .sort("l_shipmode")
    )


def q13(t):
    orders = t["orders"].filter(~pl.col("o_comment").str.contains("special.*requests"))
    return (
        t["customer"]
        .join(orders, left_on="c_custkey", right_on="o_custkey", how="left")
        .group_by("c_custkey")
        .agg(pl.col("o_orderkey").count().alias("c_count"))
        .group_by("c_count")
        .agg(pl.len().alias("custdist"))
        .sort("custdist", "c_count", descending=[True, True])
    )


def q14(t):
    promotion = pl.when(pl.col("p_type").str.starts_with("PROMO")).then(REVENUE).otherwise(0)
    return (
        t["lineitem"]
        .filter(pl.col("l_shipdate") >= date(1995, 9, 1), pl.col("l_shipdate") < date(1995, 10, 1))
        .join(t["part"], left_on="l_partkey", right_on="p_partkey")
        .select(
            (100.0 * promotion.sum() / REVENUE.sum()).alias("promo_revenue"))
    )


def q15(t):
    revenue = (
        t["lineitem"]
        .filter(pl.col("l_shipdate") >= date(1996, 1, 1), pl.col("l_shipdate") < date(1996, 4, 1))
        .group_by("l_suppkey")
        .agg(REVENUE.sum().alias("total_revenue"))
    )
    best = revenue.select(pl.max("total_revenue"))
    return (
        t["supplier"]
        .join(revenue.join(best, on="total_revenue"), left_on="s_suppkey", right_on="l_suppkey")
        .select("s_suppkey", "s_name", "s_address", "s_phone", "total_revenue")
        .sort("s_suppkey")
    )


def q16(t):
    complained = t["supplier"].filter(pl.col("s_comment").str.contains("Customer.*Complaints"))
    return (
        t["part"]
        .filter(
            pl.col("p_brand") != "Brand#45",
            ~pl.col("p_type").str.starts_with("MEDIUM POLISHED"),
            pl.col("p_size").is_in([49, 14, 23, 45, 19, 3, 36, 9]))
        .join(t["partsupp"], left_on="p_partkey", right_on="ps_partkey")
        .join(complained, left_on="ps_suppkey", right_on="s_suppkey", how="anti")
        .group_by("p_brand", "p_type", "p_size")
        .agg(pl.col("ps_suppkey").n_unique().alias("supplier_cnt"))
        .sort("supplier_cnt", "p_brand", "p_type", "p_size", descending=[True, False, False, False])
    )


def q17(t):
    lines = (
        t["part"]
        .filter(pl.col("p_brand") == "Brand#23", pl.col("p_container") == "MED BOX")
        .select("p_partkey")
        .join(t["lineitem"], left_on="p_partkey", right_on="l_partkey")
        .select("p_partkey", "l_quantity", "l_extendedprice")
    )
    limits = lines.group_by("p_partkey").agg(
        (0.2 * pl.mean("l_quantity")).alias("limit"))
    return (
        lines.join(limits, on="p_partkey")
        .filter(number("l_quantity") < pl.col("limit"))
        .select(
            pl.when(pl.len() > 0).then(number("l_extendedprice").sum() / 7.0).alias("avg_yearly"))
    )


def q18(t):
    large = (
        t["lineitem"]
        .group_by("l_orderkey")
        .agg(pl.sum("l_quantity").alias("quantity"))
        .filter(pl.col("quantity") > 300)
    )
    return (
        t["orders"]
        .join(large, left_on="o_orderkey", right_on="l_orderkey")
        .join(t["customer"], left_on="o_custkey", right_on="c_custkey")
        .select(
            "c_name", pl.col("o_custkey").alias("c_custkey"), "o_orderkey", "o_orderdate",
            "o_totalprice", "quantity")
        .sort("o_totalprice", "o_orderdate", descending=[True, False])
        .head(100)
    )


def q19(t):
    def offer(brand, containers, low, high, size):
        return (
            (pl.col("p_brand") == brand)
            & pl.col("p_container").is_in(containers)
            & pl.col("l_quantity").is_between(low, high)
            & pl.col("p_size").is_between(1, size)
        )

    return (
        t["part"]
        .join(
            t["lineitem"].filter(
                pl.col("l_shipmode").is_in(["AIR", "AIR REG"]),
                pl.col("l_shipinstruct") == "DELIVER IN PERSON"),
            left_on="p_partkey", right_on="l_partkey")
        .filter(
            offer("Brand#12", ["SM CASE", "SM BOX", "SM PACK", "SM PKG"], 1, 11, 5)
            | offer("Brand#23", ["MED BAG", "MED BOX", "MED PKG", "MED PACK"], 10, 20, 10)
            | offer("Brand#34", ["LG CASE", "LG BOX", "LG PACK", "LG PKG"], 20, 30, 15))
        .select(REVENUE.sum().alias("revenue"))
    )


def q20(t):
    shipped = (
        t["lineitem"]
        .filter(pl.col("l_shipdate") >= date(1994, 1, 1), pl.col("l_shipdate") < date(1995, 1, 1))
        .group_by("l_partkey", "l_suppkey")
        .agg((0.5 * number("l_quantity").sum()).alias("half"))
    )
    surplus = (
        t["part"]
        .filter(pl.col("p_name").str.starts_with("forest"))
        .select("p_partkey")
        .join(t["partsupp"], left_on="p_partkey", right_on="ps_partkey")
        .join(
            shipped,
            left_on=["p_partkey", "ps_suppkey"], right_on=["l_partkey", "l_suppkey"])
        .filter(number("ps_availqty") > pl.col("half"))
    )
    return (
        t["nation"]
        .filter(pl.col("n_name") == "CANADA")
        .join(t["supplier"], left_on="n_nationkey", right_on="s_nationkey")
        .join(surplus, left_on="s_suppkey", right_on="ps_suppkey", how="semi")
        .select("s_name", "s_address")
        .sort("s_name")
    )


def q21(t):
    # An order whose lines come from several suppliers, of which exactly one was late: that one.
    several = (
        t["lineitem"]
        .group_by("l_orderkey")
        .agg(pl.col("l_suppkey").n_unique().alias("suppliers"))
        .filter(pl.col("suppliers") > 1)
    )
    late = t["lineitem"].filter(pl.col("l_receiptdate") > pl.col("l_commitdate"))
    one_late = (
        late.join(several, on="l_orderkey", how="semi")
        .group_by("l_orderkey")
        .agg(pl.col("l_suppkey").n_unique().alias("suppliers"))
        .filter(pl.col("suppliers") == 1)
    )
    return (
        late.join(one_late, on="l_orderkey", how="semi")
        .join(t["supplier"], left_on="l_suppkey", right_on="s_suppkey")
        .join(
            t["nation"].filter(pl.col("n_name") == "SAUDI ARABIA"),
            left_on="s_nationkey", right_on="n_nationkey")
        .join(
            t["orders"].filter(pl.col("o_orderstatus") == "F"),
            left_on="l_orderkey", right_on="o_orderkey")
        .group_by("s_name")
        .agg(pl.len().alias("numwait"))
        .sort("numwait", "s_name", descending=[True, False])
        .head(100)
    )


def q22(t):
    customers = (
        t["customer"]
        .with_columns(pl.col("c_phone").str.slice(0, 2).alias("cntrycode"))
        .filter(pl.col("cntrycode").is_in(["13", "31", "23", "29", "30", "18", "17"]))
    )
    mean = customers.filter(pl.col("c_acctbal") > 0).select(
        pl.mean("c_acctbal").alias("mean"))
    return (
        customers.join(mean, how="cross")
        .filter(number("c_acctbal") > pl.col("mean"))
        .join(t["orders"], left_on="c_custkey", right_on="o_custkey", how="anti")
        .group_by("cntrycode")
        .agg(pl.len().alias("numcust"), pl.sum("c_acctbal").alias("totacctbal"))
        .sort("cntrycode")
    )


def decimal(text):
    return pl.lit(text).cast(pl.Decimal(15, 2))


QUERIES = {name: function for name, function in globals().items() if name[0] == "q" and name[1:].isdigit()}
