#include "formats/adapters/text_output_arrow.h"

#include <arrow/io/compressed.h>
#include <arrow/result.h>

#include <utility>

#include "base/string_concat.h"
#include "formats/adapters/status_arrow.h"
#include "formats/adapters/streams_arrow.h"

namespace trivet {

Result<std::unique_ptr<TextOutput>> TextOutput::Open(const std::string& path,
                                                     const std::string& compression,
                                                     const std::string& subject,
                                                     FileSystem& files) {
  arrow::Compression::type type = arrow::Compression::UNCOMPRESSED;
  const bool automatic = compression == "auto";
  if (compression == "gzip" || (automatic && path.ends_with(".gz"))) {
    type = arrow::Compression::GZIP;
  } else if (compression == "zstd" || (automatic && path.ends_with(".zst"))) {
    type = arrow::Compression::ZSTD;
  } else if (!automatic && compression != "none" && compression != "uncompressed") {
    return Status::InvalidInput(StrCat(subject, ": there is no compression \"", compression, "\""))
        .WithHint("one of auto, none, gzip and zstd");
  }
  std::unique_ptr<TextOutput> output(new TextOutput(path));
  TRIVET_ASSIGN_OR_RETURN(output->staged_, StagedFile::Create(path, files));
  output->output_ = MakeOutputStream(output->staged_->TakeFile());
  if (type != arrow::Compression::UNCOMPRESSED) {
    TRIVET_ASSIGN_OR_RETURN(output->codec_, FromArrow(arrow::util::Codec::Create(type)));
    TRIVET_ASSIGN_OR_RETURN(output->output_, FromArrow(arrow::io::CompressedOutputStream::Make(
                                                 output->codec_.get(), output->output_)));
  }
  return output;
}

Status TextOutput::Flush() {
  const Status status = FromArrow(output_->Write(text_.data(), static_cast<int64_t>(text_.size())));
  text_.clear();
  return Status(status).WithFile(path_);
}

Status TextOutput::Close() {
  TRIVET_RETURN_IF_ERROR(Flush());
  TRIVET_RETURN_IF_ERROR(FromArrow(output_->Close()).WithFile(path_));
  return staged_->Commit();
}

}  // namespace trivet
