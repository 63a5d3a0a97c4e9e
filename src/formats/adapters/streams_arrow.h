#pragma once

#include <arrow/io/interfaces.h>

#include <memory>
#include <string>

#include "base/file_system.h"
#include "context/metrics.h"

namespace trivet {

// Our files as Arrow's streams. Errors pass through as they are.
std::shared_ptr<arrow::io::OutputStream> MakeOutputStream(std::unique_ptr<WritableFile> file);

// Counts bytes read into `metrics` (may be null). Seekable, thread-safe for reads at offsets.
std::shared_ptr<arrow::io::RandomAccessFile> MakeInputFile(
    std::shared_ptr<const RandomAccessFile> file, OperatorMetrics* metrics);

// A stream over the file, decompressed as its name's ending tells (.gz, .zst, .bz2 …).
arrow::Result<std::shared_ptr<arrow::io::InputStream>> MakeDecompressedInput(
    std::shared_ptr<const RandomAccessFile> file, OperatorMetrics* metrics,
    const std::string& compression, arrow::MemoryPool* pool);

}  // namespace trivet
