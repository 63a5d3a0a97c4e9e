"""Writes the Parquet reader's corpus: small files over types, encodings, codecs, NULLs and page layouts.

Usage: make_parquet_corpus.py [DIRECTORY]     (default: corpus/parquet beside this file)
"""

import datetime
import decimal
import pathlib
import sys

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 12


def columns():
    """A column of every type that the reader knows, with and without NULLs."""
    day = datetime.date(2020, 2, 28)
    moment = datetime.datetime(2020, 2, 28, 12)
    numbers = list(range(ROWS))
    yield "boolean", pa.array([n % 3 == 0 for n in numbers])
    for type_ in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()):
        yield str(type_), pa.array([n * 9 for n in numbers], type_)
    yield "float", pa.array([n / 4 for n in numbers], pa.float32())
    yield "double", pa.array([n / 3 for n in numbers], pa.float64())
    for precision in (4, 9, 18, 38):
        yield f"decimal{precision}", pa.array(
            [decimal.Decimal(n) / 4 for n in numbers], pa.decimal128(precision, 2))
    yield "string", pa.array([f"text {n % 4} and more" for n in numbers])
    yield "binary", pa.array([bytes([n, 0, 255]) for n in numbers])
    yield "fixed", pa.array([bytes([n] * 16) for n in numbers], pa.binary(16))
    yield "date", pa.array([day + datetime.timedelta(n) for n in numbers])
    yield "time", pa.array([datetime.time(n, 1, 2, 3) for n in numbers])
    for unit in ("s", "ms", "us", "ns"):
        yield f"timestamp_{unit}", pa.array(
            [moment + datetime.timedelta(n) for n in numbers], pa.timestamp(unit))
    yield "timestamptz", pa.array(
        [moment + datetime.timedelta(n) for n in numbers], pa.timestamp("us", tz="UTC"))


def with_nulls(array):
    return pa.array([None if n % 3 == 1 else value.as_py() for n, value in enumerate(array)], array.type)


def zigzag_varint(value):
    value = value << 1  # of a positive value
    encoded = b""
    while value >= 0x80:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


def write_with_huge_chunk(source, target):
    """Copies a file and has its footer claim the most bytes that a column chunk can: found by trying
    where the footer, as Arrow reads it, then says so."""
    content = source.read_bytes()
    length = int.from_bytes(content[-8:-4], "little")
    body, footer = content[:-8 - length], content[-8 - length:-8]
    chunk_bytes = pq.ParquetFile(source).metadata.row_group(0).column(0).total_compressed_size
    claimed = 2**63 - 1
    old, new = zigzag_varint(chunk_bytes), zigzag_varint(claimed)
    for place in range(len(footer)):
        if not footer.startswith(old, place):
            continue
        changed = footer[:place] + new + footer[place + len(old):]
        target.write_bytes(body + changed + len(changed).to_bytes(4, "little") + b"PAR1")
        try:
            column = pq.ParquetFile(target).metadata.row_group(0).column(0)
            if column.total_compressed_size == claimed and column.total_uncompressed_size < claimed:
                return
        except (OSError, pa.ArrowException):
            pass
    raise RuntimeError("the size of the first column chunk was not found in the footer")


def main():
    directory = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus/parquet")
    directory.mkdir(parents=True, exist_ok=True)

    def write(name, table, **options):
        pq.write_table(table, directory / f"{name}.parquet", store_schema=False, **options)

    every = dict(columns())
    for name, array in every.items():
        table = pa.table({"v": array, "n": with_nulls(array)})
        write(f"type-{name}", table, compression="none")
    few = pa.table({
        "i": every["int32"], "l": with_nulls(every["int64"]), "s": with_nulls(every["string"]), "d": every["double"]})
    for codec in ("snappy", "gzip", "zstd", "lz4", "brotli"):
        write(f"codec-{codec}", few, compression=codec)
    encodings = {
        "delta": {"i": "DELTA_BINARY_PACKED", "l": "DELTA_BINARY_PACKED", "s": "DELTA_LENGTH_BYTE_ARRAY", "d": "PLAIN"},
        "delta-strings": {"i": "PLAIN", "l": "PLAIN", "s": "DELTA_BYTE_ARRAY", "d": "PLAIN"},
        "split": {"i": "BYTE_STREAM_SPLIT", "l": "BYTE_STREAM_SPLIT", "s": "PLAIN", "d": "BYTE_STREAM_SPLIT"},
    }
    for name, encoding in encodings.items():
        for version in ("1.0", "2.0"):
            write(f"encoding-{name}-v{version[0]}", few, compression="none", use_dictionary=False,
                  column_encoding=encoding, data_page_version=version)
    write("pages", few, data_page_size=1, write_batch_size=2, max_rows_per_page=2, write_page_index=True,
          write_page_checksum=True, data_page_version="2.0", compression="snappy")
    write("groups", few, row_group_size=5, write_page_index=True)
    write("nested", pa.table({"l": pa.array([[1, 2], [], None, [3]]), "s": pa.array([{"a": 1}] * 4)}))
    write("empty", few.slice(0, 0))
    write("nulls", pa.table({"n": pa.array([None] * 100, pa.int32())}))
    # Values that are converted, of which there are none.
    write("nulls-converted", pa.table({"n": pa.array([None] * 100, pa.int8())}), use_dictionary=False)
    write("time-range", pa.table({"t": pa.array([-1, 2**63 - 1]).cast(pa.time64("us"), safe=False)}))
    write_with_huge_chunk(directory / "type-int32.parquet", directory / "huge-chunk.parquet")


if __name__ == "__main__":
    main()
