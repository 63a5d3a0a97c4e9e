#include "execution/operators/join_keys.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <memory>
#include <utility>

#include "execution/operators/few_keys.h"
#include "execution/operators/join_spill.h"
#include "execution/operators/scan.h"
#include "storage/vector_bounds.h"
#include "vector/hash_vector.h"

namespace trivet {

namespace {

constexpr std::string_view kConsumer = "DYNAMIC_FILTER";
// A bitmap takes at most this many bits (8 MiB).
constexpr uint64_t kMaxBitmapBits = uint64_t{1} << 26;
// A filter takes at most this part of the budget.
constexpr size_t kMostOfBudget = 16;
// A Bloom filter, or a bitmap where rows lie in memory, is made for at least so many rows of the
// scan a key: with fewer, making and asking it costs what it saves.
constexpr uint64_t kScannedRowsPerKey = 8;

// Hands one key's values, without NULLs, to visit(values, count), some at a time, as long as it
// returns true; whether it did to the end.
template <typename Visit>
bool ForEachVector(const RowLayout& layout, size_t key, const RowStore::Page& page,
                   const Visit& visit) {
  uint8_t* rows[kVectorSize];
  size_t count = 0;
  const auto visit_gathered = [&] {
    if (count == 0) return true;
    Vector values = Vector::MakeFlat(layout.types()[key], count);
    GatherColumn(layout, key, rows, count, values);
    return visit(values, std::exchange(count, 0));
  };
  uint8_t* row = page.rows;
  for (uint32_t i = 0; i < page.row_count; ++i, row += layout.row_bytes()) {
    if (layout.IsValid(row, key)) rows[count++] = row;
    if (count == kVectorSize && !visit_gathered()) return false;
  }
  return visit_gathered();
}

// Hands the hash of each row that has no NULL among the keys to `visit`. Of all keys together it is
// in the row; of one among several it is computed.
template <typename Visit>
void ForEachHash(const JoinTableShape& shape, const KeyPublication& publication,
                 const RowStore::Page& page, const Visit& visit) {
  const RowLayout& layout = *shape.layout;
  if (publication.keys.size() != shape.key_count()) {
    ForEachVector(layout, publication.keys.front(), page, [&](const Vector& values, size_t count) {
      uint64_t hashes[kVectorSize];
      HashVector(values, count, hashes);
      for (size_t i = 0; i < count; ++i) visit(hashes[i]);
      return true;
    });
    return;
  }
  const uint8_t* row = page.rows;
  for (uint32_t i = 0; i < page.row_count; ++i, row += layout.row_bytes()) {
    const bool has_null = std::ranges::any_of(
        publication.keys, [&](const size_t key) { return !layout.IsValid(row, key); });
    if (!has_null) visit(RowLayout::Hash(row));
  }
}

// The integers that a bitmap from `min` on has; empty where these are too many for a list.
KeyList ListOfBitmap(const std::vector<uint64_t>& bitmap, const Value& min) {
  std::vector<Value> keys;
  std::vector<uint64_t> hashes;
  for (size_t i = 0; i < bitmap.size(); ++i) {
    for (uint64_t word = bitmap[i]; word != 0; word &= word - 1) {
      if (keys.size() == KeyList::kMost) return {};
      const int128_t bit = static_cast<int128_t>(i) * 64 + std::countr_zero(word);
      keys.push_back(Value::Integer(min.type(), min.integer() + bit));
      hashes.push_back(HashOf(keys.back().integer()));
    }
  }
  return KeyList(std::move(keys), hashes);
}

}  // namespace

size_t JoinKeyPublisher::RowCount() const {
  size_t rows = runtime_.spill != nullptr ? runtime_.spill->build()->row_count() : 0;
  for (const RowStore& store : runtime_.table->stores()) rows += store.row_count();
  return rows;
}

template <typename Visit>
Status JoinKeyPublisher::ForEachPage(const Visit& visit) const {
  const auto visit_store = [&](const RowStore& store) -> Result<bool> {
    for (const RowStore::Page& page : store.pages()) {
      TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
      if (!visit(page)) return false;
    }
    return true;
  };
  for (const RowStore& store : runtime_.table->stores()) {
    TRIVET_ASSIGN_OR_RETURN(const bool goes_on, visit_store(store));
    if (!goes_on) return Status::OK();
  }
  if (runtime_.spill == nullptr) return Status::OK();
  const SpilledRows& spilled = *runtime_.spill->build();
  for (size_t p = 0; p < spilled.partition_count(); ++p) {
    for (const SpilledRows::Block& block : spilled.blocks(p)) {
      Reservation reservation(&context_.memory(), std::string(kConsumer));
      RowStore rows(spilled.layout(), std::make_shared<RowMemory>(std::move(reservation)));
      TRIVET_RETURN_IF_ERROR(spilled.Read(block, rows));
      TRIVET_ASSIGN_OR_RETURN(const bool goes_on, visit_store(rows));
      if (!goes_on) return Status::OK();
    }
  }
  return Status::OK();
}

template <typename Visit>
Status JoinKeyPublisher::ForEachInteger(size_t key, const Visit& visit) const {
  const RowLayout& layout = runtime_.table->layout();
  const PhysicalType physical = layout.types()[key].physical();
  return ForEachPage([&](const RowStore::Page& page) {
    const uint8_t* row = page.rows;
    for (uint32_t i = 0; i < page.row_count; ++i, row += layout.row_bytes()) {
      if (layout.IsValid(row, key)) visit(ReadIntegerKey(physical, row + layout.offset(key)));
    }
    return true;
  });
}

bool JoinKeyPublisher::IsDirect() const {
  return runtime_.spill == nullptr && runtime_.table->is_direct() && runtime_.table->can_match();
}

Status JoinKeyPublisher::AddRange(size_t key, DynamicFilter::Content& content) const {
  const LogicalType& type = runtime_.table->layout().types()[key];
  KeyBounds bounds;
  if (IsDirect()) {
    bounds = runtime_.table->direct_bounds();
  } else {
    TRIVET_RETURN_IF_ERROR(ForEachInteger(key, [&](int64_t value) { bounds.Add(value); }));
  }
  content.empty = bounds.is_none();
  if (content.empty) return Status::OK();
  content.min = Value::Integer(type, bounds.min);
  content.max = Value::Integer(type, bounds.max);
  return Status::OK();
}

Result<bool> JoinKeyPublisher::Reserve(size_t bytes, DynamicFilter::Content& content) const {
  if (bytes > context_.memory().limit_bytes() / kMostOfBudget) return false;
  if (content.reservation == nullptr) {
    content.reservation = std::make_shared<Reservation>(&context_.memory(), std::string(kConsumer));
    content.reservation->set_yields(true);
  }
  const Status status = content.reservation->Grow(bytes);
  if (status.code() == StatusCode::kOutOfMemory) return false;
  TRIVET_RETURN_IF_ERROR(status);
  return true;
}

// Which integers there are, where their range is small.
Status JoinKeyPublisher::AddBitmap(size_t key, DynamicFilter::Content& content) const {
  const auto min = static_cast<int64_t>(content.min->integer());
  const uint64_t range = static_cast<uint64_t>(content.max->integer()) - static_cast<uint64_t>(min);
  if (range >= kMaxBitmapBits) return Status::OK();
  const size_t words = BitWords(range + 1);
  TRIVET_ASSIGN_OR_RETURN(const bool reserved, Reserve(words * sizeof(uint64_t), content));
  if (!reserved) return Status::OK();
  std::vector<uint64_t> bitmap(words);
  // Rows are wider than a directory's words, and there may be more of them.
  const JoinTable& table = *runtime_.table;
  const size_t row_bytes = table.row_count() * table.layout().row_bytes();
  if (IsDirect() && range * sizeof(uint64_t) < row_bytes) {
    for (size_t word = 0; word < words; ++word) {
      const uint64_t first = word * 64;
      const uint64_t count = std::min<uint64_t>(64, range + 1 - first);
      for (uint64_t bit = 0; bit < count; ++bit) {
        bitmap[word] |= uint64_t{table.HasDirect(first + bit)} << bit;
      }
    }
  } else {
    TRIVET_RETURN_IF_ERROR(ForEachInteger(key, [&](int64_t value) {
      const uint64_t bit = static_cast<uint64_t>(value) - static_cast<uint64_t>(min);
      bitmap[bit >> 6] |= uint64_t{1} << (bit & 63);
    }));
  }
  content.bitmap = std::move(bitmap);
  return Status::OK();
}

// The keys themselves, where there are few, and their ends as the bounds.
Status JoinKeyPublisher::AddList(size_t key, DynamicFilter::Content& content) const {
  if (!content.bitmap.empty()) {
    KeyList list = ListOfBitmap(content.bitmap, *content.min);
    if (list.is_none()) return Status::OK();
    TRIVET_ASSIGN_OR_RETURN(const bool reserved,
                            Reserve(list.keys().size() * sizeof(Value), content));
    if (reserved) content.list = std::move(list);
    return Status::OK();
  }
  const RowLayout& layout = runtime_.table->layout();
  FewKeys keys(layout.types()[key]);
  bool are_few = true;
  TRIVET_RETURN_IF_ERROR(ForEachPage([&](const RowStore::Page& page) {
    are_few = ForEachVector(layout, key, page, [&](const Vector& values, size_t count) {
      uint64_t hashes[kVectorSize];
      HashVector(values, count, hashes);
      return keys.Add(values, hashes, count);
    });
    return are_few;
  }));
  if (!are_few) return Status::OK();
  KeyList list = keys.List();
  content.empty = list.is_none();
  if (content.empty) return Status::OK();
  TRIVET_ASSIGN_OR_RETURN(const bool reserved, Reserve(keys.bytes(), content));
  if (!reserved) return Status::OK();
  content.min = list.keys().front();
  content.max = list.keys().back();
  content.list = std::move(list);
  return Status::OK();
}

// Of keys that are no integers. What lies on disk is not read once more for them.
Status JoinKeyPublisher::AddBounds(size_t key, DynamicFilter::Content& content) const {
  if (runtime_.spill != nullptr) return Status::OK();
  const RowLayout& layout = runtime_.table->layout();
  const auto widen = [](std::optional<Value>& all, std::optional<Value>& part, int direction) {
    if (!all || CompareValues(*part, *all) * direction > 0) all = std::move(part);
  };
  TRIVET_RETURN_IF_ERROR(ForEachPage([&](const RowStore::Page& page) {
    return ForEachVector(layout, key, page, [&](const Vector& values, size_t count) {
      ColumnStatistics part = VectorBounds(values, count);
      widen(content.min, part.min, -1);
      widen(content.max, part.max, 1);
      return true;
    });
  }));
  for (std::optional<Value>* bound : {&content.min, &content.max}) {
    const bool is_text = *bound && (*bound)->type().physical() == PhysicalType::kString;
    if (is_text && (*bound)->string().size() > FewKeys::kLongest) bound->reset();
  }
  return Status::OK();
}

bool JoinKeyPublisher::Pays(const KeyPublication& publication, size_t rows) const {
  const std::optional<uint64_t> scanned = publication.scan->table().statistics().row_count;
  return !scanned || rows <= *scanned / kScannedRowsPerKey;
}

Status JoinKeyPublisher::AddBloom(const KeyPublication& publication,
                                  DynamicFilter::Content& content) const {
  const size_t rows = RowCount();
  const size_t bytes = BlockedBloom::BytesFor(rows);
  if (bytes == 0 || !Pays(publication, rows)) return Status::OK();
  TRIVET_ASSIGN_OR_RETURN(const bool reserved, Reserve(bytes, content));
  if (!reserved) return Status::OK();
  BlockedBloom bloom(rows);
  bool any = false;
  TRIVET_RETURN_IF_ERROR(ForEachPage([&](const RowStore::Page& page) {
    ForEachHash(runtime_.table->shape(), publication, page, [&](uint64_t hash) {
      bloom.Add(hash);
      any = true;
    });
    return true;
  }));
  content.empty = !any;
  content.bloom = std::move(bloom);
  return Status::OK();
}

Status JoinKeyPublisher::Publish(const KeyPublication& publication) const {
  auto content = std::make_shared<DynamicFilter::Content>();
  const size_t key = publication.keys.front();
  if (publication.is_integer) {
    TRIVET_RETURN_IF_ERROR(AddRange(key, *content));
    const bool pays = publication.scan->table().capabilities().dynamic_filters_spare_decoding ||
                      Pays(publication, RowCount());
    if (publication.by_row && pays && !content->empty) {
      TRIVET_RETURN_IF_ERROR(AddBitmap(key, *content));
    }
  }
  if (publication.keys.size() == 1 && !content->empty) {
    TRIVET_RETURN_IF_ERROR(AddList(key, *content));
    const bool is_known = content->empty || content->min;
    if (!is_known && Pays(publication, RowCount())) {
      TRIVET_RETURN_IF_ERROR(AddBounds(key, *content));
    }
  }
  const bool is_exact = !content->bitmap.empty() || !content->list.is_none();
  if (publication.bloom && !content->empty && !is_exact) {
    TRIVET_RETURN_IF_ERROR(AddBloom(publication, *content));
  }
  const bool says_something =
      content->empty || content->min || content->max || !content->bloom.is_none();
  if (says_something) publication.filter->Publish(std::move(content));
  return Status::OK();
}

}  // namespace trivet
