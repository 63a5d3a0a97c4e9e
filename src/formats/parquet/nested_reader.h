#pragma once

#include <memory>
#include <vector>

#include "formats/parquet/column_reader.h"
#include "formats/parquet/leaf_stream.h"

namespace trivet::parquet {

// Reads a column of lists and structs: the levels and values of all its leaves, put together to
// nested vectors. Maps are lists of structs of key and value.
class NestedColumnReader final : public ColumnReader {
 public:
  NestedColumnReader(const Node& node, const FileSchema& schema, const RowGroup& group,
                     const ReaderResources& resources);

  Status Read(size_t count, Vector& out) override;
  void Skip(size_t count) override { pending_skip_ += count; }

 private:
  // Which entries of a leaf's levels stand for an instance of the node's parent: those that repeat
  // at no deeper level and are defined at least so far.
  struct Scope {
    uint32_t definition = 0;
    uint32_t repetition = 0;
  };
  void AddStreams(const Node& node, const FileSchema& schema, const RowGroup& group,
                  const ReaderResources& resources);
  Result<Vector> Assemble(const Node& node, Scope scope, size_t expected);
  Result<Vector> AssembleLeaf(const LeafStream& stream, Scope scope, size_t expected);
  Result<Vector> AssembleList(const Node& node, Scope scope, size_t expected);
  Result<Vector> AssembleStruct(const Node& node, Scope scope, size_t expected);
  // The stream of the first leaf below the node, whose levels tell of the node itself.
  const LeafStream& StreamOf(const Node& node) const;

  const Node& node_;
  std::vector<std::pair<size_t, std::unique_ptr<LeafStream>>> streams_;  // by leaf
  size_t pending_skip_ = 0;
};

}  // namespace trivet::parquet
