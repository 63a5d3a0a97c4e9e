#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "context/execution_context.h"
#include "formats/format_options.h"
#include "storage/table.h"
#include "vector/batch.h"

namespace trivet {

// Writes rows to a file in the order in which they come. The file appears under its name only when
// Close has succeeded: until then it is written under a temporary name beside it, which is removed
// where the writer is destroyed without Close. One thread at a time.
class FileWriter {
 public:
  virtual ~FileWriter() = default;
  // Columns as declared to OpenFileWriter, in any encoding.
  virtual Status Write(const Batch& batch) = 0;
  virtual Status Close() = 0;
};

// What a format's writer is given.
struct FileWriterRequest {
  std::string path;
  std::vector<ColumnDefinition> columns;
  FormatOptions options;
};

// A format that can be written; one file makes it, one line in file_writer.cc lists it.
struct WritableFormat {
  std::string name;  // "parquet"
  Result<std::unique_ptr<FileWriter>> (*open)(const FileWriterRequest& request,
                                              const ExecutionContext& context);
};

// InvalidInput for unknown formats and options, with the nearest name; NotImplemented for columns
// that the format cannot hold. The context outlives the writer.
Result<std::unique_ptr<FileWriter>> OpenFileWriter(std::string_view format,
                                                   const FileWriterRequest& request,
                                                   const ExecutionContext& context);

// A file under a temporary name that Commit gives its own. Devices are written directly.
class StagedFile {
 public:
  static Result<std::unique_ptr<StagedFile>> Create(const std::string& path, FileSystem& files);
  ~StagedFile();
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  // The file to write; handed out once.
  std::unique_ptr<WritableFile> TakeFile() { return std::move(file_); }
  // After the file was closed.
  Status Commit();

 private:
  StagedFile(std::string path, std::string staged, FileSystem& files)
      : path_(std::move(path)), staged_(std::move(staged)), files_(files) {}

  std::string path_;
  std::string staged_;  // equals path_ where nothing is staged
  FileSystem& files_;
  std::unique_ptr<WritableFile> file_;
  bool committed_ = false;
};

}  // namespace trivet
