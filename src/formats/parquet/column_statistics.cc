#include "formats/parquet/column_statistics.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "formats/parquet/bounds.h"
#include "formats/parquet/value_decoder.h"

namespace trivet::parquet {

namespace {

// Row groups whose dictionaries are looked at, spread over the table.
constexpr size_t kSampledGroups = 4;
constexpr size_t kHeaderBytes = 256;

struct GroupRef {
  size_t file;
  size_t group;
};

// The values in a dictionary page's header; nothing where the chunk is not wholly coded.
std::optional<double> DictionarySize(const RandomAccessFile& file, const ColumnChunk& chunk) {
  if (!chunk.dictionary_only || chunk.encrypted || chunk.elsewhere) return std::nullopt;
  const auto start = static_cast<uint64_t>(chunk.start());
  if (start >= file.size()) return std::nullopt;
  uint8_t bytes[kHeaderBytes];
  const size_t size = static_cast<size_t>(std::min<uint64_t>(kHeaderBytes, file.size() - start));
  if (!file.ReadAt(start, size, bytes).ok()) return std::nullopt;
  PageHeader header;
  size_t header_bytes = 0;
  if (ParsePageHeader(bytes, size, header, header_bytes) != HeaderOutcome::kParsed ||
      header.type != PageType::kDictionary) {
    return std::nullopt;
  }
  return header.value_count;
}

// Width of a range of values as a number; nothing for types without one.
std::optional<double> Width(const ColumnBounds& bounds) {
  if (!bounds.min || !bounds.max) return std::nullopt;
  const PhysicalType physical = bounds.min->type().physical();
  if (physical == PhysicalType::kString || physical == PhysicalType::kBool ||
      physical == PhysicalType::kInterval) {
    return std::nullopt;
  }
  if (bounds.min->type().IsFloating()) return bounds.max->floating() - bounds.min->floating();
  return static_cast<double>(bounds.max->integer()) - static_cast<double>(bounds.min->integer()) +
         1;
}

class ColumnEstimate {
 public:
  ColumnEstimate(const TableFiles& table, size_t column) : table_(table), column_(column) {}

  // Adds one row group's bounds; in the table's order.
  void AddGroup(const GroupRef& ref) {
    const TableFile& file = table_.files[ref.file];
    const auto rows = static_cast<uint64_t>(file.metadata->row_groups[ref.group].row_count);
    if (rows == 0) return;
    const ColumnSource& source = file.sources[column_];
    if (source.kind == ColumnSource::Kind::kConstant) return AddConstant(source.constant, rows);
    const Leaf* leaf = LeafIn(file);
    if (leaf == nullptr) return Forget();
    const ColumnChunk& chunk = file.metadata->row_groups[ref.group].columns[leaf->chunk];
    const ColumnBounds bounds = BoundsOfChunk(*file.metadata, *leaf, chunk, rows);
    nulls_known_ &= bounds.null_count.has_value();
    nulls_ += bounds.null_count.value_or(0);
    rows_ += rows;
    if (bounds.all_null()) return;
    bounds_are_values_ &= AreValues(*leaf, chunk.statistics);
    const bool overlaps = !last_max_ || !bounds.min || CompareValues(*bounds.min, *last_max_) <= 0;
    disjoint_ &= groups_ == 0 || !overlaps;
    last_max_ = bounds.max;
    ++groups_;
    if (const std::optional<double> width = Width(bounds)) width_sum_ += *width;
    Widen(bounds.min, bounds.max, bounds.nan_above);
  }

  void AddDictionary(double seen, double rows) {
    ++sampled_;
    distinct_sum_ += DistinctBehindSample(seen, rows);
    seen_sum_ += seen;
  }
  void AddUncoded() { uncoded_ = true; }

  const Leaf* LeafIn(const TableFile& file) const {
    const ColumnSource& source = file.sources[column_];
    if (source.kind != ColumnSource::Kind::kNode || source.cast) return nullptr;
    const Node& node = file.schema->columns[source.node];
    return node.kind == Node::Kind::kLeaf ? &file.schema->leaves[node.leaf] : nullptr;
  }

  ColumnStatistics Finish() const {
    ColumnStatistics statistics;
    if (forgotten_) return statistics;
    if (bounds_known_) {
      statistics.min = min_;
      if (!nan_above_) statistics.max = max_;
      statistics.bounds_are_values = bounds_are_values_ && !constants_;
    }
    if (nulls_known_) statistics.null_count = nulls_;
    statistics.distinct_count = Distinct();
    return statistics;
  }

 private:
  void AddConstant(const Value& value, uint64_t rows) {
    rows_ += rows;
    ++groups_;
    constants_ = true;
    if (value.is_null()) {
      nulls_ += rows;
    } else {
      if (!max_ || CompareValues(*max_, value) != 0) ++constant_values_;
      Widen(value, value, false);
    }
  }

  void Forget() { forgotten_ = true; }

  // Whether bounds are stored whole, and as their values are. Those of texts may be cut unless the
  // writer says that they are not; those of floating point do not tell zeros apart.
  static bool AreValues(const Leaf& leaf, const Statistics& statistics) {
    if (statistics.is_cut) return false;
    switch (leaf.physical) {
      case PhysicalKind::kBoolean:
      case PhysicalKind::kInt32:
      case PhysicalKind::kInt64: return true;
      case PhysicalKind::kFixedLengthByteArray:
        return leaf.type.id() == TypeId::kDecimal && IsWhole(statistics.min, leaf.type_length) &&
               IsWhole(statistics.max, leaf.type_length);
      case PhysicalKind::kByteArray:
        return statistics.min_exact && statistics.max_exact && IsText(leaf, statistics.min) &&
               IsText(leaf, statistics.max);
      default: return false;
    }
  }
  static bool IsWhole(const std::optional<std::string>& bound, size_t width) {
    return bound && bound->size() == width;
  }
  // What is no text is an error to be found by reading it.
  static bool IsText(const Leaf& leaf, const std::optional<std::string>& bound) {
    return bound && (!leaf.is_text || IsValidUtf8(bound->data(), bound->size()));
  }

  void Widen(const std::optional<Value>& min, const std::optional<Value>& max, bool nan_above) {
    nan_above_ |= nan_above;
    if (!min || !max) {
      bounds_known_ = false;
      return;
    }
    if (!min_ || CompareValues(*min, *min_) < 0) min_ = min;
    if (!max_ || CompareValues(*max, *max_) > 0) max_ = max;
  }

  std::optional<double> Distinct() const {
    const double present = static_cast<double>(rows_ - std::min(nulls_, rows_));
    if (constants_) return static_cast<double>(constant_values_);
    if (min_ && min_->type().id() == TypeId::kBoolean) return std::min(2.0, present);
    std::optional<double> range;
    if (bounds_known_ && min_ && max_ && !nan_above_) {
      range = Width({min_, max_, false, std::nullopt, 0});
    }
    std::optional<double> distinct;
    if (sampled_ > 0 && !uncoded_) {
      distinct = distinct_sum_ / sampled_;
      if (disjoint_) {
        distinct = seen_sum_ / sampled_ * static_cast<double>(groups_);
      } else if (range && width_sum_ > 0) {
        // Groups that cover a part of the range each hold that part of the values.
        *distinct *= std::max(1.0, *range / (width_sum_ / static_cast<double>(groups_)));
      }
    } else if (range || uncoded_) {
      // Where writers gave dictionaries up, values hardly repeat.
      distinct = present;
    }
    if (!distinct) return std::nullopt;
    if (range) distinct = std::min(*distinct, *range);
    return std::clamp(*distinct, std::min(1.0, present), std::max(1.0, present));
  }

  const TableFiles& table_;
  size_t column_;
  std::optional<Value> min_, max_, last_max_;
  bool bounds_known_ = true;
  bool nan_above_ = false;
  bool bounds_are_values_ = true;
  bool nulls_known_ = true;
  bool forgotten_ = false;
  bool constants_ = false;
  bool disjoint_ = true;
  bool uncoded_ = false;
  size_t constant_values_ = 0;
  uint64_t nulls_ = 0;
  uint64_t rows_ = 0;
  size_t groups_ = 0;
  double width_sum_ = 0;
  size_t sampled_ = 0;
  double distinct_sum_ = 0;
  double seen_sum_ = 0;
};

void SampleDictionaries(const TableFiles& table, const std::vector<GroupRef>& groups,
                        FileSystem& files, std::vector<ColumnEstimate>& columns) {
  const size_t step = std::max<size_t>(1, groups.size() / kSampledGroups);
  for (size_t i = step / 2; i < groups.size(); i += step) {
    const TableFile& file = table.files[groups[i].file];
    const RowGroup& group = file.metadata->row_groups[groups[i].group];
    const Result<std::unique_ptr<RandomAccessFile>> opened = files.OpenForRead(file.info.path);
    if (!opened.ok()) return;
    for (ColumnEstimate& column : columns) {
      const Leaf* leaf = column.LeafIn(file);
      if (leaf == nullptr || group.row_count == 0) continue;
      const std::optional<double> seen = DictionarySize(**opened, group.columns[leaf->chunk]);
      seen ? column.AddDictionary(*seen, static_cast<double>(group.row_count))
           : column.AddUncoded();
    }
  }
}

}  // namespace

double DistinctBehindSample(double seen, double rows) {
  if (seen <= 0) return 0;
  if (seen >= rows) return rows * 100;  // all draws differ: many more are likely
  // seen = D (1 - exp(-rows / D)) grows with D: bisect.
  double low = seen, high = rows * 100;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (middle * -std::expm1(-rows / middle) < seen ? low : high) = middle;
  }
  return low;
}

TableStatistics EstimateStatistics(const TableFiles& table, FileSystem& files) {
  TableStatistics statistics;
  statistics.row_count = table.row_count;
  std::vector<GroupRef> groups;
  for (size_t file = 0; file < table.files.size(); ++file) {
    for (size_t group = 0; group < table.files[file].metadata->row_groups.size(); ++group) {
      groups.push_back({file, group});
    }
  }
  std::vector<ColumnEstimate> columns;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    columns.emplace_back(table, i);
    for (const GroupRef& group : groups) columns.back().AddGroup(group);
  }
  SampleDictionaries(table, groups, files, columns);
  for (const ColumnEstimate& column : columns) statistics.columns.push_back(column.Finish());
  return statistics;
}

}  // namespace trivet::parquet
