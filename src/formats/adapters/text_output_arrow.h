#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/util/compression.h>

#include <memory>
#include <string>

#include "formats/file_writer.h"

namespace trivet {

// A text file that is being written: buffered, compressed as asked, under a temporary name until
// Close. One thread at a time.
class TextOutput {
 public:
  // `compression` is auto (as the name's ending tells), none, gzip or zstd; InvalidInput for
  // others, naming `subject`.
  static Result<std::unique_ptr<TextOutput>> Open(const std::string& path,
                                                  const std::string& compression,
                                                  const std::string& subject, FileSystem& files);

  // To be appended to.
  std::string& text() { return text_; }
  // Writes the text out where there is much of it.
  Status FlushIfLarge() { return text_.size() < kLargeBytes ? Status::OK() : Flush(); }
  Status Close();

 private:
  static constexpr size_t kLargeBytes = 256 * 1024;

  explicit TextOutput(std::string path) : path_(std::move(path)) {}
  Status Flush();

  std::string path_;
  std::unique_ptr<StagedFile> staged_;
  std::unique_ptr<arrow::util::Codec> codec_;
  std::shared_ptr<arrow::io::OutputStream> output_;
  std::string text_;
};

}  // namespace trivet
