#include "formats/parquet/nested_reader.h"

#include <algorithm>
#include <utility>

namespace trivet::parquet {

namespace {

template <typename Visit>
void ForEachEntry(const LeafStream& stream, uint32_t definition, uint32_t repetition,
                  const Visit& visit) {
  for (size_t entry = 0; entry < stream.entries(); ++entry) {
    if (stream.repetition(entry) <= repetition && stream.definition(entry) >= definition) {
      visit(entry);
    }
  }
}

}  // namespace

NestedColumnReader::NestedColumnReader(const Node& node, const FileSchema& schema,
                                       const RowGroup& group, const ReaderResources& resources)
    : node_(node) {
  AddStreams(node, schema, group, resources);
}

void NestedColumnReader::AddStreams(const Node& node, const FileSchema& schema,
                                    const RowGroup& group, const ReaderResources& resources) {
  if (node.kind == Node::Kind::kLeaf) {
    const Leaf& leaf = schema.leaves[node.leaf];
    streams_.emplace_back(node.leaf,
                          std::make_unique<LeafStream>(leaf, group.columns[leaf.chunk], resources));
    return;
  }
  for (const Node& child : node.children) AddStreams(child, schema, group, resources);
}

const LeafStream& NestedColumnReader::StreamOf(const Node& node) const {
  const Node* first = &node;
  while (first->kind != Node::Kind::kLeaf) first = &first->children.front();
  const auto found = std::ranges::find_if(
      streams_, [&](const auto& stream) { return stream.first == first->leaf; });
  return *found->second;
}

Status NestedColumnReader::Read(size_t count, Vector& out) {
  const size_t skipped = std::exchange(pending_skip_, 0);
  for (auto& [leaf, stream] : streams_) {
    TRIVET_RETURN_IF_ERROR(stream->Skip(skipped));
    TRIVET_RETURN_IF_ERROR(stream->Read(count));
  }
  TRIVET_ASSIGN_OR_RETURN(out, Assemble(node_, {0, 0}, count));
  return Status::OK();
}

Result<Vector> NestedColumnReader::Assemble(const Node& node, Scope scope, size_t expected) {
  switch (node.kind) {
    case Node::Kind::kLeaf: return AssembleLeaf(StreamOf(node), scope, expected);
    case Node::Kind::kList: return AssembleList(node, scope, expected);
    case Node::Kind::kStruct: return AssembleStruct(node, scope, expected);
  }
  return Status::Internal("a Parquet schema node of no kind");
}

Result<Vector> NestedColumnReader::AssembleLeaf(const LeafStream& stream, Scope scope,
                                                size_t expected) {
  const auto max_definition = static_cast<uint32_t>(stream.leaf().max_definition);
  std::vector<uint32_t> positions;
  std::vector<uint32_t> nulls;
  size_t slot = 0;
  ForEachEntry(stream, scope.definition, scope.repetition, [&](size_t entry) {
    const bool valid = stream.definition(entry) == max_definition;
    (valid ? positions : nulls).push_back(static_cast<uint32_t>(slot++));
  });
  if (slot != expected) return stream.Corrupt("its levels contradict those of its siblings");
  Vector out = Vector::MakeFlat(stream.leaf().type, std::max<size_t>(expected, 1));
  size_t done = 0;
  for (const auto& [values, count] : stream.pieces()) {
    if (count > positions.size() - done) {
      return stream.Corrupt("its levels contradict its values");
    }
    ScatterRows(values, count, positions.data() + done, out);
    done += count;
  }
  if (done != positions.size()) return stream.Corrupt("its levels contradict its values");
  const size_t width = TypeSize(out.type());
  for (const uint32_t row : nulls) {
    std::fill_n(out.mutable_data<uint8_t>() + row * width, width, uint8_t{0});
    out.SetNull(row);
  }
  return out;
}

Result<Vector> NestedColumnReader::AssembleList(const Node& node, Scope scope, size_t expected) {
  const LeafStream& stream = StreamOf(node);
  const Scope element{static_cast<uint32_t>(node.element_definition),
                      static_cast<uint32_t>(node.element_repetition)};
  Vector out = Vector::MakeFlat(node.type, std::max<size_t>(expected, 1));
  auto* lists = out.mutable_data<ListEntry>();
  size_t slot = 0;
  size_t elements = 0;
  bool sound = true;
  for (size_t entry = 0; entry < stream.entries(); ++entry) {
    const uint32_t repetition = stream.repetition(entry);
    const uint32_t definition = stream.definition(entry);
    if (repetition <= scope.repetition && definition >= scope.definition) {
      if (slot == expected) {
        sound = false;
        break;
      }
      lists[slot] = {elements, 0};
      if (definition < static_cast<uint32_t>(node.definition)) out.SetNull(slot);
      ++slot;
    }
    if (repetition <= element.repetition && definition >= element.definition) {
      if (slot == 0) {
        sound = false;
        break;
      }
      ++lists[slot - 1].length;
      ++elements;
    }
  }
  if (!sound || slot != expected) {
    return stream.Corrupt("its levels contradict those of its siblings");
  }
  TRIVET_ASSIGN_OR_RETURN(out.mutable_children().front(),
                          Assemble(node.children.front(), element, elements));
  return out;
}

Result<Vector> NestedColumnReader::AssembleStruct(const Node& node, Scope scope, size_t expected) {
  Vector out = Vector::MakeFlat(node.type, std::max<size_t>(expected, 1));
  for (size_t i = 0; i < node.children.size(); ++i) {
    TRIVET_ASSIGN_OR_RETURN(out.mutable_children()[i], Assemble(node.children[i], scope, expected));
  }
  const LeafStream& stream = StreamOf(node);
  size_t slot = 0;
  ForEachEntry(stream, scope.definition, scope.repetition, [&](size_t entry) {
    // Children are NULL there already.
    if (slot < expected && stream.definition(entry) < static_cast<uint32_t>(node.definition)) {
      out.SetNull(slot);
    }
    ++slot;
  });
  return out;
}

}  // namespace trivet::parquet
