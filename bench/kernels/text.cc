// Texts: searching for a piece, comparing prefixes.
#include <random>
#include <string>
#include <vector>

#include "expression/compare.h"
#include "expression/functions/like_pattern.h"
#include "report.h"

namespace trivet::bench {

namespace {

constexpr size_t kCount = size_t{1} << 18;

struct Texts {
  explicit Texts(size_t words) {
    static const char* const kWords[] = {"furiously", "carefully", "deposits", "requests",
                                         "packages",  "accounts",  "ideas",    "pending",
                                         "regular",   "express",   "bold",     "final",
                                         "ironic",    "even",      "silent",   "above"};
    std::mt19937_64 random(1);
    for (size_t i = 0; i < kCount; ++i) {
      std::string text;
      for (size_t word = 0; word < words; ++word) {
        if (word > 0) text += ' ';
        text += random() % 200 == 0 ? "special" : kWords[random() % std::size(kWords)];
      }
      texts.push_back(std::move(text));
    }
    for (const std::string& text : texts) views.emplace_back(text.data(), text.size());
    for (size_t at = 0; at < kCount; at += kVectorSize) {
      vectors.push_back(
          Vector::Wrap(TypeId::kVarchar, views.data() + at, nullptr, nullptr, kVectorSize));
    }
  }
  std::vector<std::string> texts;
  std::vector<StringView> views;
  std::vector<Vector> vectors;
};

void MeasureContains(Report& report, const std::string& name, size_t words,
                     const std::string& piece) {
  if (!report.Wants("LIKE", name)) return;
  const Texts texts(words);
  const LikePattern pattern = Must(LikePattern::Compile("%" + piece + "%", std::nullopt));
  report.Compare(
      "LIKE", name, "text", kCount,
      [&](bool) {
        uint64_t found = 0;
        for (const StringView& view : texts.views) {
          found += view.view().find(piece) != std::string_view::npos;
        }
        return found;
      },
      [&](bool) {
        uint64_t found = 0;
        for (const StringView& view : texts.views) found += pattern.Matches(view.view());
        return found;
      },
      true, "string_view::find");
}

void MeasureEqual(Report& report) {
  const Texts texts(2);
  const std::string wanted = texts.texts[7];
  const Vector constant = Vector::MakeConstant(Value::Varchar(wanted));
  static uint32_t rows[kVectorSize];
  report.Compare(
      "filter", "text = c", "row", kCount,
      [&](bool) {
        uint64_t found = 0;
        for (const StringView& view : texts.views) found += view.view() == wanted;
        return found;
      },
      [&](bool) {
        uint64_t found = 0;
        for (const Vector& vector : texts.vectors) {
          found +=
              SelectComparison(Comparison::kEqual, vector, constant, nullptr, kVectorSize, rows);
        }
        return found;
      },
      false, "string_view ==");
}

}  // namespace

void MeasureText(Report& report) {
  MeasureContains(report, "%special%, about 28 bytes", 4, "special");
  MeasureContains(report, "%special%, about 60 bytes", 8, "special");
  MeasureContains(report, "%special%, about 600 bytes", 80, "specials");
  if (report.Wants("filter", "text = c")) MeasureEqual(report);
}

}  // namespace trivet::bench
