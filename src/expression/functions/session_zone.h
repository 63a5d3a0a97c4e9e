#pragma once

#include "expression/evaluation_context.h"
#include "types/time_zone.h"

namespace trivet {

// The session's zone. Its name was checked when it was set; UTC where it is unknown all the same.
inline const TimeZone& SessionZone(const EvaluationContext& context) {
  const Result<const TimeZone*> zone = TimeZone::Find(context.time_zone());
  return zone.ok() ? **zone : TimeZone::Utc();
}

}  // namespace trivet
