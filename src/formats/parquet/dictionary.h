#pragma once

#include <cstdint>
#include <memory>

#include "formats/parquet/page_pool.h"
#include "formats/parquet/page_reader.h"
#include "formats/parquet/schema.h"
#include "vector/vector.h"

namespace trivet::parquet {

// The dictionary of one column chunk: flat values in the engine's form, followed by one entry that
// is NULL, so that NULL rows have a code as well. Immutable, shared by the vectors coded with it.
struct Dictionary {
  std::shared_ptr<const Vector> values;  // size + 1 entries
  std::shared_ptr<const Vector>
      valid_values;  // the same without the last one, and without validity
  size_t size = 0;
  size_t bytes = 0;  // of memory that it keeps
  uint64_t id = 0;
  uint64_t valid_id = 0;  // of valid_values: what was computed of these has no entry for NULL
  uint32_t null_code() const { return static_cast<uint32_t>(size); }
};

// Decodes a dictionary page, in place where the file's form is the engine's: the page must have no
// other user. What that takes lasts, from this budget, where one is given; else it is of the
// reader's pool. Corruption where the page does not hold what its header says.
Result<std::shared_ptr<const Dictionary>> MakeDictionary(const Leaf& leaf, const PageHeader& header,
                                                         const Page& page, PageReader& reader,
                                                         MemoryManager* lasting);

}  // namespace trivet::parquet
