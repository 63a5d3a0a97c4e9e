#include "formats/parquet/schema.h"

#include <utility>

#include "base/string_concat.h"
#include "formats/parquet/conversion_select.h"

namespace trivet::parquet {

namespace {

// Nesting beyond this is taken for garbage; it also bounds the recursion here and in assembly.
constexpr int kMaxSchemaDepth = 64;

class SchemaBuilder {
 public:
  SchemaBuilder(const FileMetadata& metadata, const SchemaOptions& options)
      : elements_(metadata.schema), options_(options) {}

  Result<FileSchema> Build() {
    if (elements_.empty()) return Status::Corruption("the file's schema is empty");
    const int32_t columns = elements_[0].child_count;
    next_ = 1;
    for (int32_t i = 0; i < columns; ++i) {
      TRIVET_ASSIGN_OR_RETURN(Node node, ReadNode({}, 0, 0, 0));
      schema_.columns.push_back(std::move(node));
    }
    if (next_ != elements_.size()) {
      return Status::Corruption("the file's schema has elements that belong to no column");
    }
    return std::move(schema_);
  }

 private:
  // Reads the element at next_ with all below it. The levels are those of its parent.
  Result<Node> ReadNode(const std::string& parent, int definition, int repetition, int depth) {
    if (next_ >= elements_.size()) {
      return Status::Corruption("the file's schema ends before all of its columns");
    }
    if (depth > kMaxSchemaDepth) return Status::Corruption("the file's schema nests too deeply");
    const SchemaElement& element = elements_[next_];
    if (element.repetition != Repetition::kRequired) ++definition;
    if (element.repetition != Repetition::kRepeated) {
      return ReadSingle(parent, definition, repetition, depth);
    }
    // A repeated field outside a LIST is a required list of required elements.
    ++repetition;
    Node list;
    list.kind = Node::Kind::kList;
    list.name = element.name;
    list.definition = definition - 1;
    list.repetition = repetition - 1;
    list.element_definition = definition;
    list.element_repetition = repetition;
    TRIVET_ASSIGN_OR_RETURN(Node child, ReadSingle(parent, definition, repetition, depth));
    child.nullable = false;
    list.type = LogicalType::List(child.type);
    list.children.push_back(std::move(child));
    return list;
  }

  // The element at next_ without its own repetition.
  Result<Node> ReadSingle(const std::string& parent, int definition, int repetition, int depth) {
    const SchemaElement& element = elements_[next_];
    const std::string path = parent.empty() ? element.name : StrCat(parent, ".", element.name);
    if (element.type) return ReadLeaf(path, definition, repetition);
    const LogicalKind logical = element.logical.kind;
    const bool is_list = logical == LogicalKind::kList || element.converted == ConvertedType::kList;
    const bool is_map = logical == LogicalKind::kMap || element.converted == ConvertedType::kMap ||
                        element.converted == ConvertedType::kMapKeyValue;
    if ((is_list || is_map) && element.child_count == 1 && next_ + 1 < elements_.size() &&
        elements_[next_ + 1].repetition == Repetition::kRepeated) {
      return ReadAnnotatedList(path, definition, repetition, depth);
    }
    return ReadStruct(path, definition, repetition, depth);
  }

  Result<Node> ReadLeaf(const std::string& path, int definition, int repetition) {
    const SchemaElement& element = elements_[next_++];
    Node node;
    node.name = element.name;
    node.nullable = element.repetition == Repetition::kOptional;
    node.definition = definition;
    node.repetition = repetition;
    node.leaf = schema_.leaves.size();
    Leaf leaf;
    leaf.chunk = schema_.leaves.size();
    leaf.physical = *element.type;
    leaf.type_length = static_cast<size_t>(element.type_length);
    leaf.max_definition = definition;
    leaf.max_repetition = repetition;
    leaf.path = path;
    Result<LeafType> selected = SelectLeafType(element, options_.binary_as_string);
    if (!selected.ok()) {
      return std::move(selected).status().WithContext(StrCat("column \"", path, "\""));
    }
    leaf.type = node.type = selected->type;
    leaf.conversion = selected->conversion;
    leaf.is_text = selected->is_text;
    schema_.leaves.push_back(std::move(leaf));
    return node;
  }

  Result<Node> ReadStruct(const std::string& path, int definition, int repetition, int depth) {
    const SchemaElement& element = elements_[next_++];
    Node node;
    node.kind = Node::Kind::kStruct;
    node.name = element.name;
    node.nullable = element.repetition == Repetition::kOptional;
    node.definition = definition;
    node.repetition = repetition;
    std::vector<StructField> fields;
    if (element.child_count == 0) {
      return Status::Corruption(StrCat("column \"", path, "\" is a group without fields"));
    }
    for (int32_t i = 0; i < element.child_count; ++i) {
      TRIVET_ASSIGN_OR_RETURN(Node child, ReadNode(path, definition, repetition, depth + 1));
      fields.push_back({child.name, child.type});
      node.children.push_back(std::move(child));
    }
    node.type = LogicalType::Struct(std::move(fields));
    return node;
  }

  // A group annotated LIST or MAP over one repeated field (the format's "backward-compatibility
  // rules": the repeated field is the element itself unless it is a group of one field that only
  // names the level). Maps are lists of their entries.
  Result<Node> ReadAnnotatedList(const std::string& path, int definition, int repetition,
                                 int depth) {
    const SchemaElement& element = elements_[next_++];
    const SchemaElement& repeated = elements_[next_];
    const bool is_map =
        element.logical.kind == LogicalKind::kMap ||
        (element.logical.kind == LogicalKind::kNone && element.converted != ConvertedType::kList);
    Node node;
    node.kind = Node::Kind::kList;
    node.name = element.name;
    node.nullable = element.repetition == Repetition::kOptional;
    node.definition = definition;
    node.repetition = repetition;
    node.element_definition = definition + 1;
    node.element_repetition = repetition + 1;
    const bool element_itself = is_map || repeated.type || repeated.child_count != 1 ||
                                repeated.name == "array" ||
                                repeated.name == element.name + "_tuple";
    std::string below = path;
    if (!element_itself) {
      below = StrCat(path, ".", repeated.name);
      ++next_;
    }
    Result<Node> child = element_itself
                             ? ReadSingle(below, definition + 1, repetition + 1, depth + 1)
                             : ReadNode(below, definition + 1, repetition + 1, depth + 2);
    if (!child.ok()) return child;
    if (element_itself) child->nullable = false;
    node.type = LogicalType::List(child->type);
    node.children.push_back(std::move(child).value());
    return node;
  }

  const std::vector<SchemaElement>& elements_;
  const SchemaOptions& options_;
  size_t next_ = 0;
  FileSchema schema_;
};

}  // namespace

Result<FileSchema> MakeSchema(const FileMetadata& metadata, const SchemaOptions& options) {
  return SchemaBuilder(metadata, options).Build();
}

}  // namespace trivet::parquet
