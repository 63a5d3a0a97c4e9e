#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "session/query_result.h"
#include "types/time_zone.h"

namespace trivet {

// Writes results in one format. Used for one result after the other; not synchronised.
class ResultPrinter {
 public:
  virtual ~ResultPrinter() = default;

  // Formats by name: box, csv, json, jsonl, markdown, line. InvalidInput for others, with the
  // nearest.
  static Result<std::unique_ptr<ResultPrinter>> Make(std::string_view format);
  static const std::vector<std::string>& Formats();

  // Terminal columns that a box may take; 0: as wide as it likes.
  void set_width(size_t columns) { width_ = columns; }
  // Rows that a box shows before it leaves some out; 0: all.
  void set_max_rows(size_t rows) { max_rows_ = rows; }

  // Where instants are shown in local time; UTC before.
  void set_time_zone(const TimeZone& zone) { zone_ = &zone; }

  // Called before the first byte of a result is written: whatever else draws must stop.
  void set_before_output(std::function<void()> before_output) {
    before_output_ = std::move(before_output);
  }

  // Reads the result to its end and writes it.
  virtual Status Print(QueryResult& result, std::ostream& out) = 0;

 protected:
  size_t width_ = 0;
  size_t max_rows_ = 0;
  const TimeZone* zone_ = &TimeZone::Utc();
  std::function<void()> before_output_ = [] {};
};

// Calls `visit` with each row's values.
Status ForEachRow(QueryResult& result,
                  const std::function<Status(const std::vector<Value>& row)>& visit);

// Columns that the text takes on a terminal: wide East Asian characters take two, combining ones
// none.
size_t DisplayWidth(std::string_view text);

// The printers that are more than a loop over rows.
std::unique_ptr<ResultPrinter> MakeBoxPrinter();
std::unique_ptr<ResultPrinter> MakeMarkdownPrinter();

}  // namespace trivet
