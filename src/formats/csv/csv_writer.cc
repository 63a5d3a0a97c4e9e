#include "formats/csv/csv_writer.h"

#include <arrow/io/compressed.h>
#include <arrow/result.h>
#include <arrow/util/compression.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/string_concat.h"
#include "expression/evaluator.h"
#include "formats/adapters/status_arrow.h"
#include "formats/adapters/streams_arrow.h"
#include "types/number_parse.h"

namespace trivet {

namespace {

struct CsvWriterOptions {
  bool header = true;
  char delimiter = ',';
  char quote = '"';
  char escape = '"';
  std::string null_string;
  std::vector<std::string> force_quote;  // "*": all columns
  std::string compression = "auto";
};

Result<CsvWriterOptions> ReadOptions(const FormatOptions& named) {
  CsvWriterOptions options;
  OptionReader reader("COPY TO csv", named);
  reader.Take({"header"}, options.header);
  reader.Take({"delimiter", "delim", "sep"}, options.delimiter, false);
  reader.Take({"quote"}, options.quote, true);
  options.escape = options.quote;
  reader.Take({"escape"}, options.escape, true);
  reader.Take({"null", "nullstr"}, options.null_string);
  reader.Take({"force_quote"}, options.force_quote);
  reader.Take({"compression"}, options.compression);
  TRIVET_RETURN_IF_ERROR(reader.Finish());
  if (options.delimiter == options.quote) {
    return Status::InvalidInput("COPY TO csv: delimiter and quote must differ");
  }
  return options;
}

class CsvWriter final : public FileWriter {
 public:
  explicit CsvWriter(std::string path) : path_(std::move(path)) {}

  Status Open(const FileWriterRequest& request, const ExecutionContext& context) {
    TRIVET_ASSIGN_OR_RETURN(options_, ReadOptions(request.options));
    TRIVET_RETURN_IF_ERROR(ChooseQuoted(request.columns));
    for (const char c : {options_.delimiter, options_.quote, '\n', '\r', '#'}) {
      special_[static_cast<unsigned char>(c)] = true;
    }
    special_[0] = false;
    std::vector<ExpressionPtr> casts;
    for (size_t i = 0; i < request.columns.size(); ++i) {
      const LogicalType& type = request.columns[i].type;
      casts.push_back(
          Expression::Cast(Expression::Input(static_cast<uint32_t>(i), type), TypeId::kVarchar));
    }
    to_text_.emplace(std::move(casts), context);
    TRIVET_ASSIGN_OR_RETURN(staged_, StagedFile::Create(path_, context.files()));
    TRIVET_RETURN_IF_ERROR(OpenOutput());
    if (!options_.header) return Status::OK();
    for (size_t i = 0; i < request.columns.size(); ++i) {
      if (i > 0) buffer_.push_back(options_.delimiter);
      AppendField(request.columns[i].name, false);
    }
    buffer_.push_back('\n');
    return Status::OK();
  }

  Status Write(const Batch& batch) override {
    Batch text;
    TRIVET_RETURN_IF_ERROR(to_text_->EvaluateAll(batch, text));
    std::vector<VectorView> views;
    for (const Vector& column : text.columns()) views.push_back(column.View());
    for (size_t row = 0; row < text.row_count(); ++row) {
      for (size_t i = 0; i < views.size(); ++i) {
        if (i > 0) buffer_.push_back(options_.delimiter);
        if (views[i].IsValid(row)) {
          AppendField(views[i].Get<StringView>(row).view(), quoted_[i]);
        } else {
          buffer_.append(options_.null_string);
        }
      }
      buffer_.push_back('\n');
      if (buffer_.size() >= kFlushBytes) TRIVET_RETURN_IF_ERROR(Flush());
    }
    return Status::OK();
  }

  Status Close() override {
    TRIVET_RETURN_IF_ERROR(Flush());
    TRIVET_RETURN_IF_ERROR(AtPath(FromArrow(output_->Close())));
    return staged_->Commit();
  }

 private:
  static constexpr size_t kFlushBytes = 256 * 1024;

  Status AtPath(Status status) const { return std::move(status).WithFile(path_); }

  Status ChooseQuoted(const std::vector<ColumnDefinition>& columns) {
    quoted_.assign(columns.size(), false);
    for (const std::string& name : options_.force_quote) {
      if (name == "*") {
        quoted_.assign(columns.size(), true);
        continue;
      }
      const auto found = std::find_if(columns.begin(), columns.end(),
                                      [&](const auto& column) { return column.name == name; });
      if (found == columns.end()) {
        return Status::InvalidInput(StrCat("COPY TO csv: force_quote names \"", name,
                                           "\", which is not among the columns"));
      }
      quoted_[static_cast<size_t>(found - columns.begin())] = true;
    }
    return Status::OK();
  }

  Status OpenOutput() {
    output_ = MakeOutputStream(staged_->TakeFile());
    arrow::Compression::type type = arrow::Compression::UNCOMPRESSED;
    const bool automatic = options_.compression == "auto";
    if (options_.compression == "gzip" || (automatic && path_.ends_with(".gz"))) {
      type = arrow::Compression::GZIP;
    } else if (options_.compression == "zstd" || (automatic && path_.ends_with(".zst"))) {
      type = arrow::Compression::ZSTD;
    } else if (!automatic && options_.compression != "none" &&
               options_.compression != "uncompressed") {
      return Status::InvalidInput(
                 StrCat("COPY TO csv: there is no compression \"", options_.compression, "\""))
          .WithHint("one of auto, none, gzip and zstd");
    }
    if (type == arrow::Compression::UNCOMPRESSED) return Status::OK();
    TRIVET_ASSIGN_OR_RETURN(codec_, FromArrow(arrow::util::Codec::Create(type)));
    TRIVET_ASSIGN_OR_RETURN(
        output_, FromArrow(arrow::io::CompressedOutputStream::Make(codec_.get(), output_)));
    return Status::OK();
  }

  bool NeedsQuotes(std::string_view text) const {
    if (text == options_.null_string) return true;
    return std::any_of(text.begin(), text.end(),
                       [&](char c) { return special_[static_cast<unsigned char>(c)]; });
  }

  void AppendField(std::string_view text, bool always_quoted) {
    if (options_.quote == '\0' || (!always_quoted && !NeedsQuotes(text))) {
      buffer_.append(text);
      return;
    }
    buffer_.push_back(options_.quote);
    for (const char c : text) {
      if (c == options_.quote || c == options_.escape) buffer_.push_back(options_.escape);
      buffer_.push_back(c);
    }
    buffer_.push_back(options_.quote);
  }

  Status Flush() {
    TRIVET_RETURN_IF_ERROR(
        AtPath(FromArrow(output_->Write(buffer_.data(), static_cast<int64_t>(buffer_.size())))));
    buffer_.clear();
    return Status::OK();
  }

  std::string path_;
  CsvWriterOptions options_;
  std::vector<bool> quoted_;
  bool special_[256] = {};
  std::optional<Evaluator> to_text_;
  std::unique_ptr<StagedFile> staged_;
  std::unique_ptr<arrow::util::Codec> codec_;
  std::shared_ptr<arrow::io::OutputStream> output_;
  std::string buffer_;
};

}  // namespace

Result<std::unique_ptr<FileWriter>> OpenCsvWriter(const FileWriterRequest& request,
                                                  const ExecutionContext& context) {
  auto writer = std::make_unique<CsvWriter>(request.path);
  TRIVET_RETURN_IF_ERROR(writer->Open(request, context));
  return std::unique_ptr<FileWriter>(std::move(writer));
}

}  // namespace trivet
