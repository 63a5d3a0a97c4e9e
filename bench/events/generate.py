"""Generates wide event data in ClickBench's shape: the 105 columns of its `hits` table, rows in order of time.

  generate.py ROWS DIRECTORY      writes DIRECTORY/hits.parquet; does nothing where that is there

Identifiers and texts are drawn from Zipf's distribution, most other columns from a few values of which one is by far
the most frequent, as in web analytics. Same rows, same file: the seed is fixed, and numpy's bit generator with it.
"""

import pathlib
import sys

import numpy
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20130715
CHUNK_ROWS = 1_000_000
ROW_GROUP_ROWS = 250_000
FIRST_DAY = numpy.datetime64("2013-07-01")
DAYS = 31
SECONDS_A_DAY = 86_400

SMALL, MEDIUM, LARGE, TEXT, TIME, DAY = pa.int16(), pa.int32(), pa.int64(), pa.string(), pa.timestamp("us"), pa.date32()
# The columns in their order. What they hold is said below; a column that is not named there is mostly zero or empty.
SCHEMA = [
    ("WatchID", LARGE), ("JavaEnable", SMALL), ("Title", TEXT), ("GoodEvent", SMALL), ("EventTime", TIME), ("EventDate", DAY),
    ("CounterID", MEDIUM), ("ClientIP", MEDIUM), ("RegionID", MEDIUM), ("UserID", LARGE), ("CounterClass", SMALL), ("OS", SMALL),
    ("UserAgent", SMALL), ("URL", TEXT), ("Referer", TEXT), ("IsRefresh", SMALL), ("RefererCategoryID", SMALL),
    ("RefererRegionID", MEDIUM), ("URLCategoryID", SMALL), ("URLRegionID", MEDIUM), ("ResolutionWidth", SMALL),
    ("ResolutionHeight", SMALL), ("ResolutionDepth", SMALL), ("FlashMajor", SMALL), ("FlashMinor", SMALL), ("FlashMinor2", TEXT),
    ("NetMajor", SMALL), ("NetMinor", SMALL), ("UserAgentMajor", SMALL), ("UserAgentMinor", TEXT), ("CookieEnable", SMALL),
    ("JavascriptEnable", SMALL), ("IsMobile", SMALL), ("MobilePhone", SMALL), ("MobilePhoneModel", TEXT), ("Params", TEXT),
    ("IPNetworkID", MEDIUM), ("TraficSourceID", SMALL), ("SearchEngineID", SMALL), ("SearchPhrase", TEXT), ("AdvEngineID", SMALL),
    ("IsArtifical", SMALL), ("WindowClientWidth", SMALL), ("WindowClientHeight", SMALL), ("ClientTimeZone", SMALL),
    ("ClientEventTime", TIME), ("SilverlightVersion1", SMALL), ("SilverlightVersion2", SMALL), ("SilverlightVersion3", MEDIUM),
    ("SilverlightVersion4", SMALL), ("PageCharset", TEXT), ("CodeVersion", MEDIUM), ("IsLink", SMALL), ("IsDownload", SMALL),
    ("IsNotBounce", SMALL), ("FUniqID", LARGE), ("OriginalURL", TEXT), ("HID", MEDIUM), ("IsOldCounter", SMALL), ("IsEvent", SMALL),
    ("IsParameter", SMALL), ("DontCountHits", SMALL), ("WithHash", SMALL), ("HitColor", TEXT), ("LocalEventTime", TIME),
    ("Age", SMALL), ("Sex", SMALL), ("Income", SMALL), ("Interests", SMALL), ("Robotness", SMALL), ("RemoteIP", MEDIUM),
    ("WindowName", MEDIUM), ("OpenerName", MEDIUM), ("HistoryLength", SMALL), ("BrowserLanguage", TEXT), ("BrowserCountry", TEXT),
    ("SocialNetwork", TEXT), ("SocialAction", TEXT), ("HTTPError", SMALL), ("SendTiming", MEDIUM), ("DNSTiming", MEDIUM),
    ("ConnectTiming", MEDIUM), ("ResponseStartTiming", MEDIUM), ("ResponseEndTiming", MEDIUM), ("FetchTiming", MEDIUM),
    ("SocialSourceNetworkID", SMALL), ("SocialSourcePage", TEXT), ("ParamPrice", LARGE), ("ParamOrderID", TEXT),
    ("ParamCurrency", TEXT), ("ParamCurrencyID", SMALL), ("OpenstatServiceName", TEXT), ("OpenstatCampaignID", TEXT),
    ("OpenstatAdID", TEXT), ("OpenstatSourceID", TEXT), ("UTMSource", TEXT), ("UTMMedium", TEXT), ("UTMCampaign", TEXT),
    ("UTMContent", TEXT), ("UTMTerm", TEXT), ("FromTag", TEXT), ("HasGCLID", SMALL), ("RefererHash", LARGE), ("URLHash", LARGE),
    ("CLID", MEDIUM),
]  # fmt: skip

# Share of rows that are not zero or empty, and of how many other values they are.
SPARSE = {
    "AdvEngineID": (0.006, 18), "MobilePhone": (0.05, 80), "SearchEngineID": (0.14, 40), "IsRefresh": (0.12, 1),
    "IsLink": (0.03, 1), "IsDownload": (0.003, 1), "DontCountHits": (0.04, 1), "TraficSourceID": (0.6, 9),
    "IsArtifical": (0.01, 1), "IsEvent": (0.05, 1), "IsParameter": (0.02, 1), "IsMobile": (0.08, 1), "HTTPError": (0.01, 4),
    "Age": (0.6, 60), "Sex": (0.6, 2), "Income": (0.5, 4), "Interests": (0.5, 3000), "Robotness": (0.02, 6),
    "CounterClass": (0.3, 5), "HistoryLength": (0.9, 60), "RefererCategoryID": (0.3, 400), "URLCategoryID": (0.3, 400),
    "RefererRegionID": (0.7, 2000), "URLRegionID": (0.7, 2000), "SocialSourceNetworkID": (0.02, 12), "HasGCLID": (0.01, 1),
    "CLID": (0.01, 5000), "ParamPrice": (0.001, 100_000), "ParamCurrencyID": (0.001, 8), "IsOldCounter": (0.01, 1),
    "WithHash": (0.05, 1), "UTMSource": (0.02, 300), "UTMMedium": (0.02, 30), "UTMCampaign": (0.02, 2000),
    "UTMContent": (0.015, 5000), "UTMTerm": (0.01, 20_000), "FromTag": (0.004, 500), "SocialNetwork": (0.001, 10),
    "SocialAction": (0.001, 5), "SocialSourcePage": (0.002, 2000), "ParamOrderID": (0.001, 100_000), "ParamCurrency": (0.001, 8),
    "OpenstatServiceName": (0.01, 20), "OpenstatCampaignID": (0.01, 2000), "OpenstatAdID": (0.01, 5000),
    "OpenstatSourceID": (0.01, 200), "Params": (0.01, 50_000), "OriginalURL": (0.15, 400_000), "FlashMinor2": (0.7, 60),
    "MobilePhoneModel": (0.05, 150), "SilverlightVersion1": (0.4, 5), "SilverlightVersion2": (0.1, 2),
    "SilverlightVersion3": (0.4, 60_000), "NetMajor": (0.3, 4), "NetMinor": (0.2, 9),
}  # fmt: skip
# How many values, the first by far the most frequent.
FEW = {
    "OS": 60, "UserAgent": 80, "UserAgentMajor": 40, "UserAgentMinor": 60, "FlashMajor": 12, "FlashMinor": 10,
    "ResolutionDepth": 5, "PageCharset": 6, "CodeVersion": 100, "BrowserLanguage": 40, "BrowserCountry": 90, "HitColor": 4,
    "GoodEvent": 1, "JavaEnable": 2, "CookieEnable": 2, "JavascriptEnable": 2, "IsNotBounce": 2, "ClientTimeZone": 40,
}  # fmt: skip
# Up to so many different numbers, evenly.
EVEN = {
    "HID": 1 << 30, "RemoteIP": 1 << 31, "WindowName": 1 << 31, "OpenerName": 1 << 31, "SendTiming": 3_000,
    "DNSTiming": 500, "ConnectTiming": 1_000, "ResponseStartTiming": 3_000, "ResponseEndTiming": 5_000, "FetchTiming": 30_000,
    "IPNetworkID": 4_000_000,
}  # fmt: skip
WORDS = ("map news video photo music game shop auto sport weather mail search book film hotel ticket recipe job house phone "
         "bank school travel garden doctor fashion child animal world city river forest winter summer light stone").split()  # fmt: skip


def mix(values):
    """A number of 64 bits for each, spread evenly (SplitMix64's finaliser: Steele, Lea, Flood, OOPSLA 2014)."""
    values = values.astype(numpy.uint64) + numpy.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return values ^ (values >> numpy.uint64(31))


class Zipf:
    """Ranks from 0 to `size` - 1, rank r with a weight of 1 / (r + 1) ** exponent."""

    def __init__(self, size, exponent=1.0):
        self.bounds = numpy.cumsum(1.0 / numpy.arange(1, size + 1) ** exponent)

    def draw(self, random, count):
        return numpy.searchsorted(self.bounds, random.random(count) * self.bounds[-1], side="right")


def phrase(number, words):
    number = int(mix(numpy.array([number]))[0])
    chosen = []
    for _ in range(words):
        chosen.append(WORDS[number % len(WORDS)])
        number //= len(WORDS)
    return " ".join(chosen)


def url(number):
    site = min(int(number % 977 * (number % 7 + 1)), 5_000)
    host = "google.example" if number % 61 == 3 else f"site{site}.example"
    path = phrase(number, 2 + number % 3).replace(" ", "/")
    scheme = "https" if number % 5 == 0 else "http"
    return f"{scheme}://{'www.' if number % 3 == 0 else ''}{host}/{path}?id={number * 7919 % 1_000_003}"


def title(number):
    brand = " - Google" if number % 53 == 7 else ""
    return f"{phrase(number, 3 + number % 5).capitalize()}{brand} | {number % 1009}"


class Events:
    """Chunk after chunk of the table."""

    def __init__(self, rows):
        self.rows = rows
        scale = max(1, rows // 1_000)
        self.random = numpy.random.Generator(numpy.random.PCG64(SEED))
        self.urls = pa.array([url(i) for i in range(min(400_000, 40 * scale))])
        self.referers = pa.array(["", *(url(i * 3 + 1) for i in range(min(300_000, 30 * scale)))])
        self.titles = pa.array([title(i) for i in range(min(200_000, 20 * scale))])
        self.phrases = pa.array([phrase(i, 1 + i % 4) + (f" {i % 97}" if i % 3 else "") for i in range(min(300_000, 30 * scale))])
        self.url_ranks, self.referer_ranks = Zipf(len(self.urls), 0.9), Zipf(len(self.referers), 0.9)
        self.title_ranks, self.phrase_ranks = Zipf(len(self.titles), 0.9), Zipf(len(self.phrases), 0.7)
        self.user_ranks, self.address_ranks = Zipf(max(100, rows // 5), 0.6), Zipf(max(100, rows // 8), 0.6)
        self.counter_ranks, self.region_ranks = Zipf(6_000, 1.0), Zipf(9_000, 1.1)
        self.ranks = {size: Zipf(size) for size in {*FEW.values(), *(size for _, size in SPARSE.values())}}

    def times(self, start, count):
        step = DAYS * SECONDS_A_DAY / self.rows
        seconds = numpy.sort((start + self.random.random(count) * count) * step).astype("int64")
        return FIRST_DAY.astype("datetime64[s]") + seconds.astype("timedelta64[s]")

    def texts(self, name, numbers):
        """`numbers` from 0; 0 is empty."""
        known = pa.array(["", *(f"{name.lower()}_{phrase(i, 1)}_{i}" for i in range(1, int(numbers.max()) + 1))])
        return known.take(pa.array(numbers))

    def chunk(self, start, count):
        random, columns = self.random, {}
        moments = self.times(start, count)
        columns["EventTime"] = moments.astype("datetime64[us]")
        columns["EventDate"] = moments.astype("datetime64[D]")
        for name, most in (("ClientEventTime", 600), ("LocalEventTime", 7_200)):
            columns[name] = (moments + random.integers(0, most, count).astype("timedelta64[s]")).astype("datetime64[us]")
        columns["WatchID"] = mix(numpy.arange(start, start + count)).astype("int64")
        users = self.user_ranks.draw(random, count)
        columns["UserID"] = (mix(users + 11) >> numpy.uint64(1)).astype("int64")
        columns["FUniqID"] = (mix(users + 77) >> numpy.uint64(1)).astype("int64") * (random.random(count) < 0.8)
        columns["ClientIP"] = mix(self.address_ranks.draw(random, count) + 5).astype("int32")
        # One counter is far ahead of the others, and its number is that of some queries.
        counters = self.counter_ranks.draw(random, count)
        columns["CounterID"] = numpy.where(counters == 3, 62, counters * 17 + 100)
        columns["RegionID"] = self.region_ranks.draw(random, count) + 1
        pages = self.url_ranks.draw(random, count)
        columns["URL"] = self.urls.take(pa.array(pages))
        columns["URLHash"] = mix(pages + 1_000).astype("int64")
        referers = self.referer_ranks.draw(random, count)
        columns["Referer"] = self.referers.take(pa.array(referers))
        columns["RefererHash"] = mix(referers + 2_000).astype("int64")
        columns["Title"] = self.titles.take(pa.array(self.title_ranks.draw(random, count)))
        phrases = numpy.where(random.random(count) < 0.13, self.phrase_ranks.draw(random, count) + 1, 0)
        columns["SearchPhrase"] = pa.concat_arrays([pa.array([""]), self.phrases]).take(pa.array(phrases))
        columns["ResolutionWidth"] = random.choice([0, 1024, 1280, 1366, 1440, 1600, 1680, 1920], count) + random.integers(0, 3, count)
        columns["ResolutionHeight"] = random.choice([0, 600, 768, 800, 900, 1024, 1050, 1080], count)
        columns["WindowClientWidth"] = random.integers(300, 1921, count)
        columns["WindowClientHeight"] = random.integers(200, 1081, count)
        kinds = dict(SCHEMA)
        for name, (share, size) in SPARSE.items():
            columns[name] = numpy.where(random.random(count) < share, self.ranks[size].draw(random, count) + 1, 0)
        # A phone's model is known where the phone is.
        columns["MobilePhoneModel"] = numpy.where(columns["MobilePhone"] != 0, columns["MobilePhoneModel"], 0)
        models = random.random(count) < 0.04
        columns["MobilePhoneModel"] = numpy.where(models, self.ranks[150].draw(random, count) + 1, columns["MobilePhoneModel"])
        for name, size in FEW.items():
            columns[name] = self.ranks[size].draw(random, count) + (1 if name == "GoodEvent" else 0)
        for name, size in EVEN.items():
            columns[name] = random.integers(0, size, count)
        arrays = []
        for name, kind in SCHEMA:
            values = columns.get(name, numpy.zeros(count, "int64"))
            if kind == TEXT and isinstance(values, numpy.ndarray):
                values = self.texts(name, values)
            arrays.append(values if isinstance(values, pa.Array) else pa.array(values).cast(kind, safe=False))
        assert set(columns) <= set(kinds)
        return pa.table(dict(zip([name for name, _ in SCHEMA], arrays)), schema=pa.schema(SCHEMA))


def generate(rows, directory):
    target = directory / "hits.parquet"
    if target.exists():
        return target
    directory.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".tmp")
    events = Events(rows)
    with pq.ParquetWriter(unfinished, pa.schema(SCHEMA), compression="snappy", write_page_index=True) as writer:
        for start in range(0, rows, CHUNK_ROWS):
            writer.write_table(events.chunk(start, min(CHUNK_ROWS, rows - start)), row_group_size=ROW_GROUP_ROWS)
    unfinished.rename(target)
    return target


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    generate(int(sys.argv[1]), pathlib.Path(sys.argv[2]))
