#include "expression/functions/like_pattern.h"

#include "expression/functions/find_bytes.h"
#include "expression/functions/utf8.h"

namespace trivet {

Result<std::optional<char>> LikePattern::ParseEscape(std::string_view escape) {
  if (escape.size() > 1) {
    return Status::InvalidInput(
        "Invalid escape string. Escape string must be empty or one character.");
  }
  return escape.empty() ? std::optional<char>() : std::optional<char>(escape[0]);
}

Result<LikePattern> LikePattern::Compile(std::string_view pattern, std::optional<char> escape) {
  LikePattern compiled;
  bool has_any_one = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (escape && c == *escape) {
      if (++i == pattern.size()) {
        return Status::InvalidInput("Like pattern must not end with escape character!");
      }
      compiled.items_.push_back({Item::Kind::kByte, pattern[i]});
    } else if (c == '%') {
      const bool repeats =
          !compiled.items_.empty() && compiled.items_.back().kind == Item::Kind::kAnyText;
      if (!repeats) compiled.items_.push_back({Item::Kind::kAnyText, 0});
    } else if (c == '_') {
      compiled.items_.push_back({Item::Kind::kAnyOne, 0});
      has_any_one = true;
    } else {
      compiled.items_.push_back({Item::Kind::kByte, c});
    }
  }
  if (has_any_one) {
    compiled.kind_ = Kind::kGeneral;
    return compiled;
  }
  compiled.pieces_.emplace_back();
  for (const Item& item : compiled.items_) {
    if (item.kind == Item::Kind::kAnyText) {
      compiled.pieces_.emplace_back();
    } else {
      compiled.pieces_.back().push_back(item.byte);
    }
  }
  compiled.items_.clear();
  std::vector<std::string>& pieces = compiled.pieces_;
  compiled.starts_anchored_ = pieces.size() == 1 || !pieces.front().empty();
  compiled.ends_anchored_ = pieces.size() == 1 || !pieces.back().empty();
  if (pieces.size() > 1) {
    if (!compiled.starts_anchored_) pieces.erase(pieces.begin());
    if (!compiled.ends_anchored_ && pieces.size() > 1) pieces.pop_back();
  }
  if (pieces.size() > 1) {
    compiled.kind_ = Kind::kPieces;
  } else if (compiled.starts_anchored_) {
    compiled.kind_ = compiled.ends_anchored_ ? Kind::kEqual : Kind::kPrefix;
  } else {
    compiled.kind_ = compiled.ends_anchored_ ? Kind::kSuffix : Kind::kContains;
  }
  return compiled;
}

bool LikePattern::Matches(std::string_view text) const {
  switch (kind_) {
    case Kind::kEqual: return text == pieces_.front();
    case Kind::kPrefix: return text.starts_with(pieces_.front());
    case Kind::kSuffix: return text.ends_with(pieces_.front());
    case Kind::kContains: return FindBytes(text, pieces_.front()) != kNotFound;
    case Kind::kPieces: return MatchesPieces(text);
    case Kind::kGeneral: return MatchesGeneral(text);
  }
  return false;
}

bool LikePattern::MatchesPieces(std::string_view text) const {
  size_t begin = 0;
  size_t first = 0;
  size_t last = pieces_.size();
  if (starts_anchored_) {
    if (!text.starts_with(pieces_.front())) return false;
    begin = pieces_.front().size();
    ++first;
  }
  if (ends_anchored_) {
    --last;
    const std::string& end = pieces_.back();
    if (text.size() < begin + end.size() || !text.ends_with(end)) return false;
    text.remove_suffix(end.size());
  }
  for (size_t i = first; i < last; ++i) {
    const size_t found = FindBytes(text, pieces_[i], begin);
    if (found == kNotFound) return false;
    begin = found + pieces_[i].size();
  }
  return true;
}

// Greedy with one place to come back to: the last % takes ever more text.
bool LikePattern::MatchesGeneral(std::string_view text) const {
  size_t position = 0;
  size_t item = 0;
  size_t retry_item = kNotFound;
  size_t retry_position = 0;
  while (position < text.size() || item < items_.size()) {
    if (item < items_.size()) {
      const Item& expected = items_[item];
      if (expected.kind == Item::Kind::kAnyText) {
        retry_item = ++item;
        retry_position = position;
        continue;
      }
      if (position < text.size()) {
        if (expected.kind == Item::Kind::kByte && text[position] == expected.byte) {
          ++item;
          ++position;
          continue;
        }
        if (expected.kind == Item::Kind::kAnyOne) {
          ++item;
          DecodeUtf8(text, position);
          continue;
        }
      }
    }
    if (retry_item == kNotFound || retry_position >= text.size()) return false;
    DecodeUtf8(text, retry_position);
    position = retry_position;
    item = retry_item;
  }
  return true;
}

}  // namespace trivet
