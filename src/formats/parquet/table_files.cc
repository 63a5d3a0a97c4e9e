#include "formats/parquet/table_files.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/string_concat.h"
#include "formats/hive_partition.h"
#include "formats/parquet/footer.h"
#include "types/cast_rules.h"
#include "types/number_parse.h"

namespace trivet::parquet {

namespace {

class TableFilesBuilder {
 public:
  TableFilesBuilder(const ParquetOptions& options, FileSystem& files)
      : options_(options), files_(files) {}

  Result<std::shared_ptr<const TableFiles>> Build(std::vector<FileInfo> infos) {
    infos_ = std::move(infos);
    for (const FileInfo& info : infos_) TRIVET_RETURN_IF_ERROR(AddFile(info));
    TRIVET_RETURN_IF_ERROR(options_.union_by_name ? UniteColumns() : MatchColumns());
    TRIVET_RETURN_IF_ERROR(AddVirtualColumns());
    return std::shared_ptr<const TableFiles>(std::move(table_));
  }

 private:
  Status AddFile(const FileInfo& info) {
    TableFile file;
    file.info = info;
    TRIVET_ASSIGN_OR_RETURN(file.metadata, LoadFooter(files_, info));
    Result<FileSchema> schema = MakeSchema(*file.metadata, {options_.binary_as_string});
    if (!schema.ok()) return std::move(schema).status().WithFile(info.path);
    for (const RowGroup& group : file.metadata->row_groups) {
      TRIVET_RETURN_IF_ERROR(CheckChunks(group, *schema, info.path));
    }
    file.schema = std::make_shared<const FileSchema>(std::move(schema).value());
    table_->row_count += static_cast<uint64_t>(file.metadata->row_count);
    table_->files.push_back(std::move(file));
    return Status::OK();
  }

  static Status CheckChunks(const RowGroup& group, const FileSchema& schema,
                            const std::string& path) {
    for (size_t i = 0; i < schema.leaves.size(); ++i) {
      const Leaf& leaf = schema.leaves[i];
      const ColumnChunk& chunk = group.columns[i];
      if (chunk.encrypted) continue;
      const bool flat = leaf.max_repetition == 0;
      if (chunk.type != leaf.physical || (flat && chunk.value_count != group.row_count)) {
        return Status::Corruption(StrCat("column \"", leaf.path,
                                         "\": a chunk contradicts the schema or the row count"))
            .WithFile(path);
      }
    }
    return Status::OK();
  }

  // The first file names and types the columns; every other must have the same, in any order, their
  // names in any case, of types that convert to the first one's without being asked.
  Status MatchColumns() {
    const TableFile& first = table_->files.front();
    for (const Node& node : first.schema->columns) {
      table_->columns.push_back({node.name, node.type, !node.nullable});
    }
    for (TableFile& file : table_->files) {
      const std::vector<Node>& nodes = file.schema->columns;
      const auto by_name = IndexByName(nodes);
      for (ColumnDefinition& column : table_->columns) {
        const std::optional<size_t> found = FindName(by_name, column.name);
        if (!found) return Mismatch(file, column.name, "is missing in the second");
        const Node& node = nodes[*found];
        const bool cast = !(node.type == column.type);
        if (cast && (column.type.IsNested() || !ImplicitCastCost(node.type, column.type))) {
          return Mismatch(file, column.name,
                          StrCat("is ", column.type.ToString(), " in the first and ",
                                 node.type.ToString(), " in the second"));
        }
        column.not_null &= !node.nullable;
        file.sources.push_back({ColumnSource::Kind::kNode, *found, cast, {}});
      }
      if (nodes.size() == table_->columns.size()) continue;
      const auto in_first = IndexByName(first.schema->columns);
      for (const Node& node : nodes) {
        if (FindName(in_first, node.name)) continue;
        return Mismatch(file, node.name, "is missing in the first");
      }
    }
    return Status::OK();
  }

  Status Mismatch(const TableFile& file, const std::string& column, const std::string& how) const {
    return Status::InvalidInput(StrCat("the files \"", table_->files.front().info.path, "\" and \"",
                                       file.info.path, "\" differ: column \"", column, "\" ", how))
        .WithHint("union_by_name = true reads files of different schemas");
  }

  // Positions by name as it is written, and by name in lower case for those that differ in case.
  using Names = std::unordered_map<std::string, size_t>;
  static std::string Lower(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(), ToLowerAscii);
    return name;
  }
  static Names IndexByName(const std::vector<Node>& nodes) {
    Names by_name;
    for (size_t i = 0; i < nodes.size(); ++i) by_name.emplace(nodes[i].name, i);
    for (size_t i = 0; i < nodes.size(); ++i) by_name.emplace(Lower(nodes[i].name), i);
    return by_name;
  }
  static std::optional<size_t> FindName(const Names& by_name, const std::string& name) {
    auto found = by_name.find(name);
    if (found == by_name.end()) found = by_name.find(Lower(name));
    if (found == by_name.end()) return std::nullopt;
    return found->second;
  }

  // Columns of all files in the order in which they first appear, of their common type.
  Status UniteColumns() {
    Names positions;
    std::vector<size_t> present;
    for (const TableFile& file : table_->files) {
      const Names in_file = IndexByName(file.schema->columns);
      for (const Node& node : file.schema->columns) {
        std::optional<size_t> known = FindName(positions, node.name);
        // A file may hold names that differ in case alone: these stay columns of their own.
        if (known && table_->columns[*known].name != node.name &&
            file.schema->columns[*FindName(in_file, table_->columns[*known].name)].name !=
                node.name) {
          known.reset();
        }
        if (!known) {
          positions.emplace(node.name, table_->columns.size());
          positions.emplace(Lower(node.name), table_->columns.size());
          table_->columns.push_back({node.name, node.type, !node.nullable});
          present.push_back(1);
          continue;
        }
        ColumnDefinition& column = table_->columns[*known];
        const std::optional<LogicalType> common = SetOperationType(column.type, node.type);
        if (!common || (column.type.IsNested() && !(node.type == column.type))) {
          return Status::InvalidInput(StrCat("column \"", node.name, "\" is ", node.type.ToString(),
                                             " in the file \"", file.info.path, "\" and ",
                                             column.type.ToString(),
                                             " in others: there is no common type"));
        }
        column.type = *common;
        column.not_null &= !node.nullable;
        ++present[*known];
      }
    }
    for (size_t i = 0; i < table_->columns.size(); ++i) {
      if (present[i] < table_->files.size()) table_->columns[i].not_null = false;
    }
    for (TableFile& file : table_->files) {
      const auto by_name = IndexByName(file.schema->columns);
      for (const ColumnDefinition& column : table_->columns) {
        const std::optional<size_t> found = FindName(by_name, column.name);
        if (!found) {
          file.sources.push_back(
              {ColumnSource::Kind::kConstant, 0, false, Value::Null(column.type)});
          continue;
        }
        const bool cast = !(file.schema->columns[*found].type == column.type);
        file.sources.push_back({ColumnSource::Kind::kNode, *found, cast, {}});
      }
    }
    return Status::OK();
  }

  Status AddVirtualColumns() {
    if (options_.filename) {
      TRIVET_RETURN_IF_ERROR(CheckNew(options_.filename_column, "filename"));
      table_->columns.push_back({options_.filename_column, TypeId::kVarchar, true});
      for (TableFile& file : table_->files) {
        file.sources.push_back(
            {ColumnSource::Kind::kConstant, 0, false, Value::Varchar(file.info.path)});
      }
    }
    if (options_.file_row_number) {
      TRIVET_RETURN_IF_ERROR(CheckNew("file_row_number", "file_row_number"));
      table_->columns.push_back({"file_row_number", TypeId::kInt64, true});
      for (TableFile& file : table_->files) {
        file.sources.push_back({ColumnSource::Kind::kRowNumber, 0, false, {}});
      }
    }
    TRIVET_ASSIGN_OR_RETURN(
        HivePartitions partitions,
        FindHivePartitions(infos_, options_.hive_partitioning, options_.hive_types_autocast));
    for (size_t i = 0; i < partitions.columns.size(); ++i) {
      const ColumnDefinition& column = partitions.columns[i];
      // A key that the files hold as well: the directory has the last word.
      auto known = std::find_if(table_->columns.begin(), table_->columns.end(),
                                [&](const auto& other) { return other.name == column.name; });
      const size_t position = static_cast<size_t>(known - table_->columns.begin());
      if (known == table_->columns.end()) {
        table_->columns.push_back(column);
      } else {
        *known = column;
      }
      for (size_t f = 0; f < table_->files.size(); ++f) {
        TableFile& file = table_->files[f];
        file.sources.resize(table_->columns.size());
        file.sources[position] = {ColumnSource::Kind::kConstant, 0, false, partitions.values[f][i]};
      }
    }
    return Status::OK();
  }

  Status CheckNew(const std::string& name, std::string_view option) const {
    for (const ColumnDefinition& column : table_->columns) {
      if (column.name != name) continue;
      return Status::InvalidInput(
          StrCat("option ", option, ": the files already have a column \"", name, "\""));
    }
    return Status::OK();
  }

  const ParquetOptions& options_;
  FileSystem& files_;
  std::vector<FileInfo> infos_;
  std::shared_ptr<TableFiles> table_ = std::make_shared<TableFiles>();
};

}  // namespace

Result<std::shared_ptr<const TableFiles>> OpenTableFiles(std::vector<FileInfo> infos,
                                                         const ParquetOptions& options,
                                                         FileSystem& files) {
  return TableFilesBuilder(options, files).Build(std::move(infos));
}

}  // namespace trivet::parquet
