#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/version.h"
#include "execution/operator_registry.h"
#include "expression/function_registry.h"
#include "storage/table.h"
#include "storage/table_reference.h"

namespace trivet {

// What a fragment's bytes mean; processes of different numbers do not understand each other.
inline constexpr uint32_t kFragmentProtocolVersion = 1;
// No plan takes more bytes; a longer message is an error, not an allocation.
inline constexpr size_t kMaxFragmentBytes = size_t{64} << 20;
// Levels of operators, and of nodes within one expression.
inline constexpr size_t kMaxPlanDepth = 1'000;
inline constexpr size_t kMaxExpressionDepth = 2'500;

// Names the rows of tables whose rows are in this process alone, so that they can be brought to
// whoever reads them.
class TableUploads {
 public:
  virtual ~TableUploads() = default;
  // The id under which the table's rows are, or will be, at hand where the fragment runs.
  virtual Result<std::string> IdOf(const TablePtr& table) = 0;
};

// The other side: gives the rows brought under an id.
class TableResolver {
 public:
  virtual ~TableResolver() = default;
  // NotFound where nothing was brought under the id. The columns are those of the table named.
  virtual Result<TablePtr> Resolve(const std::string& id,
                                   const std::vector<ColumnDefinition>& columns) = 0;
};

struct EncodeFragmentOptions {
  TableUploads* uploads = nullptr;  // null: tables to be uploaded are NotImplemented
  std::string build_id = kVersion;
  size_t max_bytes = kMaxFragmentBytes;
};

struct DecodeFragmentOptions {
  const OperatorRegistry* operators = &OperatorRegistry::Builtin();
  const FunctionRegistry* functions = &FunctionRegistry::Builtin();
  const TableOpeners* tables = nullptr;  // null: no table but uploaded ones can be opened
  TableResolver* resolver = nullptr;     // null: no uploaded table can be read
  FileSystem* files = &FileSystem::Local();
  const EvaluationContext* context = nullptr;  // of the query, for functions that are bound anew
  std::string build_id = kVersion;
  size_t max_bytes = kMaxFragmentBytes;
};

// A physical plan as bytes: every operator with its number, estimate, columns and fields. Equal
// plans give equal bytes. NotImplemented, naming the kind, for tables that cannot travel;
// InvalidInput for a plan that is too large. Thread-safe.
Result<std::string> EncodeFragment(const PhysicalOperator& plan,
                                   const EncodeFragmentOptions& options = {});

// The plan back: operators by name, functions by signature and bound anew, tables opened. Errors
// are typed, whatever the bytes: ProtocolMismatch names the version, build, operator, field,
// function or type that is not known here; Corruption says what is damaged; tables fail as their
// openers do. What is returned has been validated and can be run. Thread-safe.
Result<std::shared_ptr<PhysicalOperator>> DecodeFragment(std::string_view bytes,
                                                         const DecodeFragmentOptions& options = {});

}  // namespace trivet
