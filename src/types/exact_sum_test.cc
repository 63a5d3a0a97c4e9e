#include "types/exact_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "base/testing/simd_levels.h"
#include "types/exact_statistics.h"

namespace trivet {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kDenormal = std::numeric_limits<double>::denorm_min();
constexpr double kLargest = std::numeric_limits<double>::max();

// Memory of the tests' sums.
class Heap {
 public:
  ExactSumArena arena() {
    return {this, [](void* self, size_t bytes) -> void* {
              auto& blocks = static_cast<Heap*>(self)->blocks_;
              blocks.push_back(std::make_unique<uint8_t[]>(bytes));
              return blocks.back().get();
            }};
  }
  size_t allocations() const { return blocks_.size(); }

 private:
  std::vector<std::unique_ptr<uint8_t[]>> blocks_;
};

// The oracle: a plain big integer in units of 2^-2148, kept as a vector of digits of 32 bits, with
// nothing in common with the code under test.
class BigNumber {
 public:
  void Add(double value) { AddScaled(value, 2148); }
  void AddProduct(double left, double right) {
    int left_exponent;
    int right_exponent;
    const auto a = static_cast<int64_t>(std::ldexp(std::frexp(left, &left_exponent), 53));
    const auto b = static_cast<int64_t>(std::ldexp(std::frexp(right, &right_exponent), 53));
    const bool negative = (a < 0) != (b < 0);
    const auto product =
        static_cast<uint128_t>(std::llabs(a)) * static_cast<uint64_t>(std::llabs(b));
    int shift = left_exponent + right_exponent - 106 + 2148;
    uint128_t rest = product;
    for (; shift < 0; ++shift) rest >>= 1;  // trailing zeros of denormals only
    for (int digit = 0; rest != 0; ++digit, rest >>= 32) {
      AddDigit(static_cast<uint64_t>(rest & 0xffffffff), shift + 32 * digit, negative);
    }
  }
  // this - other, rounded to double through decimal-free long arithmetic.
  double Rounded() const {
    std::vector<int64_t> digits = digits_;
    Normalise(&digits);
    bool negative = false;
    if (digits.back() < 0) {
      negative = true;
      for (int64_t& digit : digits) digit = -digit;
      Normalise(&digits);
    }
    int top = static_cast<int>(digits.size()) - 1;
    while (top >= 0 && digits[static_cast<size_t>(top)] == 0) --top;
    if (top < 0) return 0;
    // Bits from the top; 53, or fewer for denormals, then round by what is left.
    const auto bit = [&](int position) {
      return position < 0 ? 0
                          : static_cast<int>(
                                digits[static_cast<size_t>(position / 32)] >> (position % 32) & 1);
    };
    int highest = 32 * top + 31;
    while (bit(highest) == 0) --highest;
    const int lowest = std::max(highest - 52, 2148 - 1074);
    uint64_t mantissa = 0;
    for (int position = highest; position >= lowest; --position)
      mantissa = mantissa * 2 + static_cast<uint64_t>(bit(position));
    bool sticky = false;
    for (int position = lowest - 2; position >= 0 && !sticky; --position)
      sticky = bit(position) != 0;
    if (bit(lowest - 1) != 0 && (sticky || (mantissa & 1) != 0)) ++mantissa;
    const double result = std::ldexp(static_cast<double>(mantissa), lowest - 2148);
    return negative ? -result : result;
  }

 private:
  void AddScaled(double value, int scale) {
    int exponent;
    const auto mantissa = static_cast<int64_t>(std::ldexp(std::frexp(value, &exponent), 53));
    const auto magnitude = static_cast<uint64_t>(std::llabs(mantissa));
    AddDigit(magnitude & 0xffffffff, exponent - 53 + scale, mantissa < 0);
    AddDigit(magnitude >> 32, exponent - 53 + scale + 32, mantissa < 0);
  }
  void AddDigit(uint64_t value, int shift, bool negative) {
    const auto index = static_cast<size_t>(shift / 32);
    const uint64_t shifted = value << (shift % 32);
    digits_[index] += (negative ? -1 : 1) * static_cast<int64_t>(shifted & 0xffffffff);
    digits_[index + 1] += (negative ? -1 : 1) * static_cast<int64_t>(shifted >> 32);
  }
  static void Normalise(std::vector<int64_t>* digits) {
    for (size_t i = 0; i + 1 < digits->size(); ++i) {
      const int64_t carry = (*digits)[i] >> 32;
      (*digits)[i] -= carry * (int64_t{1} << 32);
      (*digits)[i + 1] += carry;
    }
  }
  std::vector<int64_t> digits_ = std::vector<int64_t>(140);
};

// Columns of very different character.
std::vector<double> Column(int kind, size_t count, std::mt19937_64& random) {
  std::vector<double> values(count);
  std::uniform_real_distribution<double> unit(0, 1);
  for (double& value : values) {
    switch (kind) {
      case 0: value = std::round(unit(random) * 1e7) / 100; break;  // prices
      case 1: value = unit(random) - 0.5; break;
      case 2:
        value = std::ldexp(unit(random) - 0.5, static_cast<int>(random() % 2000) - 1000);
        break;
      case 3:
        value = std::bit_cast<double>(random() & ~(uint64_t{1} << 62));
        break;  // half the range, denormals
      case 4: value = static_cast<double>(random() % 7) * kDenormal; break;
      case 5: value = random() % 100 == 0 ? 1e300 * (unit(random) - 0.5) : unit(random); break;
      case 6: value = random() % 2 == 0 ? 0.0 : -0.0; break;
      default: value = (random() % 2 == 0 ? 1 : -1) * kLargest * unit(random); break;
    }
  }
  // Half of the columns cancel but for a few values, so that no rounding hides what is small.
  if (random() % 2 == 0) {
    for (size_t i = 3; i < count / 2; ++i) values[count - 1 - i] = -values[i];
  }
  return values;
}
constexpr int kKinds = 8;

bool SameBits(double left, double right) {
  return std::bit_cast<uint64_t>(left) == std::bit_cast<uint64_t>(right);
}

// Sums of blocks are kernels.
class ExactBlockSumTest : public trivet::testing::EverySimdLevel {};
TRIVET_AT_EVERY_SIMD_LEVEL(ExactBlockSumTest);

TEST_P(ExactBlockSumTest, EqualsTheBigIntegerSumRoundedOnce) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 400; ++round) {
    Heap heap;
    const std::vector<double> values = Column(round % kKinds, random() % 3000 + 1, random);
    BigNumber oracle;
    ExactSum one_by_one;
    for (const double value : values) {
      oracle.Add(value);
      one_by_one.Add(value, heap.arena());
    }
    ExactSum blocks;
    blocks.AddBlock(values.data(), values.size(), heap.arena());
    ASSERT_TRUE(SameBits(one_by_one.Rounded(), oracle.Rounded())) << "kind " << round % kKinds;
    ASSERT_TRUE(SameBits(blocks.Rounded(), oracle.Rounded())) << "kind " << round % kKinds;
  }
}

TEST_P(ExactBlockSumTest, OrderAndPartitioningDoNotMatter) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 200; ++round) {
    Heap heap;
    std::vector<double> values = Column(round % kKinds, 2000, random);
    ExactSum expected;
    expected.AddBlock(values.data(), values.size(), heap.arena());
    std::shuffle(values.begin(), values.end(), random);
    // Cut into random parts, some added one by one, some as blocks, some carried through bytes.
    std::vector<ExactSum> parts(1 + random() % 5);
    size_t start = 0;
    while (start < values.size()) {
      const size_t size = std::min<size_t>(values.size() - start, random() % 700 + 1);
      ExactSum& part = parts[random() % parts.size()];
      if (random() % 2 == 0) {
        part.AddBlock(values.data() + start, size, heap.arena());
      } else {
        for (size_t i = 0; i < size; ++i) part.Add(values[start + i], heap.arena());
      }
      start += size;
    }
    ExactSum total;
    for (const ExactSum& part : parts) {
      std::string bytes;
      part.Serialize(&bytes);
      std::string_view rest = bytes;
      ExactSum back;
      ASSERT_TRUE(ExactSum::Deserialize(&rest, heap.arena(), &back));
      ASSERT_TRUE(rest.empty());
      total.Merge(back, heap.arena());
    }
    ASSERT_TRUE(SameBits(total.Rounded(), expected.Rounded())) << "kind " << round % kKinds;
    ASSERT_TRUE(SameBits(total.RoundedMean(2000), expected.RoundedMean(2000)));
  }
}

TEST(ExactSumTest, OrdinaryColumnsNeedNoMemoryAside) {
  std::mt19937_64 random(3);
  Heap heap;
  ExactSum sum;
  for (int i = 0; i < 100; ++i) {
    const std::vector<double> prices = Column(0, 2048, random);
    for (const double price : prices) sum.Add(price, heap.arena());
  }
  EXPECT_EQ(heap.allocations(), 0U);
}

TEST_P(ExactBlockSumTest, SpecialValuesFollowTheirRules) {
  const auto sum_of = [](std::vector<double> values) {
    Heap heap;
    ExactSum sum;
    for (const double value : values) sum.Add(value, heap.arena());
    ExactSum block;
    values.resize(64);  // zeros, so that the block path is taken
    block.AddBlock(values.data(), values.size(), heap.arena());
    EXPECT_TRUE(SameBits(sum.Rounded(), block.Rounded()) ||
                (std::isnan(sum.Rounded()) && std::isnan(block.Rounded())));
    return sum.Rounded();
  };
  EXPECT_TRUE(std::isnan(sum_of({1, kNaN, kInfinity})));
  EXPECT_TRUE(std::isnan(sum_of({kInfinity, 1, -kInfinity})));
  EXPECT_EQ(sum_of({kInfinity, 1, -kLargest}), kInfinity);
  EXPECT_EQ(sum_of({-kInfinity, -kInfinity}), -kInfinity);
  EXPECT_TRUE(SameBits(sum_of({-0.0, -0.0}), 0.0));
  EXPECT_TRUE(SameBits(sum_of({1, -1}), 0.0));
  EXPECT_EQ(sum_of({kDenormal, kDenormal}), 2 * kDenormal);
  EXPECT_EQ(sum_of({1e16, 1, -1e16}), 1);
  EXPECT_EQ(sum_of({kLargest, kLargest, -kLargest}), kLargest);  // overflow only at the end
  EXPECT_EQ(sum_of({kLargest, kLargest}), kInfinity);
  EXPECT_EQ(sum_of({kLargest, std::ldexp(1.0, 970)}), kInfinity);  // half a unit in the last place
  EXPECT_EQ(sum_of({kLargest, std::ldexp(1.0, 969)}), kLargest);
  EXPECT_EQ(sum_of({1, std::ldexp(1.0, -53)}), 1);  // a tie goes to even
  EXPECT_EQ(sum_of({1, std::ldexp(1.0, -53), kDenormal}), 1 + std::ldexp(1.0, -52));
  EXPECT_FALSE(ExactSum().HasValue());
}

TEST_P(ExactBlockSumTest, RowsAreChosenBySelectionAndValidity) {
  std::mt19937_64 random(5);
  Heap heap;
  const std::vector<double> values = Column(1, 5000, random);
  std::vector<uint64_t> validity(5000 / 64 + 1);
  for (uint64_t& word : validity) word = random();
  std::vector<uint32_t> selection(7000);
  for (uint32_t& index : selection) index = static_cast<uint32_t>(random() % values.size());
  for (const uint32_t* chosen :
       {static_cast<const uint32_t*>(nullptr), static_cast<const uint32_t*>(selection.data())}) {
    const size_t count = chosen != nullptr ? selection.size() : values.size();
    ExactSum expected;
    size_t valid = 0;
    for (size_t row = 0; row < count; ++row) {
      const size_t index = chosen != nullptr ? chosen[row] : row;
      if ((validity[index / 64] >> (index % 64) & 1) == 0) continue;
      expected.Add(values[index], heap.arena());
      ++valid;
    }
    ExactSum sum;
    EXPECT_EQ(sum.AddRows(values.data(), chosen, validity.data(), count, heap.arena()), valid);
    EXPECT_TRUE(SameBits(sum.Rounded(), expected.Rounded()));
  }
  ExactSum all;
  EXPECT_EQ(all.AddRows(values.data(), nullptr, nullptr, values.size(), heap.arena()),
            values.size());
  ExactSum block;
  block.AddBlock(values.data(), values.size(), heap.arena());
  EXPECT_TRUE(SameBits(all.Rounded(), block.Rounded()));
}

TEST(ExactSumTest, WindowOverflowLosesNothing) {
  Heap heap;
  ExactSum sum;
  // The first value puts the window low, the next ones are at its upper end and overflow it soon.
  sum.Add(1, heap.arena());
  const double large = std::ldexp(1.0, 31);
  for (int i = 0; i < 100000; ++i) sum.Add(large * 1.75, heap.arena());
  EXPECT_EQ(sum.Rounded(), 100000 * (large * 1.75) + 1);
}

TEST(ExactSumTest, MeansAreRoundedOnce) {
  Heap heap;
  ExactSum tenths;
  for (int i = 0; i < 10; ++i) tenths.Add(0.1, heap.arena());
  EXPECT_EQ(tenths.RoundedMean(10), 0.1);
  ExactSum ones;
  ones.Add(1, heap.arena());
  EXPECT_EQ(ones.RoundedMean(3), 1.0 / 3);
  EXPECT_EQ(ones.RoundedMean(10), 0.1);
  ExactSum large;
  for (int i = 0; i < 3; ++i) large.Add(kLargest, heap.arena());
  EXPECT_EQ(large.RoundedMean(3), kLargest);
  ExactSum small;
  small.Add(kDenormal, heap.arena());
  EXPECT_EQ(small.RoundedMean(2), 0.0);  // half of the smallest is a tie, and zero is even
  small.Add(kDenormal, heap.arena());
  EXPECT_EQ(small.RoundedMean(3), kDenormal);
}

TEST(ExactSumTest, ExhaustedMemoryIsNeverAWrongNumber) {
  const ExactSumArena empty{nullptr, [](void*, size_t) -> void* { return nullptr; }};
  ExactSum sum;
  sum.Add(1, empty);
  sum.Add(1e300, empty);
  EXPECT_TRUE(std::isnan(sum.Rounded()));
}

TEST(ExactSumTest, BrokenBytesAreRefused) {
  Heap heap;
  ExactSum sum;
  sum.Add(1, heap.arena());
  sum.Add(1e300, heap.arena());
  std::string bytes;
  sum.Serialize(&bytes);
  for (size_t size = 0; size < bytes.size(); ++size) {
    std::string_view cut(bytes.data(), size);
    ExactSum back;
    EXPECT_FALSE(ExactSum::Deserialize(&cut, heap.arena(), &back)) << size;
  }
  bytes[17] = '\x7f';  // a scale beyond every exponent
  std::string_view broken = bytes;
  ExactSum back;
  EXPECT_FALSE(ExactSum::Deserialize(&broken, heap.arena(), &back));
}

TEST(ExactProductSumTest, EqualsTheBigIntegerSumRoundedOnce) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 300; ++round) {
    Heap heap;
    const size_t count = random() % 500 + 1;
    const std::vector<double> left = Column(round % (kKinds - 1), count, random);
    const std::vector<double> right =
        Column(static_cast<int>(random() % (kKinds - 1)), count, random);
    BigNumber oracle;
    ExactProductSum whole;
    ExactProductSum parts[3];
    for (size_t i = 0; i < count; ++i) {
      if (left[i] != 0 && right[i] != 0) oracle.AddProduct(left[i], right[i]);
      whole.Add(left[i], right[i], heap.arena());
      parts[random() % 3].Add(left[i], right[i], heap.arena());
    }
    ExactProductSum merged;
    for (const ExactProductSum& part : parts) {
      std::string bytes;
      part.Serialize(&bytes);
      std::string_view rest = bytes;
      ExactProductSum back;
      ASSERT_TRUE(ExactProductSum::Deserialize(&rest, heap.arena(), &back) && rest.empty());
      merged.Merge(back, heap.arena());
    }
    ASSERT_TRUE(SameBits(whole.Exact().Rounded(), oracle.Rounded())) << round % kKinds;
    ASSERT_TRUE(SameBits(merged.Exact().Rounded(), oracle.Rounded())) << round % kKinds;
  }
}

TEST(ExactProductSumTest, NegativeProductsBorrowThroughZeroLimbs) {
  Heap heap;
  ExactProductSum sum;
  sum.Add(1, 1, heap.arena());
  const double large = std::ldexp(1.0, 32);
  sum.Add(-large, large, heap.arena());
  EXPECT_EQ(sum.Exact().Rounded(), -std::ldexp(1.0, 64));
  sum.Add(large, large, heap.arena());
  EXPECT_EQ(sum.Exact().Rounded(), 1);
  EXPECT_EQ(heap.allocations(), 0U);
}

TEST(ScaledIntegerTest, RemaindersOfBothDivisionsBreakTies) {
  const uint64_t tie[] = {(uint64_t{1} << 53) + 1, 0};
  const uint64_t one[] = {1, 0};
  const auto product = [&tie](uint64_t left, uint64_t right) {
    ScaledInteger value = ScaledInteger::FromTwosComplement(tie, 2, 0);
    value.MultiplyBy(left);
    value.MultiplyBy(right);
    return value;
  };
  const double even = std::ldexp(1.0, 53);
  EXPECT_EQ(product(3, 5).RoundedQuotient(3, 5), even);
  // A little more than the tie, which only the first or only the second remainder shows.
  const ScaledInteger crumb = ScaledInteger::FromTwosComplement(one, 2, -150);
  EXPECT_EQ((product(3, 1) + crumb).RoundedQuotient(3, 1), even + 2);
  EXPECT_EQ((product(1, 5) + crumb).RoundedQuotient(1, 5), even + 2);
  EXPECT_EQ((product(3, 5) - crumb).RoundedQuotient(3, 5), even);
}

// count, values as hexadecimal floats, then sum, mean, population and sample variance as exact
// rationals rounded once; from test/differential/sum_vectors.py.
struct SumVector {
  std::vector<double> values;
  double sum;
  double mean;
  double population_variance;
  double sample_variance;
};
const SumVector kSumVectors[] = {
#include "types/testdata/exact_sums.inc"
};

TEST(ExactStatisticsTest, MomentsAreExactRationalsRoundedOnce) {
  for (const SumVector& vector : kSumVectors) {
    Heap heap;
    ExactSum sum;
    ExactProductSum squares;
    for (const double value : vector.values) {
      sum.Add(value, heap.arena());
      squares.AddSquare(value, heap.arena());
    }
    const uint64_t count = vector.values.size();
    ASSERT_TRUE(SameBits(sum.Rounded(), vector.sum));
    ASSERT_TRUE(SameBits(sum.RoundedMean(count), vector.mean));
    ASSERT_TRUE(SameBits(PopulationVariance(sum, squares, count), vector.population_variance));
    if (count > 1) {
      ASSERT_TRUE(SameBits(SampleVariance(sum, squares, count), vector.sample_variance));
    }
    ASSERT_TRUE(
        SameBits(PopulationCovariance(sum, sum, squares, count), vector.population_variance));
  }
}

TEST(ExactStatisticsTest, EqualValuesHaveNoVariance) {
  Heap heap;
  ExactSum sum;
  ExactProductSum squares;
  for (int i = 0; i < 1000; ++i) {
    sum.Add(0.1, heap.arena());
    squares.AddSquare(0.1, heap.arena());
  }
  EXPECT_TRUE(SameBits(SampleVariance(sum, squares, 1000), 0.0));
  sum.Add(kInfinity, heap.arena());
  squares.AddSquare(kInfinity, heap.arena());
  EXPECT_TRUE(std::isnan(SampleVariance(sum, squares, 1001)));
}

}  // namespace
}  // namespace trivet
