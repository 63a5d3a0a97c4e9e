#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "types/value.h"

namespace trivet {

// Named options of a reader or writer as SQL gives them: names in lower case, values of any type.
using FormatOptions = std::vector<std::pair<std::string, Value>>;

// Takes options one by one by name and type. The first error sticks; Finish reports it, or the
// option that nobody took, with the nearest known name as hint. Not synchronised.
class OptionReader {
 public:
  // `subject` names the reader or writer in errors ("read_csv").
  OptionReader(std::string subject, const FormatOptions& options);

  // Each overwrites `target` where the option is given; several spellings are one option.
  void Take(std::initializer_list<std::string_view> names, bool& target);
  void Take(std::initializer_list<std::string_view> names, std::optional<bool>& target);
  void Take(std::initializer_list<std::string_view> names, int64_t& target, int64_t minimum);
  void Take(std::initializer_list<std::string_view> names, std::string& target);
  // One character (or, where `allow_empty`, none: '\0').
  void Take(std::initializer_list<std::string_view> names, char& target, bool allow_empty);
  // A string or a list of strings.
  void Take(std::initializer_list<std::string_view> names, std::vector<std::string>& target);
  // The value as it is, or null where the option is not given.
  const Value* TakeValue(std::initializer_list<std::string_view> names);

  // Options of the dialect that are not supported yet: NotImplemented where one is given.
  void Refuse(std::initializer_list<std::string_view> names);
  // The same for those that a COPY to several files has, of every format.
  void RefuseSeveralFiles() {
    Refuse({"partition_by", "write_partition_columns", "overwrite", "overwrite_or_ignore", "append",
            "filename_pattern", "file_extension", "file_size_bytes", "per_thread_output",
            "return_files", "return_stats"});
  }

  Status Finish();
  // Records an error of the caller's own.
  void Fail(Status status);

 private:
  void WrongType(std::string_view wanted);

  std::string subject_;
  const FormatOptions& options_;
  std::vector<bool> taken_;
  std::vector<std::string> known_;
  std::string current_;  // the spelling found by the last Take
  Status status_;
};

// The columns of a struct {'name': 'TYPE', …} as SQL gives it; InvalidInput, naming `option`,
// otherwise.
Result<std::vector<std::pair<std::string, LogicalType>>> TypesOfStruct(const Value& value,
                                                                       std::string_view option);

// The strings of a VARCHAR or of a list of them; nothing for other values.
std::optional<std::vector<std::string>> StringsOf(const Value& value);

}  // namespace trivet
