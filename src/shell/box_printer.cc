// Tables as text: boxes that fit the terminal, and Markdown.
#include <algorithm>
#include <deque>
#include <utility>

#include "base/string_concat.h"
#include "shell/result_printer.h"

namespace trivet {

namespace {

constexpr size_t kMinColumnWidth = 8;
constexpr size_t kMaxWidthBesideHidden = 20;
constexpr size_t kMaxCellBytes = 4096;
// Of a result of which all rows are shown, the first ones say how wide columns are; the others are
// written as they come, so that no result is held whole.
constexpr size_t kMeasuredRows = 10'000;
constexpr size_t kMeasuredBytes = size_t{4} << 20;

// Control characters would break the box: shown as escapes.
std::string Printable(const std::string& text) {
  std::string out;
  for (const char c : text.substr(0, kMaxCellBytes)) {
    switch (c) {
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          out += '?';
        } else {
          out += c;
        }
    }
  }
  return out;
}

// Cuts to the width, with an ellipsis where something was cut.
std::string Fit(const std::string& text, size_t width) {
  if (DisplayWidth(text) <= width) return text;
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    size_t next = at + 1;
    while (next < text.size() && (text[next] & 0xC0) == 0x80) ++next;
    const std::string longer = out + text.substr(at, next - at);
    if (DisplayWidth(longer) + 1 > width) break;
    out = longer;
    at = next;
  }
  return out + "…";
}

std::string Pad(const std::string& text, size_t width, bool right) {
  const size_t used = DisplayWidth(text);
  const std::string space(width > used ? width - used : 0, ' ');
  return right ? space + text : text + space;
}

std::string Center(const std::string& text, size_t width) {
  const size_t used = DisplayWidth(text);
  const size_t left = width > used ? (width - used) / 2 : 0;
  return Pad(std::string(left, ' ') + text, width, false);
}

// DuckDB's short names under the column names.
std::string ShortType(const LogicalType& type) {
  switch (type.id()) {
    case TypeId::kInt8: return "int8";
    case TypeId::kInt16: return "int16";
    case TypeId::kInt32: return "int32";
    case TypeId::kInt64: return "int64";
    case TypeId::kUInt8: return "uint8";
    case TypeId::kUInt16: return "uint16";
    case TypeId::kUInt32: return "uint32";
    case TypeId::kUInt64: return "uint64";
    case TypeId::kInt128: return "int128";
    default: break;
  }
  std::string name = type.ToString();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return name;
}

struct Grid {
  std::vector<std::string> names;
  std::vector<std::string> types;
  std::vector<bool> right;
  std::vector<std::vector<std::string>> rows;
  std::vector<size_t> widths;
  size_t total_rows = 0;  // read so far
  size_t hidden_at = 0;   // rows are left out before this one, where total_rows > rows.size()
  size_t hidden_columns = 0;
  size_t hidden_columns_at = 0;

  size_t BoxWidth() const {
    size_t sum = 1;
    for (const size_t width : widths) sum += width + 3;
    return sum;
  }
};

// The rows of a result, as texts.
class TextRows {
 public:
  TextRows(QueryResult& result, const TimeZone& zone) : result_(result), zone_(zone) {}

  // The next row; false after the last.
  Result<bool> Next(std::vector<std::string>& texts) {
    while (row_ == batch_.row_count()) {
      TRIVET_ASSIGN_OR_RETURN(const bool more, result_.Next(batch_));
      if (!more) {
        batch_ = Batch();
        row_ = 0;
        return false;
      }
      row_ = 0;
    }
    texts = Texts(batch_, row_++);
    return true;
  }
  // Reads all rows that are left and gives the last ones, at most so many; `count` gets how many
  // there were.
  Result<std::deque<std::vector<std::string>>> Last(size_t most, size_t& count) {
    std::deque<Batch> ends;  // no more than have the rows
    size_t rows = 0;         // in these
    size_t skipped = row_;   // of the first
    count = batch_.row_count() - row_;
    while (true) {
      if (batch_.row_count() > 0) {
        rows += batch_.row_count();
        ends.push_back(batch_);
      }
      while (!ends.empty() && rows - ends.front().row_count() >= most) {
        rows -= ends.front().row_count();
        ends.pop_front();
        skipped = 0;
      }
      TRIVET_ASSIGN_OR_RETURN(const bool more, result_.Next(batch_));
      if (!more) break;
      count += batch_.row_count();
    }
    batch_ = Batch();
    row_ = 0;
    std::deque<std::vector<std::string>> last;
    for (const Batch& batch : ends) {
      for (size_t i = std::exchange(skipped, 0); i < batch.row_count(); ++i) {
        last.push_back(Texts(batch, i));
        if (last.size() > most) last.pop_front();
      }
    }
    return last;
  }

 private:
  std::vector<std::string> Texts(const Batch& batch, size_t row) const {
    std::vector<std::string> texts;
    for (const Vector& column : batch.columns()) {
      texts.push_back(Printable(column.GetValue(row).ToString(zone_)));
    }
    return texts;
  }

  QueryResult& result_;
  const TimeZone& zone_;
  Batch batch_;
  size_t row_ = 0;
};

size_t TextBytes(const std::vector<std::string>& row) {
  size_t bytes = sizeof(std::vector<std::string>) + row.size() * sizeof(std::string);
  for (const std::string& text : row) bytes += text.size();
  return bytes;
}

// Reads the first and last rows of a result of more than `max_rows`; where that is 0, as many as
// measure the columns: then `rows` may have more.
Result<Grid> ReadGrid(const QueryResult& result, TextRows& rows, size_t max_rows) {
  Grid grid;
  for (const ResultColumn& column : result.columns()) {
    grid.names.push_back(Printable(column.name));
    grid.types.push_back(ShortType(column.type));
    grid.right.push_back(column.type.IsNumeric());
  }
  const size_t head = max_rows == 0 ? kMeasuredRows : (max_rows + 1) / 2;
  const size_t tail = max_rows == 0 ? 0 : max_rows - head;
  bool more = true;
  for (size_t bytes = 0; grid.rows.size() < head && (max_rows > 0 || bytes < kMeasuredBytes);) {
    std::vector<std::string> texts;
    TRIVET_ASSIGN_OR_RETURN(more, rows.Next(texts));
    if (!more) break;
    bytes += TextBytes(texts);
    grid.rows.push_back(std::move(texts));
  }
  grid.total_rows = grid.hidden_at = grid.rows.size();
  if (more && max_rows > 0) {
    size_t count = 0;
    TRIVET_ASSIGN_OR_RETURN(auto last, rows.Last(tail, count));
    grid.total_rows += count;
    for (auto& row : last) grid.rows.push_back(std::move(row));
  }
  for (size_t i = 0; i < grid.names.size(); ++i) {
    size_t width = std::max(DisplayWidth(grid.names[i]), DisplayWidth(grid.types[i]));
    for (const auto& row : grid.rows) width = std::max(width, DisplayWidth(row[i]));
    grid.widths.push_back(width);
  }
  return grid;
}

// Narrows the widest columns until the box fits, or none is wider than the least width.
void ShrinkColumns(Grid& grid, size_t width) {
  while (grid.BoxWidth() > width) {
    auto widest = std::max_element(grid.widths.begin(), grid.widths.end());
    if (*widest <= kMinColumnWidth) return;
    --*widest;
  }
}

// One value in the place of the hidden columns'.
template <typename Values, typename Value>
void HideIn(const Grid& grid, Values& values, const Value& value) {
  if (grid.hidden_columns == 0) return;
  const auto first = values.begin() + static_cast<ptrdiff_t>(grid.hidden_columns_at);
  *first = value;
  values.erase(first + 1, first + static_cast<ptrdiff_t>(grid.hidden_columns));
}

// Puts one column of ellipses in the place of columns [begin, end).
void HideColumns(Grid& grid, size_t begin, size_t end) {
  grid.hidden_columns = end - begin;
  grid.hidden_columns_at = begin;
  HideIn(grid, grid.names, "…");
  HideIn(grid, grid.types, "");
  HideIn(grid, grid.right, false);
  HideIn(grid, grid.widths, size_t{1});
  for (std::vector<std::string>& row : grid.rows) HideIn(grid, row, "…");
}

// Makes the box fit: narrows columns, and where that is not enough, leaves out those in the middle.
void FitToWidth(Grid& grid, size_t width) {
  if (width == 0 || grid.widths.empty()) return;
  const std::vector<size_t> natural = grid.widths;
  ShrinkColumns(grid, width);
  if (grid.BoxWidth() <= width) return;
  grid.widths = natural;
  for (size_t& column : grid.widths) column = std::min(column, kMaxWidthBesideHidden);
  // From both ends inwards, the first column before all.
  size_t left = 1;
  size_t right = grid.widths.size();
  size_t used = 1 + (grid.widths[0] + 3) + (1 + 3);
  for (bool take_right = true; left < right; take_right = !take_right) {
    const size_t next = take_right ? right - 1 : left;
    if (used + grid.widths[next] + 3 > width) break;
    used += grid.widths[next] + 3;
    take_right ? --right : ++left;
  }
  if (left < right) HideColumns(grid, left, right);
}

// Plans are trees of lines, which a box would flatten.
bool IsPlan(const QueryResult& result) {
  return result.columns().size() == 2 && result.columns()[0].name == "explain_key" &&
         result.columns()[1].name == "explain_value";
}

class BoxPrinter final : public ResultPrinter {
 public:
  Status Print(QueryResult& result, std::ostream& out) override {
    if (IsPlan(result)) {
      before_output_();
      return ForEachRow(result, [&](const std::vector<Value>& row) {
        out << "-- " << row[0].ToString() << '\n' << row[1].ToString() << '\n';
        return out ? Status::OK() : Status::IO("the output was closed");
      });
    }
    if (result.columns().empty()) {
      Batch batch;
      return result.Next(batch).status();
    }
    TextRows rows(result, *zone_);
    TRIVET_ASSIGN_OR_RETURN(Grid grid, ReadGrid(result, rows, max_rows_));
    before_output_();
    const size_t columns = grid.names.size();
    FitToWidth(grid, width_);
    Rule(grid, out, "┌", "┬", "┐");
    Line(grid, out,
         [&](size_t i) { return Center(Fit(grid.names[i], grid.widths[i]), grid.widths[i]); });
    Line(grid, out,
         [&](size_t i) { return Center(Fit(grid.types[i], grid.widths[i]), grid.widths[i]); });
    Rule(grid, out, "├", "┼", "┤");
    for (size_t row = 0; row < grid.rows.size(); ++row) {
      if (row == grid.hidden_at && grid.total_rows > grid.rows.size()) {
        Line(grid, out, [&](size_t i) { return Center("·", grid.widths[i]); });
      }
      Line(grid, out, [&](size_t i) {
        return Pad(Fit(grid.rows[row][i], grid.widths[i]), grid.widths[i], grid.right[i]);
      });
    }
    const size_t shown = grid.rows.size();
    const bool hides_rows = grid.total_rows > shown;
    // Without a terminal nothing is cut: a longer text makes its line longer.
    std::vector<std::string> texts;
    while (max_rows_ == 0) {
      TRIVET_ASSIGN_OR_RETURN(const bool more, rows.Next(texts));
      if (!more) break;
      ++grid.total_rows;
      HideIn(grid, texts, "…");
      Line(grid, out, [&](size_t i) {
        const size_t width = grid.widths[i];
        return Pad(width_ == 0 ? texts[i] : Fit(texts[i], width), width, grid.right[i]);
      });
      if (!out) return Status::IO("the output was closed");
    }
    Rule(grid, out, "└", "┴", "┘");
    out << grid.total_rows << (grid.total_rows == 1 ? " row" : " rows");
    if (hides_rows) out << " (" << shown << " shown)";
    if (grid.hidden_columns > 0) {
      out << ", " << columns << " columns (" << columns - grid.hidden_columns << " shown)";
    }
    out << '\n';
    return out ? Status::OK() : Status::IO("the output was closed");
  }

 private:
  static void Rule(const Grid& grid, std::ostream& out, const char* left, const char* middle,
                   const char* right) {
    out << left;
    for (size_t i = 0; i < grid.widths.size(); ++i) {
      if (i > 0) out << middle;
      for (size_t j = 0; j < grid.widths[i] + 2; ++j) out << "─";
    }
    out << right << '\n';
  }
  template <typename Cell>
  static void Line(const Grid& grid, std::ostream& out, const Cell& cell) {
    for (size_t i = 0; i < grid.widths.size(); ++i) out << "│ " << cell(i) << ' ';
    out << "│\n";
  }
};

class MarkdownPrinter final : public ResultPrinter {
 public:
  Status Print(QueryResult& result, std::ostream& out) override {
    if (result.columns().empty()) return Status::OK();
    TextRows rows(result, *zone_);
    TRIVET_ASSIGN_OR_RETURN(const Grid grid, ReadGrid(result, rows, 0));
    before_output_();
    const auto line = [&](const auto& cell) {
      for (size_t i = 0; i < grid.widths.size(); ++i) out << "| " << cell(i) << ' ';
      out << "|\n";
    };
    line([&](size_t i) { return Pad(Escape(grid.names[i]), grid.widths[i], grid.right[i]); });
    for (size_t i = 0; i < grid.widths.size(); ++i) {
      const std::string dashes(std::max<size_t>(grid.widths[i], 3) - 1, '-');
      out << (grid.right[i] ? "| " + dashes + ": " : "| -" + dashes + " ");
    }
    out << "|\n";
    const auto write = [&](const std::vector<std::string>& row) {
      line([&](size_t i) { return Pad(Escape(row[i]), grid.widths[i], grid.right[i]); });
    };
    for (const auto& row : grid.rows) write(row);
    std::vector<std::string> texts;
    while (out) {
      TRIVET_ASSIGN_OR_RETURN(const bool more, rows.Next(texts));
      if (!more) break;
      write(texts);
    }
    return out ? Status::OK() : Status::IO("the output was closed");
  }

 private:
  static std::string Escape(const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (c == '|') out += '\\';
      out += c;
    }
    return out;
  }
};

}  // namespace

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    length = std::min(length, text.size() - i);
    uint32_t code = length == 1 ? lead : lead & (0x7F >> length);
    for (size_t j = 1; j < length; ++j) code = (code << 6) | (text[i + j] & 0x3F);
    const bool combining = (code >= 0x300 && code <= 0x36F) || (code >= 0x200B && code <= 0x200F) ||
                           (code >= 0xFE00 && code <= 0xFE0F);
    const bool wide = (code >= 0x1100 && code <= 0x115F) || (code >= 0x2E80 && code <= 0xA4CF) ||
                      (code >= 0xAC00 && code <= 0xD7A3) || (code >= 0xF900 && code <= 0xFAFF) ||
                      (code >= 0xFE30 && code <= 0xFE6F) || (code >= 0xFF00 && code <= 0xFF60) ||
                      (code >= 0x1F300 && code <= 0x1FAFF) || (code >= 0x20000 && code <= 0x3FFFD);
    width += combining ? 0 : wide ? 2 : 1;
    i += length;
  }
  return width;
}

std::unique_ptr<ResultPrinter> MakeBoxPrinter() { return std::make_unique<BoxPrinter>(); }
std::unique_ptr<ResultPrinter> MakeMarkdownPrinter() { return std::make_unique<MarkdownPrinter>(); }

}  // namespace trivet
