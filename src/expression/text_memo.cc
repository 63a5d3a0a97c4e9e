#include "expression/text_memo.h"

#include <algorithm>

namespace trivet {

TextMemo::TextMemo(MemoryManager& memory) : reservation_(&memory, "answers to repeated texts") {
  reservation_.set_yields(true);
}

bool TextMemo::Open() {
  if (!reservation_.Resize(kPlaces * sizeof(Place) + kBytes).ok()) return false;
  places_.resize(kPlaces);
  bytes_.resize(kBytes);
  end_ = kBytes + 1;  // so that places without a text are too old
  return true;
}

void TextMemo::Close() {
  places_ = {};
  bytes_ = {};
  reservation_.Release();
}

void TextMemo::Remember(Place& place, uint64_t hash, std::string_view text,
                        std::string_view answer) {
  place = {};
  if (text.size() > kMostBytes || answer.size() > kMostBytes - text.size()) return;
  const size_t bytes = text.size() + answer.size();
  // In one piece.
  const size_t left = kBytes - end_ % kBytes;
  if (left < bytes) end_ += left;
  place = {hash, end_, static_cast<uint32_t>(text.size()), static_cast<uint32_t>(answer.size())};
  char* out = bytes_.data() + end_ % kBytes;
  std::ranges::copy(text, out);
  std::ranges::copy(answer, out + text.size());
  end_ += bytes;
}

}  // namespace trivet
