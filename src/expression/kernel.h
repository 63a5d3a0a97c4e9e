#pragma once

#include <cstddef>
#include <type_traits>

#include "expression/function.h"

namespace trivet {

// Loops for the authors of functions. Three shapes:
//   UnaryKernel, BinaryKernel          the operation is total and cheap: it runs on every row, NULL
//   rows
//                                      included, in loops that the compiler can vectorise;
//   TryUnaryKernel, TryBinaryKernel    the same for an operation that may fail on a row: a first
//   loop
//                                      only gathers whether any row failed, a second one finds
//                                      which;
//   ForEachRow                         anything else: runs on the valid rows only.
// All give NULL for rows with a NULL argument.

// One argument, read by row whatever its encoding.
template <typename T>
class Argument {
 public:
  explicit Argument(const Vector& vector)
      : data_(reinterpret_cast<const T*>(vector.View().data)),
        selection_(vector.View().selection) {}
  Argument(const KernelCall& call, size_t i) : Argument(call.arguments[i]) {}
  const T& operator[](size_t row) const { return data_[selection_ ? selection_[row] : row]; }
  const T* data() const { return data_; }
  const uint32_t* selection() const { return selection_; }

 private:
  const T* data_;
  const uint32_t* selection_;
};

// Makes the result NULL where an argument is. False where no row is NULL.
bool PropagateNulls(const KernelCall& call, Vector& result);

// Whether the rest of a call is wanted no more: the query was cancelled, or what the kernel asked
// for was refused. A kernel may then return with rows missing; its evaluator asks the same
// (CheckCall) and returns the error. Kernels whose rows may take milliseconds ask every few rows.
class Abandonment {
 public:
  Abandonment(const KernelCall& call, const Vector& result)
      : cancellation_(call.context.cancellation()), errors_(call.errors), result_(result) {}
  explicit operator bool() const {
    return cancellation_.IsCancelled() || result_.has_lost_strings() || !errors_.abandoned().ok();
  }

 private:
  const CancellationToken& cancellation_;
  const LaneErrors& errors_;
  const Vector& result_;
};

// Rows between two questions: texts may be megabytes long, anything else takes nanoseconds.
inline constexpr size_t kTextRows = 16;
inline constexpr size_t kOtherRows = 64;
bool HasTexts(const KernelCall& call);

// The error that makes a result worthless, where there is one.
Status CheckCall(const KernelCall& call, const Vector& result);

// Calls body(row) for rows without NULL arguments, after PropagateNulls, until the call is
// abandoned.
template <typename Body>
void ForEachRow(const KernelCall& call, Vector& result, const Body& body) {
  const bool has_nulls = PropagateNulls(call, result);
  const Abandonment abandoned(call, result);
  const size_t step = HasTexts(call) ? kTextRows : kOtherRows;
  for (size_t begin = 0; begin < call.count && !abandoned; begin += step) {
    const size_t end = begin + step < call.count ? begin + step : call.count;
    if (!has_nulls) {
      for (size_t row = begin; row < end; ++row) body(row);
      continue;
    }
    // Body may replace the validity by setting NULLs of its own, so it is read anew every time.
    // Steps divide 64, so that these rows share a word.
    uint64_t bits = result.validity()[begin / 64] >> (begin % 64);
    if (end - begin < 64) bits &= (uint64_t{1} << (end - begin)) - 1;
    for (; bits != 0; bits &= bits - 1) body(begin + __builtin_ctzll(bits));
  }
}

// Records the error of a row and makes it NULL.
inline void Fail(const KernelCall& call, Vector& result, size_t row, Status status) {
  call.errors.Add(row, std::move(status));
  result.SetNull(row);
}

// Room for a string of `bytes` that the result keeps, where the kernel knows its size beforehand.
// An error of the row where it is longer than any string may be, or of the query where its memory
// is refused.
Result<char*> AllocateReserved(Vector& result, size_t bytes);

template <typename In, typename Out, typename Op>
void UnaryKernel(const KernelCall& call, Vector& result, const Op& op) {
  PropagateNulls(call, result);
  const Argument<In> in(call, 0);
  Out* out = result.mutable_data<Out>();
  const size_t count = call.count;
  if constexpr (std::is_same_v<In, StringView>) {
    const Abandonment abandoned(call, result);
    for (size_t begin = 0; begin < count && !abandoned; begin += kTextRows) {
      const size_t end = begin + kTextRows < count ? begin + kTextRows : count;
      for (size_t row = begin; row < end; ++row) out[row] = op(in[row]);
    }
  } else if (in.selection() == nullptr) {
    const In* data = in.data();
    for (size_t row = 0; row < count; ++row) out[row] = op(data[row]);
  } else {
    for (size_t row = 0; row < count; ++row) out[row] = op(in.data()[in.selection()[row]]);
  }
}

// Op is bool(In, Out&): false where the row fails; error is Status(In).
template <typename In, typename Out, typename Op, typename Error>
void TryUnaryKernel(const KernelCall& call, Vector& result, const Op& op, const Error& error) {
  bool all_good = true;
  UnaryKernel<In, Out>(call, result, [&](const In& in) {
    Out out{};
    all_good &= op(in, out);
    return out;
  });
  if (all_good) return;
  const Argument<In> in(call, 0);
  ForEachRow(call, result, [&](size_t row) {
    Out out{};
    if (!op(in[row], out)) Fail(call, result, row, error(in[row]));
  });
}

template <typename Left, typename Right, typename Out, typename Op>
void BinaryKernel(const KernelCall& call, Vector& result, const Op& op) {
  PropagateNulls(call, result);
  const Argument<Left> left(call, 0);
  const Argument<Right> right(call, 1);
  Out* out = result.mutable_data<Out>();
  const size_t count = call.count;
  const bool left_constant = call.arguments[0].is_constant();
  const bool right_constant = call.arguments[1].is_constant();
  if (left.selection() == nullptr && right.selection() == nullptr) {
    const Left* a = left.data();
    const Right* b = right.data();
    for (size_t row = 0; row < count; ++row) out[row] = op(a[row], b[row]);
  } else if (left.selection() == nullptr && right_constant) {
    const Left* a = left.data();
    const Right b = right.data()[0];
    for (size_t row = 0; row < count; ++row) out[row] = op(a[row], b);
  } else if (left_constant && right.selection() == nullptr) {
    const Left a = left.data()[0];
    const Right* b = right.data();
    for (size_t row = 0; row < count; ++row) out[row] = op(a, b[row]);
  } else {
    for (size_t row = 0; row < count; ++row) out[row] = op(left[row], right[row]);
  }
}

// Op is bool(Left, Right, Out&): false where the row fails; error is Status(Left, Right).
template <typename Left, typename Right, typename Out, typename Op, typename Error>
void TryBinaryKernel(const KernelCall& call, Vector& result, const Op& op, const Error& error) {
  bool all_good = true;
  BinaryKernel<Left, Right, Out>(call, result, [&](const Left& a, const Right& b) {
    Out out{};
    all_good &= op(a, b, out);
    return out;
  });
  if (all_good) return;
  const Argument<Left> left(call, 0);
  const Argument<Right> right(call, 1);
  ForEachRow(call, result, [&](size_t row) {
    Out out{};
    if (!op(left[row], right[row], out)) Fail(call, result, row, error(left[row], right[row]));
  });
}

}  // namespace trivet
