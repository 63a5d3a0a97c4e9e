#include "expression/in_set.h"

#include <bit>
#include <cstring>

#include "expression/compare_loops.h"
#include "vector/hash_vector.h"

namespace trivet {

namespace {

// Up to this many members a run over the list beats a hash.
constexpr size_t kMaxLinear = 8;

template <typename T>
T MemberAs(const Value& value) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value.floating());
  } else if constexpr (std::is_same_v<T, Interval>) {
    return value.interval();
  } else if constexpr (std::is_same_v<T, StringView>) {
    return StringView(value.string());
  } else {
    return static_cast<T>(value.integer());
  }
}

template <typename T>
class LinearSet : public InSet {
 public:
  explicit LinearSet(const std::vector<Value>& members) : values_(members) {
    // Views point into the copies that this set keeps.
    for (const Value& value : values_) members_.push_back(MemberAs<T>(value));
  }
  void Test(const Vector& values, size_t count, uint8_t* out) const override {
    const VectorView view = values.View();
    const T* data = reinterpret_cast<const T*>(view.data);
    std::memset(out, 0, count);
    for (const T& member : members_) {
      if (view.selection == nullptr) {
        for (size_t row = 0; row < count; ++row) out[row] |= Ordering<T>::Equal(data[row], member);
      } else {
        for (size_t row = 0; row < count; ++row) {
          out[row] |= Ordering<T>::Equal(data[view.selection[row]], member);
        }
      }
    }
  }

 private:
  std::vector<Value> values_;
  std::vector<T> members_;
};

// Open addressing with linear probing, at most half full.
template <typename T>
class HashedSet : public InSet {
 public:
  explicit HashedSet(const std::vector<Value>& members) : values_(members) {
    const size_t slots = std::bit_ceil(values_.size() * 2);
    slots_.resize(slots);
    used_.resize(slots);
    mask_ = slots - 1;
    for (const Value& value : values_) Insert(MemberAs<T>(value));
  }
  void Test(const Vector& values, size_t count, uint8_t* out) const override {
    const VectorView view = values.View();
    for (size_t row = 0; row < count; ++row) {
      out[row] = view.IsValid(row) && Contains(view.Get<T>(row));
    }
  }

 private:
  void Insert(const T& member) {
    size_t slot = HashOf(member) & mask_;
    while (used_[slot] && !Ordering<T>::Equal(slots_[slot], member)) slot = (slot + 1) & mask_;
    slots_[slot] = member;
    used_[slot] = 1;
  }
  bool Contains(const T& value) const {
    size_t slot = HashOf(value) & mask_;
    while (used_[slot]) {
      if (Ordering<T>::Equal(slots_[slot], value)) return true;
      slot = (slot + 1) & mask_;
    }
    return false;
  }

  std::vector<Value> values_;
  std::vector<T> slots_;
  std::vector<uint8_t> used_;
  size_t mask_ = 0;
};

class NestedSet : public InSet {
 public:
  explicit NestedSet(const std::vector<Value>& members) : members_(members) {}
  void Test(const Vector& values, size_t count, uint8_t* out) const override {
    for (size_t row = 0; row < count; ++row) {
      out[row] = 0;
      if (!values.IsValid(row)) continue;
      const Value value = values.GetValue(row);
      for (const Value& member : members_) out[row] |= value == member;
    }
  }

 private:
  std::vector<Value> members_;
};

}  // namespace

std::unique_ptr<InSet> InSet::Make(const LogicalType& type, const std::vector<Value>& members) {
  if (type.IsNested()) return std::make_unique<NestedSet>(members);
  return DispatchPhysical(type.physical(), [&]<typename T>() -> std::unique_ptr<InSet> {
    if (members.size() <= kMaxLinear) return std::make_unique<LinearSet<T>>(members);
    return std::make_unique<HashedSet<T>>(members);
  });
}

}  // namespace trivet
