#include "formats/csv/csv_writer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/string_concat.h"
#include "expression/evaluator.h"
#include "formats/adapters/text_output_arrow.h"
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
  reader.RefuseSeveralFiles();
  reader.Refuse({"dateformat", "timestampformat", "prefix", "suffix", "force_not_null"});
  TRIVET_RETURN_IF_ERROR(reader.Finish());
  if (options.delimiter == options.quote) {
    return Status::InvalidInput("COPY TO csv: delimiter and quote must differ");
  }
  return options;
}

class CsvWriter final : public FileWriter {
 public:
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
    TRIVET_ASSIGN_OR_RETURN(output_, TextOutput::Open(request.path, options_.compression,
                                                      "COPY TO csv", context.files()));
    if (!options_.header) return Status::OK();
    for (size_t i = 0; i < request.columns.size(); ++i) {
      if (i > 0) output_->text().push_back(options_.delimiter);
      AppendField(request.columns[i].name, false);
    }
    output_->text().push_back('\n');
    return Status::OK();
  }

  Status Write(const Batch& batch) override {
    Batch text;
    TRIVET_RETURN_IF_ERROR(to_text_->EvaluateAll(batch, text));
    std::vector<VectorView> views;
    for (const Vector& column : text.columns()) views.push_back(column.View());
    for (size_t row = 0; row < text.row_count(); ++row) {
      for (size_t i = 0; i < views.size(); ++i) {
        if (i > 0) output_->text().push_back(options_.delimiter);
        if (views[i].IsValid(row)) {
          AppendField(views[i].Get<StringView>(row).view(), quoted_[i]);
        } else {
          output_->text().append(options_.null_string);
        }
      }
      output_->text().push_back('\n');
      TRIVET_RETURN_IF_ERROR(output_->FlushIfLarge());
    }
    return Status::OK();
  }

  Status Close() override { return output_->Close(); }

 private:
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

  bool NeedsQuotes(std::string_view text) const {
    if (text == options_.null_string) return true;
    return std::any_of(text.begin(), text.end(),
                       [&](char c) { return special_[static_cast<unsigned char>(c)]; });
  }

  void AppendField(std::string_view text, bool always_quoted) {
    if (options_.quote == '\0' || (!always_quoted && !NeedsQuotes(text))) {
      output_->text().append(text);
      return;
    }
    std::string& out = output_->text();
    out.push_back(options_.quote);
    for (const char c : text) {
      if (c == options_.quote || c == options_.escape) out.push_back(options_.escape);
      out.push_back(c);
    }
    out.push_back(options_.quote);
  }

  CsvWriterOptions options_;
  std::vector<bool> quoted_;
  bool special_[256] = {};
  std::optional<Evaluator> to_text_;
  std::unique_ptr<TextOutput> output_;
};

}  // namespace

Result<std::unique_ptr<FileWriter>> OpenCsvWriter(const FileWriterRequest& request,
                                                  const ExecutionContext& context) {
  auto writer = std::make_unique<CsvWriter>();
  TRIVET_RETURN_IF_ERROR(writer->Open(request, context));
  return std::unique_ptr<FileWriter>(std::move(writer));
}

}  // namespace trivet
