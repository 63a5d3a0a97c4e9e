#include "fragment/envelope.h"

#include "base/hash.h"
#include "base/string_concat.h"
#include "fragment/fragment.h"
#include "fragment/fragment.pb.h"
#include "fragment/wire.h"

namespace trivet {

std::string SealEnvelope(std::string body, const std::string& build_id) {
  wire::Envelope envelope;
  envelope.set_protocol_version(kFragmentProtocolVersion);
  envelope.set_build_id(build_id);
  envelope.set_checksum(HashBytes(body.data(), body.size()));
  envelope.set_body(std::move(body));
  return envelope.SerializeAsString();
}

Result<std::string> OpenEnvelope(std::string_view bytes, const std::string& build_id,
                                 size_t max_bytes) {
  if (bytes.size() > max_bytes) {
    return Status::Corruption(
        StrCat("fragment: ", bytes.size(), " bytes, more than the limit of ", max_bytes));
  }
  wire::Envelope envelope;
  TRIVET_RETURN_IF_ERROR(ParseMessage(bytes, "envelope", envelope));
  if (envelope.protocol_version() != kFragmentProtocolVersion) {
    return Mismatch(StrCat("protocol version ", envelope.protocol_version(), ", here it is ",
                           kFragmentProtocolVersion));
  }
  if (envelope.build_id() != build_id) {
    return Mismatch(
        StrCat("made by build \"", envelope.build_id(), "\", here is \"", build_id, "\""));
  }
  if (HashBytes(envelope.body().data(), envelope.body().size()) != envelope.checksum()) {
    return Status::Corruption("fragment: the checksum is wrong");
  }
  std::string body = std::move(*envelope.mutable_body());
  // Whatever else the envelope says must not be passed over.
  if (SealEnvelope(body, build_id) != bytes)
    return Mismatch("the envelope says more than is known");
  return body;
}

}  // namespace trivet
