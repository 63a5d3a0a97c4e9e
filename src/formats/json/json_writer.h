#pragma once

#include "formats/file_writer.h"

namespace trivet {

// COPY … TO json: an object a line, or one array of them (option ARRAY).
Result<std::unique_ptr<FileWriter>> OpenJsonWriter(const FileWriterRequest& request,
                                                   const ExecutionContext& context);

}  // namespace trivet
