// How much two texts differ, byte by byte.
#include <algorithm>
#include <array>
#include <numeric>

#include "expression/functions/register.h"
#include "expression/functions/signature.h"
#include "expression/kernel.h"
#include "expression/text_scratch.h"

namespace trivet {

namespace {

// Tables of the dynamic programs, reused between rows of a batch and paid for where they are large.
// Time grows with the product of two lengths, so that cancellation is looked after within a row;
// what is answered then, nobody sees.
struct Scratch {
  explicit Scratch(const KernelCall& call)
      : payment(call), cancellation(call.context.cancellation()) {}
  bool IsCancelled() const { return cancellation.IsCancelled(); }

  TextScratch payment;
  const CancellationToken& cancellation;
  std::vector<int64_t> cells;
  std::vector<uint8_t> left_matched;
  std::vector<uint8_t> right_matched;
};

int64_t Levenshtein(std::string_view a, std::string_view b, Scratch& scratch) {
  std::vector<int64_t>& row = scratch.cells;
  if (!scratch.payment.PayTable(1, b.size() + 1, sizeof(int64_t))) return 0;
  row.resize(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size() && !scratch.IsCancelled(); ++i) {
    int64_t diagonal = row[0];
    row[0] = static_cast<int64_t>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const int64_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

// With swaps of neighbours between which other edits may lie (Lowrance & Wagner, JACM 1975).
int64_t DamerauLevenshtein(std::string_view a, std::string_view b, Scratch& scratch) {
  const size_t width = b.size() + 2;
  std::vector<int64_t>& cells = scratch.cells;
  if (!scratch.payment.PayTable(a.size() + 2, width, sizeof(int64_t))) return 0;
  cells.assign((a.size() + 2) * width, 0);
  const auto cell = [&](size_t i, size_t j) -> int64_t& { return cells[i * width + j]; };
  const int64_t far = static_cast<int64_t>(a.size() + b.size());
  cell(0, 0) = far;
  for (size_t i = 0; i <= a.size(); ++i) {
    cell(i + 1, 0) = far;
    cell(i + 1, 1) = static_cast<int64_t>(i);
  }
  for (size_t j = 0; j <= b.size(); ++j) {
    cell(0, j + 1) = far;
    cell(1, j + 1) = static_cast<int64_t>(j);
  }
  std::array<size_t, 256> last_row{};  // where a byte of b last stood in a
  for (size_t i = 1; i <= a.size() && !scratch.IsCancelled(); ++i) {
    size_t last_column = 0;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t swap_row = last_row[static_cast<uint8_t>(b[j - 1])];
      const size_t swap_column = last_column;
      const bool same = a[i - 1] == b[j - 1];
      if (same) last_column = j;
      const int64_t swapped =
          cell(swap_row, swap_column) + static_cast<int64_t>(i - swap_row + j - swap_column) - 1;
      cell(i + 1, j + 1) =
          std::min({cell(i, j) + !same, cell(i + 1, j) + 1, cell(i, j + 1) + 1, swapped});
    }
    last_row[static_cast<uint8_t>(a[i - 1])] = i;
  }
  return cell(a.size() + 1, b.size() + 1);
}

double Jaro(std::string_view a, std::string_view b, Scratch& scratch) {
  if (a.empty() || b.empty()) return 0;
  const size_t longer = std::max(a.size(), b.size());
  const size_t window = longer / 2 > 0 ? longer / 2 - 1 : 0;
  if (!scratch.payment.Pay(a.size() + b.size())) return 0;
  scratch.left_matched.assign(a.size(), 0);
  scratch.right_matched.assign(b.size(), 0);
  size_t matches = 0;
  for (size_t i = 0; i < a.size() && !scratch.IsCancelled(); ++i) {
    const size_t begin = i > window ? i - window : 0;
    const size_t end = std::min(b.size(), i + window + 1);
    for (size_t j = begin; j < end; ++j) {
      if (scratch.right_matched[j] || a[i] != b[j]) continue;
      scratch.left_matched[i] = scratch.right_matched[j] = 1;
      ++matches;
      break;
    }
  }
  if (matches == 0) return 0;
  size_t out_of_order = 0;
  for (size_t i = 0, j = 0; i < a.size(); ++i) {
    if (!scratch.left_matched[i]) continue;
    while (!scratch.right_matched[j]) ++j;
    out_of_order += a[i] != b[j++];
  }
  const size_t transpositions = out_of_order / 2;
  const double m = static_cast<double>(matches);
  return (m / static_cast<double>(a.size()) + m / static_cast<double>(b.size()) +
          (m - static_cast<double>(transpositions)) / m) /
         3.0;
}

double JaroWinkler(std::string_view a, std::string_view b, Scratch& scratch) {
  constexpr double kBoostThreshold = 0.7;
  constexpr double kPrefixWeight = 0.1;
  constexpr size_t kMaxPrefix = 4;
  const double similarity = Jaro(a, b, scratch);
  if (similarity <= kBoostThreshold) return similarity;
  size_t prefix = 0;
  const size_t limit = std::min({a.size(), b.size(), kMaxPrefix});
  while (prefix < limit && a[prefix] == b[prefix]) ++prefix;
  return similarity + static_cast<double>(prefix) * kPrefixWeight * (1.0 - similarity);
}

template <typename Out, auto distance>
void Distance(const KernelCall& call, Vector& result) {
  const Argument<StringView> left(call, 0);
  const Argument<StringView> right(call, 1);
  auto* out = result.mutable_data<Out>();
  Scratch scratch(call);
  ForEachRow(call, result, [&](size_t row) {
    out[row] = distance(left[row].view(), right[row].view(), scratch);
  });
}

// Similarities below the third argument count as 0.
template <auto similarity>
void SimilarityWithCutoff(const KernelCall& call, Vector& result) {
  const Argument<StringView> left(call, 0);
  const Argument<StringView> right(call, 1);
  const Argument<double> cutoffs(call, 2);
  auto* out = result.mutable_data<double>();
  Scratch scratch(call);
  ForEachRow(call, result, [&](size_t row) {
    const double value = similarity(left[row].view(), right[row].view(), scratch);
    out[row] = value >= cutoffs[row] ? value : 0;
  });
}

void Hamming(const KernelCall& call, Vector& result) {
  const Argument<StringView> left(call, 0);
  const Argument<StringView> right(call, 1);
  auto* out = result.mutable_data<int64_t>();
  ForEachRow(call, result, [&](size_t row) {
    const std::string_view a = left[row].view();
    const std::string_view b = right[row].view();
    if (a.size() != b.size() || a.empty()) {
      return Fail(call, result, row,
                  Status::InvalidInput(a.size() != b.size()
                                           ? "Mismatch Function: Strings must be of equal length!"
                                           : "Mismatch Function: Strings must be of length > 0!"));
    }
    out[row] = 0;
    for (size_t i = 0; i < a.size(); ++i) out[row] += a[i] != b[i];
  });
}

std::array<bool, 256> BytesIn(std::string_view text) {
  std::array<bool, 256> present{};
  for (const char c : text) present[static_cast<uint8_t>(c)] = true;
  return present;
}

// Common bytes among all bytes that either text holds.
void Jaccard(const KernelCall& call, Vector& result) {
  const Argument<StringView> left(call, 0);
  const Argument<StringView> right(call, 1);
  auto* out = result.mutable_data<double>();
  ForEachRow(call, result, [&](size_t row) {
    if (left[row].size() == 0 || right[row].size() == 0) {
      return Fail(call, result, row,
                  Status::InvalidInput("Jaccard Function: An argument too short!"));
    }
    const auto a = BytesIn(left[row].view());
    const auto b = BytesIn(right[row].view());
    double common = 0;
    double all = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      common += a[i] && b[i];
      all += a[i] || b[i];
    }
    out[row] = common / all;
  });
}

}  // namespace

void RegisterStringDistance(FunctionRegistry& registry) {
  const TypeId text = TypeId::kVarchar, number = TypeId::kInt64, real = TypeId::kDouble;
  registry.AddScalar(Signature("levenshtein", {text, text}, number, Distance<int64_t, Levenshtein>,
                               "Insertions, deletions and replacements between two texts"));
  registry.AddAlias("editdist3", "levenshtein");
  registry.AddScalar(Signature("damerau_levenshtein", {text, text}, number,
                               Distance<int64_t, DamerauLevenshtein>,
                               "As levenshtein, with swaps of neighbours as one edit"));
  registry.AddScalar(FailingSignature("hamming", {text, text}, number, Hamming,
                                      "Places at which texts of equal length differ"));
  registry.AddAlias("mismatches", "hamming");
  registry.AddScalar(FailingSignature("jaccard", {text, text}, real, Jaccard,
                                      "Similarity of the sets of bytes, 0 to 1"));
  registry.AddScalar(Signature("jaro_similarity", {text, text}, real, Distance<double, Jaro>,
                               "Jaro similarity, 0 to 1"));
  registry.AddScalar(Signature("jaro_similarity", {text, text, real}, real,
                               SimilarityWithCutoff<Jaro>, "Jaro similarity from a least one up"));
  registry.AddScalar(Signature("jaro_winkler_similarity", {text, text}, real,
                               Distance<double, JaroWinkler>, "Jaro-Winkler similarity, 0 to 1"));
  registry.AddScalar(Signature("jaro_winkler_similarity", {text, text, real}, real,
                               SimilarityWithCutoff<JaroWinkler>,
                               "Jaro-Winkler similarity from a least one up"));
}

}  // namespace trivet
