#include "formats/csv/csv_format.h"

#include <arrow/array.h>
#include <arrow/csv/options.h>
#include <arrow/csv/reader.h>
#include <arrow/io/interfaces.h>
#include <arrow/type.h>

#include <algorithm>
#include <utility>

#include "base/string_concat.h"
#include "formats/adapters/file_batches_arrow.h"
#include "formats/adapters/status_arrow.h"
#include "formats/adapters/streams_arrow.h"
#include "formats/csv/csv_errors.h"
#include "formats/csv/csv_options.h"
#include "formats/csv/csv_quotes.h"
#include "formats/csv/csv_sample.h"

namespace trivet {

namespace {

constexpr int64_t kSampleBytes = 4 << 20;
constexpr int32_t kBlockBytes = 1 << 20;

// The first bytes of a file, decompressed; `whole` tells whether that is all.
Result<std::string> ReadSample(FileSystem& files, const FileInfo& info, const CsvOptions& options,
                               bool& whole) {
  TRIVET_ASSIGN_OR_RETURN(std::unique_ptr<RandomAccessFile> file, files.OpenForRead(info.path));
  TRIVET_ASSIGN_OR_RETURN(
      const std::shared_ptr<arrow::io::InputStream> stream,
      FromArrow(MakeDecompressedInput(std::move(file), nullptr, options.compression,
                                      arrow::default_memory_pool())));
  std::string text;
  text.resize(kSampleBytes);
  int64_t size = 0;
  while (size < kSampleBytes) {
    TRIVET_ASSIGN_OR_RETURN(const int64_t got,
                            FromArrow(stream->Read(kSampleBytes - size, text.data() + size)));
    if (got == 0) break;
    size += got;
  }
  whole = size < kSampleBytes;
  text.resize(static_cast<size_t>(size));
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  for (int64_t i = 0; i < options.skip; ++i) {
    const size_t end = text.find('\n');
    text.erase(0, end == std::string::npos ? std::string::npos : end + 1);
  }
  return text;
}

// A stream whose quotes are followed on the way.
class QuoteWatch final : public arrow::io::InputStream {
 public:
  QuoteWatch(std::shared_ptr<arrow::io::InputStream> input, std::shared_ptr<CsvQuotes> quotes)
      : input_(std::move(input)), quotes_(std::move(quotes)) {}

  arrow::Result<int64_t> Read(int64_t size, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t got, input_->Read(size, out));
    quotes_->Add({static_cast<const char*>(out), static_cast<size_t>(got)});
    return got;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t size) override {
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer, input_->Read(size));
    quotes_->Add(
        {reinterpret_cast<const char*>(buffer->data()), static_cast<size_t>(buffer->size())});
    return buffer;
  }
  arrow::Result<int64_t> Tell() const override { return input_->Tell(); }
  arrow::Status Close() override { return input_->Close(); }
  bool closed() const override { return input_->closed(); }

 private:
  std::shared_ptr<arrow::io::InputStream> input_;
  std::shared_ptr<CsvQuotes> quotes_;
};

class CsvSource final : public BatchSource {
 public:
  explicit CsvSource(uint64_t first_line) : next_line_(first_line) {}  // of an empty file
  CsvSource(std::shared_ptr<arrow::csv::StreamingReader> reader, uint64_t first_line,
            std::shared_ptr<CsvQuotes> quotes, std::vector<std::string> names)
      : reader_(std::move(reader)),
        next_line_(first_line),
        quotes_(std::move(quotes)),
        names_(std::move(names)) {}

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    while (reader_ != nullptr) {
      TRIVET_RETURN_IF_ERROR(ExplainCsvError(FromArrow(reader_->ReadNext(&batch)), names_));
      // Asked for at the end alone: before it, Arrow may be reading ahead in another thread.
      if (batch == nullptr && quotes_->open_line() > 0) {
        return UnclosedQuote(quotes_->open_line());
      }
      if (batch == nullptr || batch->num_rows() > 0) break;
    }
    if (batch == nullptr) return batch;
    first_line_ = next_line_;
    next_line_ += static_cast<uint64_t>(batch->num_rows()) + LineBreaks(*batch);
    return batch;
  }
  uint64_t first_line() const override { return first_line_; }

 private:
  // Line breaks within values: rows of several lines.
  static uint64_t LineBreaks(const arrow::RecordBatch& batch) {
    int64_t breaks = 0;
    for (const std::shared_ptr<arrow::Array>& column : batch.columns()) {
      const auto& texts = static_cast<const arrow::StringArray&>(*column);
      const auto* bytes = reinterpret_cast<const char*>(texts.raw_data());
      if (texts.length() == 0 || bytes == nullptr) continue;
      breaks += std::count(bytes + texts.value_offset(0),
                           bytes + texts.value_offset(texts.length()), '\n');
    }
    return static_cast<uint64_t>(breaks);
  }

  std::shared_ptr<arrow::csv::StreamingReader> reader_;
  uint64_t next_line_;
  uint64_t first_line_ = 0;
  std::shared_ptr<CsvQuotes> quotes_;
  std::vector<std::string> names_;
};

Result<std::unique_ptr<BatchSource>> OpenSource(const CsvOptions& options,
                                                const CsvDialect& dialect,
                                                const BatchSourceRequest& request) {
  const uint64_t first_line = 1 + static_cast<uint64_t>(options.skip) + (dialect.header ? 1 : 0);
  auto read = arrow::csv::ReadOptions::Defaults();
  read.use_threads = false;
  read.block_size = kBlockBytes;
  read.skip_rows =
      static_cast<int32_t>(std::min<int64_t>(options.skip, INT32_MAX)) + (dialect.header ? 1 : 0);
  read.column_names = dialect.names;
  auto parse = arrow::csv::ParseOptions::Defaults();
  parse.delimiter = dialect.delimiter;
  parse.quoting = options.quote != '\0';
  if (parse.quoting) parse.quote_char = options.quote;
  parse.double_quote = options.escape == options.quote;
  parse.escaping = !parse.double_quote && options.escape != '\0';
  if (parse.escaping) parse.escape_char = options.escape;
  parse.newlines_in_values = parse.quoting;
  parse.pad_short_rows = options.null_padding;
  if (options.ignore_errors) {
    parse.invalid_row_handler = [](const arrow::csv::InvalidRow&) {
      return arrow::csv::InvalidRowResult::Skip;
    };
  }
  // Of a single column an empty line is a NULL.
  parse.ignore_empty_lines = dialect.names.size() > 1;
  auto convert = arrow::csv::ConvertOptions::Defaults();
  // Every value is read as text and cast by the engine's own rules.
  for (const std::string& name : dialect.names) convert.column_types[name] = arrow::utf8();
  for (const size_t column : request.columns)
    convert.include_columns.push_back(dialect.names[column]);
  convert.null_values = options.null_strings;
  convert.strings_can_be_null = true;
  convert.check_utf8 = !options.ignore_errors;  // otherwise rows are looked at one by one
  convert.quoted_strings_can_be_null = options.quoted_nulls;
  if (request.file->size() == 0) {
    return std::unique_ptr<BatchSource>(std::make_unique<CsvSource>(first_line));
  }
  TRIVET_ASSIGN_OR_RETURN(std::shared_ptr<arrow::io::InputStream> input,
                          FromArrow(MakeDecompressedInput(request.file, request.metrics,
                                                          options.compression, request.pool)));
  auto quotes = std::make_shared<CsvQuotes>(dialect.delimiter, options);
  input = std::make_shared<QuoteWatch>(std::move(input), quotes);
  arrow::Result<std::shared_ptr<arrow::csv::StreamingReader>> reader =
      arrow::csv::StreamingReader::Make(arrow::io::IOContext(request.pool), input, read, parse,
                                        convert);
  // Of a file with a header and nothing else Arrow says that it is empty.
  if (!reader.ok() && reader.status().IsInvalid() &&
      reader.status().message().find("Empty CSV file") != std::string::npos) {
    return std::unique_ptr<BatchSource>(std::make_unique<CsvSource>(first_line));
  }
  if (!reader.ok()) return ExplainCsvError(FromArrow(reader.status()), dialect.names);
  return std::unique_ptr<BatchSource>(std::make_unique<CsvSource>(
      std::move(reader).ValueUnsafe(), first_line, std::move(quotes), dialect.names));
}

Result<TablePtr> Open(std::vector<FileInfo> infos, const FormatOptions& named, FileSystem& files) {
  TRIVET_ASSIGN_OR_RETURN(CsvOptions options, ReadCsvOptions(named));
  FileTableParts parts;
  parts.kind = "READ_CSV";
  parts.format = "csv";
  parts.files = std::move(infos);
  parts.options = named;
  CsvDialect dialect;
  for (size_t i = 0; i < parts.files.size(); ++i) {
    bool whole = false;
    TRIVET_ASSIGN_OR_RETURN(const std::string sample,
                            ReadSample(files, parts.files[i], options, whole));
    Result<CsvDialect> found = DetectCsv(sample, whole, options);
    if (!found.ok()) return std::move(found).status().WithFile(parts.files[i].path);
    if (i == 0) {
      dialect = std::move(found).value();
      // The later files are read by what the first one told.
      options.delimiter = dialect.delimiter;
      options.header = dialect.header;
    } else if (found->names.size() != dialect.names.size() ||
               (dialect.header && options.names.empty() && found->names != dialect.names)) {
      return Status::InvalidInput(StrCat("the files \"", parts.files[0].path, "\" and \"",
                                         parts.files[i].path, "\" have different columns"));
    }
  }
  for (size_t i = 0; i < dialect.names.size(); ++i) {
    FileColumn column;
    column.definition = {dialect.names[i], dialect.types[i].type};
    column.format = dialect.types[i].format;
    column.source = i;
    column.source_type = TypeId::kVarchar;
    parts.columns.push_back(std::move(column));
  }
  TRIVET_RETURN_IF_ERROR(AddPathColumns(options.filename_column, options.hive_partitioning, parts));
  parts.ignore_errors = options.ignore_errors;
  parts.open = [options, dialect](const BatchSourceRequest& request) {
    return OpenSource(options, dialect, request);
  };
  return MakeFileTable(std::move(parts));
}

}  // namespace

ReadableFormat MakeCsvFormat() {
  ReadableFormat format;
  format.name = "csv";
  format.functions = {"read_csv", "read_csv_auto"};
  format.extensions = {".csv", ".tsv", ".tbl"};
  format.compressed_extensions = true;
  format.option_names = CsvOptionNames();
  format.unsupported_option_names = UnsupportedCsvOptionNames();
  format.open = &Open;
  format.description = "Reads CSV files, with delimiter, header and types found by looking";
  return format;
}

}  // namespace trivet
