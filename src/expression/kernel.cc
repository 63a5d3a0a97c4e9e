#include "expression/kernel.h"

#include <algorithm>

namespace trivet {

bool PropagateNulls(const KernelCall& call, Vector& result) {
  uint64_t* out = nullptr;
  const size_t words = BitWords(call.count);
  for (const Vector& argument : call.arguments) {
    const VectorView view = argument.View();
    if (view.validity == nullptr) continue;
    if (argument.is_constant() && BitIsSet(view.validity, 0)) continue;
    if (out == nullptr) out = result.MutableValidity();
    if (view.selection == nullptr) {
      for (size_t word = 0; word < words; ++word) out[word] &= view.validity[word];
    } else {
      for (size_t row = 0; row < call.count; ++row) {
        const uint64_t valid = BitIsSet(view.validity, view.selection[row]);
        out[row >> 6] &= ~((valid ^ 1) << (row & 63));
      }
    }
  }
  return out != nullptr;
}

bool HasTexts(const KernelCall& call) {
  const auto is_text = [](const LogicalType& type) {
    return type.physical() == PhysicalType::kString;
  };
  return is_text(call.result_type) ||
         std::ranges::any_of(call.arguments,
                             [&](const Vector& argument) { return is_text(argument.type()); });
}

Status CheckCall(const KernelCall& call, const Vector& result) {
  TRIVET_RETURN_IF_ERROR(call.context.cancellation().Check());
  if (!call.errors.abandoned().ok()) return call.errors.abandoned();
  return result.string_status();
}

Result<char*> AllocateReserved(Vector& result, size_t bytes) {
  if (bytes > StringHeap::kMaxStringBytes) {
    return Status::InvalidInput("a string cannot be longer than 4 GiB");
  }
  char* memory = result.AllocateString(bytes);
  if (memory == nullptr) return result.string_status();
  return memory;
}

}  // namespace trivet
