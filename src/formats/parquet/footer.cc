#include "formats/parquet/footer.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/string_concat.h"
#include "context/file_facts.h"

namespace trivet::parquet {

namespace {

constexpr size_t kTrailerBytes = 8;  // footer length and magic number
constexpr size_t kMagicBytes = 4;
// Read in one go from the end; most footers fit.
constexpr size_t kFirstReadBytes = 64 * 1024;

// What the bytes of a file that is not Parquet look like.
std::string FormatHint(const RandomAccessFile& file) {
  char start[64] = {};
  const size_t size = std::min<uint64_t>(sizeof(start), file.size());
  if (!file.ReadAt(0, size, start).ok()) return {};
  const std::string_view text(start, size);
  if (text.starts_with("ARROW1")) return "the file is an Arrow IPC file: use read_arrow";
  if (text.starts_with("\x1F\x8B")) {
    return "the file is compressed by gzip: if it holds CSV or JSON use read_csv or read_json";
  }
  const bool printable = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c >= 0x20 || c == '\n' || c == '\r' || c == '\t';
  });
  if (!printable) return {};
  const size_t first = text.find_first_not_of(" \t\r\n");
  const char c = first == std::string_view::npos ? ' ' : text[first];
  return c == '{' || c == '[' ? "the file looks like JSON: use read_json"
                              : "the file looks like text: use read_csv";
}

Status CheckGroups(const FileMetadata& metadata, uint64_t file_size) {
  int64_t rows = 0;
  const auto leaves = static_cast<size_t>(
      std::count_if(metadata.schema.begin(), metadata.schema.end(),
                    [](const SchemaElement& element) { return element.type.has_value(); }));
  for (const RowGroup& group : metadata.row_groups) {
    if (__builtin_add_overflow(rows, group.row_count, &rows)) {
      return Status::Corruption("the row groups claim an impossible number of rows");
    }
    if (group.columns.size() != leaves) {
      return Status::Corruption(StrCat("a row group has ", group.columns.size(),
                                       " columns where the schema has ", leaves));
    }
    for (const ColumnChunk& chunk : group.columns) {
      const auto start = static_cast<uint64_t>(chunk.start());
      if (chunk.encrypted || chunk.elsewhere) continue;
      if (start < kMagicBytes || start > file_size - kTrailerBytes) {
        if (chunk.value_count == 0) continue;
        return Status::Corruption("a column chunk lies outside of the file");
      }
    }
  }
  if (rows != metadata.row_count) {
    return Status::Corruption(
        StrCat("the footer claims ", metadata.row_count, " rows, its row groups hold ", rows));
  }
  return Status::OK();
}

size_t TextBytes(const std::optional<std::string>& text) {
  constexpr size_t kInPlace = 15;  // bytes that a string holds without memory of its own
  return text && text->size() > kInPlace ? text->size() + 1 : 0;
}

// What the metadata takes in memory.
size_t BytesOf(const FileMetadata& metadata) {
  size_t bytes = sizeof(metadata) + metadata.order_known.size() / 8 + metadata.created_by.size();
  for (const SchemaElement& element : metadata.schema) {
    bytes += sizeof(element) + TextBytes(element.name);
  }
  for (const RowGroup& group : metadata.row_groups) {
    bytes += sizeof(group) + group.columns.size() * sizeof(ColumnChunk);
    for (const ColumnChunk& chunk : group.columns) {
      const Statistics& statistics = chunk.statistics;
      bytes += TextBytes(statistics.min) + TextBytes(statistics.max) +
               TextBytes(statistics.signed_min) + TextBytes(statistics.signed_max);
    }
  }
  return bytes;
}

Result<FileMetadata> ReadFooterBytes(const RandomAccessFile& file) {
  const uint64_t size = file.size();
  if (size == 0) return Status::InvalidInput("the file is empty, it is not a Parquet file");
  const auto not_parquet = [&] {
    return Status::InvalidInput("the file is not a Parquet file").WithHint(FormatHint(file));
  };
  if (size < kMagicBytes + kTrailerBytes) return not_parquet();
  const size_t tail_size = static_cast<size_t>(std::min<uint64_t>(size, kFirstReadBytes));
  std::vector<uint8_t> tail(tail_size);
  TRIVET_RETURN_IF_ERROR(file.ReadAt(size - tail_size, tail_size, tail.data()));
  const uint8_t* trailer = tail.data() + tail_size - kTrailerBytes;
  if (std::memcmp(trailer + 4, "PARE", kMagicBytes) == 0) {
    return Status::NotImplemented("encrypted Parquet files are not supported");
  }
  if (std::memcmp(trailer + 4, "PAR1", kMagicBytes) != 0) {
    char magic[kMagicBytes];
    TRIVET_RETURN_IF_ERROR(file.ReadAt(0, sizeof(magic), magic));
    if (std::memcmp(magic, "PAR1", kMagicBytes) == 0) {
      return Status::Corruption(
          "the file starts as Parquet but its footer is missing: it is cut off");
    }
    return not_parquet();
  }
  uint32_t length;
  std::memcpy(&length, trailer, sizeof(length));
  if (length == 0 || length > size - kMagicBytes - kTrailerBytes) {
    return Status::Corruption(
        StrCat("the footer claims an impossible length of ", length, " bytes"));
  }
  if (length + kTrailerBytes > tail_size) {
    tail.resize(length);
    TRIVET_RETURN_IF_ERROR(file.ReadAt(size - kTrailerBytes - length, length, tail.data()));
    return ParseFileMetadata(tail.data(), length);
  }
  return ParseFileMetadata(trailer - length, length);
}

}  // namespace

Result<FileMetadata> ReadFooter(const RandomAccessFile& file) {
  Result<FileMetadata> metadata = ReadFooterBytes(file);
  if (!metadata.ok()) return std::move(metadata).status().WithFile(file.path());
  if (metadata->encrypted) {
    return Status::NotImplemented("encrypted Parquet files are not supported")
        .WithFile(file.path());
  }
  Status checked = CheckGroups(*metadata, file.size());
  if (!checked.ok()) return std::move(checked).WithFile(file.path());
  return metadata;
}

Result<std::shared_ptr<const FileMetadata>> LoadFooter(FileSystem& files, const FileInfo& info) {
  FileFacts* const facts = files.facts();
  if (facts != nullptr) {
    if (auto known = facts->Find<FileMetadata>(files, info)) return known;
  }
  TRIVET_ASSIGN_OR_RETURN(std::unique_ptr<RandomAccessFile> file, files.OpenForRead(info.path));
  TRIVET_ASSIGN_OR_RETURN(FileMetadata read, ReadFooter(*file));
  if (facts == nullptr) return std::make_shared<const FileMetadata>(std::move(read));
  const size_t bytes = BytesOf(read);
  auto kept = facts->Add(files, info, std::move(read), bytes, "the footer of a Parquet file");
  if (!kept.ok()) return std::move(kept).status().WithFile(info.path);
  return kept;
}

}  // namespace trivet::parquet
