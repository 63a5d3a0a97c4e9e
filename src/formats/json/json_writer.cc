#include "formats/json/json_writer.h"

#include <optional>
#include <utility>

#include "formats/adapters/text_output_arrow.h"
#include "formats/json/json_text.h"

namespace trivet {

namespace {

class JsonWriter final : public FileWriter {
 public:
  Status Open(const FileWriterRequest& request, const ExecutionContext& context) {
    OptionReader reader("COPY TO json", request.options);
    std::string compression = "auto";
    reader.Take({"array"}, array_);
    reader.Take({"compression"}, compression);
    reader.RefuseSeveralFiles();
    reader.Refuse({"dateformat", "timestampformat"});
    TRIVET_RETURN_IF_ERROR(reader.Finish());
    TRIVET_ASSIGN_OR_RETURN(zone_, TimeZone::Find(context.time_zone()));
    for (const ColumnDefinition& column : request.columns) {
      std::string key = keys_.empty() ? "{" : ",";
      AppendJsonString(column.name, key);
      keys_.push_back(key + ":");
    }
    TRIVET_ASSIGN_OR_RETURN(
        output_, TextOutput::Open(request.path, compression, "COPY TO json", context.files()));
    if (array_) output_->text() += "[\n";
    return Status::OK();
  }

  Status Write(const Batch& batch) override {
    for (size_t row = 0; row < batch.row_count(); ++row) {
      std::string& text = output_->text();
      if (array_) text += first_ ? "\t" : ",\n\t";
      first_ = false;
      for (size_t i = 0; i < keys_.size(); ++i) {
        text += keys_[i];
        AppendJson(batch.column(i).GetValue(row), *zone_, text);
      }
      text += array_ ? "}" : "}\n";
      TRIVET_RETURN_IF_ERROR(output_->FlushIfLarge());
    }
    return Status::OK();
  }

  Status Close() override {
    if (array_) output_->text() += first_ ? "]\n" : "\n]\n";
    return output_->Close();
  }

 private:
  const TimeZone* zone_ = nullptr;
  bool array_ = false;
  bool first_ = true;
  std::vector<std::string> keys_;  // what stands before each column's value
  std::unique_ptr<TextOutput> output_;
};

}  // namespace

Result<std::unique_ptr<FileWriter>> OpenJsonWriter(const FileWriterRequest& request,
                                                   const ExecutionContext& context) {
  auto writer = std::make_unique<JsonWriter>();
  TRIVET_RETURN_IF_ERROR(writer->Open(request, context));
  return std::unique_ptr<FileWriter>(std::move(writer));
}

}  // namespace trivet
