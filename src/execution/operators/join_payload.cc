#include "execution/operators/join_payload.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "execution/operators/join_runtime.h"

namespace trivet {

namespace {

constexpr std::string_view kConsumer = "HASH_JOIN payload";

size_t Align(size_t bytes) { return (bytes + 15) / 16 * 16; }

// All build columns that pairs or predicates over them are given.
std::set<uint64_t> ShownColumns(const JoinRuntime& runtime) {
  std::set<uint64_t> columns(runtime.build_output().begin(), runtime.build_output().end());
  const std::vector<uint64_t> compared = runtime.build_pair_columns();
  columns.insert(compared.begin(), compared.end());
  return columns;
}

}  // namespace

std::shared_ptr<JoinPayload> JoinPayload::Make(const JoinRuntime& runtime, const JoinTable& table,
                                               const EvaluationContext& context) {
  const std::set<uint64_t> columns = ShownColumns(runtime);
  if (columns.empty() || table.row_count() == 0 || !table.has_ordinals()) return nullptr;
  std::shared_ptr<JoinPayload> payload(new JoinPayload(table, context));
  for (const uint64_t column : columns) {
    payload->columns_.push_back({column, runtime.build_types()[column], nullptr});
  }
  return payload;
}

bool JoinPayload::IsReady(size_t pair_count) {
  State state = state_.load(std::memory_order_acquire);
  if (state != State::kGathering) return state == State::kReady;
  const uint64_t seen = pairs_seen_.fetch_add(pair_count, std::memory_order_relaxed) + pair_count;
  if (seen < kLeastPairsPerRow * table_.row_count()) return false;
  if (!state_.compare_exchange_strong(state, State::kMaking, std::memory_order_relaxed)) {
    return false;
  }
  const bool made = MakeVectors().ok();  // only memory can be missing, and there is another way
  state_.store(made ? State::kReady : State::kRefused, std::memory_order_release);
  return made;
}

Status JoinPayload::MakeVectors() {
  const size_t row_count = table_.row_count();
  const size_t validity_bytes = Align(BitWords(row_count) * sizeof(uint64_t));
  size_t bytes = 0;
  for (const Column& column : columns_) {
    bytes += Align(TypeSize(column.type) * row_count) + validity_bytes;
  }
  Reservation reservation(&context_.memory(), std::string(kConsumer));
  reservation.set_yields(true);
  auto memory = std::make_shared<RowMemory>(std::move(reservation));
  TRIVET_ASSIGN_OR_RETURN(uint8_t* place, memory->Allocate(bytes));

  std::vector<Vector> vectors;
  for (const Column& column : columns_) {
    vectors.push_back(Vector::Wrap(column.type, place, nullptr, memory, row_count));
    place += Align(TypeSize(column.type) * row_count);
  }
  size_t offset = 0;
  for (const RowStore& store : table_.stores()) {
    RowStore::Cursor cursor(store);
    uint8_t* rows[kVectorSize];
    while (const size_t count = cursor.Next(rows)) {
      TRIVET_ASSERT(table_.OrdinalOf(rows[0]) == offset);
      for (size_t i = 0; i < columns_.size(); ++i) {
        GatherColumn(table_.layout(), table_.shape().StoredColumn(columns_[i].column), rows, count,
                     vectors[i], offset);
      }
      offset += count;
    }
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    Vector& values = vectors[i];
    if (values.type().physical() == PhysicalType::kString) table_.OwnAll(values);
    if (values.validity() != nullptr) {  // to memory that is reserved
      auto* bits = reinterpret_cast<uint64_t*>(place);
      std::copy_n(values.validity(), BitWords(row_count), bits);
      values.SetValidity(bits, memory);
    }
    place += validity_bytes;
    columns_[i].values = std::make_shared<const Vector>(std::move(values));
    columns_[i].id = Vector::NextDictionaryId();
  }
  return Status::OK();
}

bool JoinPayload::Append(std::span<const uint64_t> columns, uint8_t* const* rows, size_t count,
                         std::vector<Vector>& out) {
  if (columns.empty() || !IsReady(count)) return false;
  auto codes = MakeIndices(std::max<size_t>(count, 1));
  for (size_t i = 0; i < count; ++i) codes[i] = table_.OrdinalOf(rows[i]);
  const Indices shared = std::move(codes);
  for (const uint64_t column : columns) {
    const auto found = std::ranges::find(columns_, column, &Column::column);
    TRIVET_ASSERT(found != columns_.end());
    out.push_back(Vector::MakeDictionary(found->values, shared, table_.row_count(), found->id));
  }
  return true;
}

void AppendBuildColumns(const JoinRuntime& runtime, std::span<const uint64_t> columns,
                        uint8_t* const* rows, size_t count, std::vector<Vector>& out) {
  if (runtime.payload != nullptr && runtime.payload->Append(columns, rows, count, out)) return;
  const JoinTable& table = *runtime.table;
  for (const uint64_t column : columns) {
    Vector values = Vector::MakeFlat(runtime.build_types()[column], std::max<size_t>(count, 1));
    GatherColumn(table.layout(), table.shape().StoredColumn(column), rows, count, values);
    if (values.type().physical() == PhysicalType::kString) table.OwnAll(values);
    out.push_back(std::move(values));
  }
}

}  // namespace trivet
