#include "expression/functions/register.h"

#include "expression/aggregates/register.h"
#include "expression/function_registry.h"

namespace trivet {

void RegisterBuiltinFunctions(FunctionRegistry& registry) {
  RegisterArithmetic(registry);
  RegisterTemporalArithmetic(registry);
  RegisterDateParts(registry);
  RegisterTranscendental(registry);
  RegisterStringEncoding(registry);
  RegisterStringDistance(registry);
  RegisterStringFormat(registry);
  RegisterHumanReadable(registry);
  RegisterRounding(registry);
  RegisterNumeric(registry);
  RegisterExtremes(registry);
  RegisterMiscellaneous(registry);
  RegisterDateTruncation(registry);
  RegisterDateConstruction(registry);
  RegisterDateFormat(registry);
  RegisterCurrentTime(registry);
  RegisterLike(registry);
  RegisterCaseMapping(registry);
  RegisterSubstring(registry);
  RegisterRegexp(registry);
  RegisterStringLength(registry);
  RegisterStringEdit(registry);
  RegisterStringSearch(registry);
  RegisterConcat(registry);
  RegisterAggregates(registry);
}

}  // namespace trivet
