#include "shell/result_printer.h"

#include <functional>

#include "base/nearest_name.h"
#include "base/string_concat.h"
#include "formats/json/json_text.h"

namespace trivet {

Status ForEachRow(QueryResult& result,
                  const std::function<Status(const std::vector<Value>& row)>& visit) {
  Batch batch;
  std::vector<Value> row(result.columns().size());
  while (true) {
    TRIVET_ASSIGN_OR_RETURN(const bool more, result.Next(batch));
    if (!more) return Status::OK();
    for (size_t i = 0; i < batch.row_count(); ++i) {
      for (size_t j = 0; j < row.size(); ++j) row[j] = batch.column(j).GetValue(i);
      TRIVET_RETURN_IF_ERROR(visit(row));
    }
  }
}

namespace {

// A closed pipe shows up as a failed stream: the rest of the result is nobody's.
Status CheckOutput(const std::ostream& out) {
  return out ? Status::OK() : Status::IO("the output was closed");
}

class CsvPrinter final : public ResultPrinter {
 public:
  Status Print(QueryResult& result, std::ostream& out) override {
    if (result.columns().empty()) return Status::OK();
    before_output_();
    for (size_t i = 0; i < result.columns().size(); ++i) {
      out << (i > 0 ? "," : "") << Quote(result.columns()[i].name);
    }
    out << '\n';
    return ForEachRow(result, [&](const std::vector<Value>& row) {
      for (size_t i = 0; i < row.size(); ++i) {
        if (i > 0) out << ',';
        if (!row[i].is_null()) out << Quote(row[i].ToString(*zone_));
      }
      out << '\n';
      return CheckOutput(out);
    });
  }

 private:
  // Quotes what would not read back as the same field; an empty string is quoted, NULL is empty.
  static std::string Quote(const std::string& text) {
    if (!text.empty() && text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"') out += '"';
      out += c;
    }
    return out + '"';
  }
};

// A JSON array of objects, or an object a line.
class JsonPrinter final : public ResultPrinter {
 public:
  explicit JsonPrinter(bool lines) : lines_(lines) {}

  Status Print(QueryResult& result, std::ostream& out) override {
    if (result.columns().empty()) return Status::OK();
    before_output_();
    if (!lines_) out << '[';
    bool first = true;
    TRIVET_RETURN_IF_ERROR(ForEachRow(result, [&](const std::vector<Value>& row) {
      if (!lines_) out << (first ? "" : ",\n");
      first = false;
      out << '{';
      for (size_t i = 0; i < row.size(); ++i) {
        std::string pair = i > 0 ? "," : "";
        AppendJsonString(result.columns()[i].name, pair);
        pair += ':';
        AppendJson(row[i], *zone_, pair);
        out << pair;
      }
      out << (lines_ ? "}\n" : "}");
      return CheckOutput(out);
    }));
    if (!lines_) out << "]\n";
    return CheckOutput(out);
  }

 private:
  const bool lines_;
};

// One value a line, names right-aligned.
class LinePrinter final : public ResultPrinter {
 public:
  Status Print(QueryResult& result, std::ostream& out) override {
    before_output_();
    size_t widest = 0;
    for (const ResultColumn& column : result.columns()) {
      widest = std::max(widest, DisplayWidth(column.name));
    }
    bool first = true;
    return ForEachRow(result, [&](const std::vector<Value>& row) {
      if (!first) out << '\n';
      first = false;
      for (size_t i = 0; i < row.size(); ++i) {
        const std::string& name = result.columns()[i].name;
        out << std::string(widest - DisplayWidth(name), ' ') << name << " = "
            << row[i].ToString(*zone_) << '\n';
      }
      return CheckOutput(out);
    });
  }
};

}  // namespace

const std::vector<std::string>& ResultPrinter::Formats() {
  static const std::vector<std::string> formats = {"box",   "csv",      "json",
                                                   "jsonl", "markdown", "line"};
  return formats;
}

Result<std::unique_ptr<ResultPrinter>> ResultPrinter::Make(std::string_view format) {
  if (format == "box") return MakeBoxPrinter();
  if (format == "csv") return std::unique_ptr<ResultPrinter>(std::make_unique<CsvPrinter>());
  if (format == "json") return std::unique_ptr<ResultPrinter>(std::make_unique<JsonPrinter>(false));
  if (format == "jsonl") return std::unique_ptr<ResultPrinter>(std::make_unique<JsonPrinter>(true));
  if (format == "markdown") return MakeMarkdownPrinter();
  if (format == "line") return std::unique_ptr<ResultPrinter>(std::make_unique<LinePrinter>());
  const std::string nearest = NearestName(format, Formats());
  return Status::InvalidInput(StrCat("there is no output format \"", format, "\""))
      .WithHint(StrCat(nearest.empty() ? "" : StrCat("did you mean \"", nearest, "\"? "),
                       "The formats are box, csv, json, jsonl, markdown and line."));
}

}  // namespace trivet
