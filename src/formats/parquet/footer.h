#pragma once

#include <memory>

#include "base/file_system.h"
#include "formats/parquet/metadata.h"

namespace trivet::parquet {

// The metadata of a file: from the file system's facts where they know it, else read and kept
// there. Typed errors: OutOfMemory where the facts' budget refuses, InvalidInput for an empty file
// or one that is not Parquet (with a hint at what it looks like), NotImplemented for encrypted
// ones, Corruption. Thread-safe.
Result<std::shared_ptr<const FileMetadata>> LoadFooter(FileSystem& files, const FileInfo& info);

// As LoadFooter, without the cache.
Result<FileMetadata> ReadFooter(const RandomAccessFile& file);

}  // namespace trivet::parquet
