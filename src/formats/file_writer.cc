#include "formats/file_writer.h"

#include <unistd.h>

#include <atomic>
#include <utility>

#include "base/nearest_name.h"
#include "base/string_concat.h"
#include "formats/csv/csv_writer.h"
#include "formats/json/json_writer.h"
#include "formats/parquet/parquet_writer.h"

namespace trivet {

namespace {

const std::vector<WritableFormat>& WritableFormats() {
  static const std::vector<WritableFormat> formats = {
      {"parquet", &OpenParquetWriter}, {"csv", &OpenCsvWriter}, {"json", &OpenJsonWriter}};
  return formats;
}
}  // namespace

Result<std::unique_ptr<FileWriter>> OpenFileWriter(std::string_view format,
                                                   const FileWriterRequest& request,
                                                   const ExecutionContext& context) {
  if (request.path.empty()) return Status::InvalidInput("the name of a file is empty");
  std::vector<std::string> names;
  for (const WritableFormat& known : WritableFormats()) {
    if (known.name == format) return known.open(request, context);
    names.push_back(known.name);
  }
  Status status =
      Status::NotImplemented(StrCat("writing files of format \"", format, "\" is not supported"));
  const std::string nearest = NearestName(format, names);
  return nearest.empty() ? std::move(status).WithHint("the formats are parquet, csv and json")
                         : std::move(status).WithHint(StrCat("did you mean \"", nearest, "\"?"));
}

Result<std::unique_ptr<StagedFile>> StagedFile::Create(const std::string& path, FileSystem& files) {
  static std::atomic<uint64_t> next{0};
  std::string staged = path;
  if (!path.starts_with("/dev/")) {
    const Result<FileInfo> existing = files.GetInfo(path);
    if (existing.ok() && existing->is_directory) {
      return Status::InvalidInput(StrCat("cannot write \"", path, "\": it is a directory"));
    }
    staged = StrCat(path, ".", static_cast<int64_t>(::getpid()), "-", next.fetch_add(1), ".tmp");
  }
  std::unique_ptr<StagedFile> file(new StagedFile(path, std::move(staged), files));
  Result<std::unique_ptr<WritableFile>> opened = files.OpenForWrite(file->staged_);
  if (!opened.ok()) {
    // The user knows the file by its own name.
    std::string message = opened.status().message();
    const size_t at = message.find(file->staged_);
    if (at != std::string::npos) message.replace(at, file->staged_.size(), path);
    return Status(opened.status().code(), std::move(message));
  }
  file->file_ = std::move(opened).value();
  return file;
}

StagedFile::~StagedFile() {
  if (committed_ || staged_ == path_) return;
  file_.reset();
  // Nothing can be done about a file that cannot be removed, and the error that led here matters
  // more.
  static_cast<void>(files_.Remove(staged_));
}

Status StagedFile::Commit() {
  if (staged_ != path_) TRIVET_RETURN_IF_ERROR(files_.Rename(staged_, path_));
  committed_ = true;
  return Status::OK();
}

}  // namespace trivet
