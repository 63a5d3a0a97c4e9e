#include "expression/kernel.h"

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

Result<char*> AllocateReserved(const KernelCall& call, Vector& result, size_t bytes) {
  constexpr size_t kMaxStringBytes = 0xFFFFFFFF;  // what the length of a view can tell
  constexpr size_t kSmallBytes = size_t{64} << 10;
  if (bytes > kMaxStringBytes) {
    return Status::InvalidInput("a string cannot be longer than 4 GiB");
  }
  if (bytes <= kSmallBytes) return result.AllocateString(bytes);
  TRIVET_ASSIGN_OR_RETURN(Reservation reservation,
                          call.context.memory().TryReserve(bytes, "string function"));
  auto buffer = std::make_shared<Buffer>(bytes, std::move(reservation));
  char* memory = reinterpret_cast<char*>(buffer->data());
  result.AddOwner(std::move(buffer));
  return memory;
}

}  // namespace trivet
