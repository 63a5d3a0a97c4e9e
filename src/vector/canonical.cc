#include "vector/canonical.h"

#include "types/interval.h"

namespace trivet {

namespace {

float Canonical(float value) { return CanonicalValue(value); }
double Canonical(double value) { return CanonicalValue(value); }
Interval Canonical(const Interval& value) { return CanonicalInterval(value); }

template <typename T>
Vector MakeCanonical(const Vector& column, size_t count) {
  Vector result = Vector::MakeFlat(column.type(), count == 0 ? 1 : count);
  CopyRows(column, nullptr, count, result, 0);
  T* values = result.mutable_data<T>();
  for (size_t i = 0; i < count; ++i) values[i] = Canonical(values[i]);
  return result;
}

}  // namespace

bool HasEqualTwins(const LogicalType& type) {
  return type.IsFloating() || type.id() == TypeId::kInterval;
}

Vector CanonicalVector(const Vector& column, size_t count) {
  switch (column.type().physical()) {
    case PhysicalType::kFloat: return MakeCanonical<float>(column, count);
    case PhysicalType::kDouble: return MakeCanonical<double>(column, count);
    case PhysicalType::kInterval: return MakeCanonical<Interval>(column, count);
    default: return column;
  }
}

}  // namespace trivet
