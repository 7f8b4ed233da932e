// Heads of requests and responses, and the chunked coding: whatever comes, the limits and the
// framing rules hold.
#include <string>

#include "fuzz.hpp"
#include "harbor_router/http/chunked.hpp"
#include "harbor_router/http/head.hpp"

namespace {

using namespace harbor_router;
using fuzz::must;

void check_request(std::string_view head) {
  http::RequestHead parsed;
  if (!http::parse_request_head(head, parsed)) return;
  must(head.size() <= http::max_head_bytes && parsed.fields.size() <= http::max_fields);
  must(parsed.target.size() <= http::max_target_bytes);
  must(!(parsed.fields.has("Content-Length") && parsed.fields.has("Transfer-Encoding")));
  for (const http::Field& field : parsed.fields)
    must(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
}

void check_response(std::string_view head) {
  for (const auto method : {http::RequestMethod::get, http::RequestMethod::head}) {
    http::ResponseHead parsed;
    if (!http::parse_response_head(head, method, parsed)) continue;
    must(method == http::RequestMethod::get || parsed.framing == http::Framing::none);
    must(parsed.framing == http::Framing::length || parsed.content_length == 0);
  }
}

// Decoded whole or in two pieces, the body is the same.
void check_chunked(const std::string& bytes) {
  std::string whole = bytes;
  http::ChunkedDecoder one;
  const auto step = one.decode({whole.data(), whole.size()});
  must(step.consumed <= whole.size() && step.produced <= step.consumed);
  std::string first = bytes.substr(0, bytes.size() / 2), second = bytes.substr(bytes.size() / 2);
  http::ChunkedDecoder two;
  const auto a = two.decode({first.data(), first.size()});
  if (a.bad || two.done()) return;
  const auto b = two.decode({second.data(), second.size()});
  must(step.bad == b.bad && one.done() == two.done());
  if (!step.bad)
    must(whole.substr(0, step.produced) ==
         first.substr(0, a.produced) + second.substr(0, b.produced));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::text_of(data, size);
  const std::size_t end = http::head_size(text);
  must(end <= text.size());
  check_request(std::string_view(text).substr(0, end));
  check_response(std::string_view(text).substr(0, end));
  check_chunked(text);
  return 0;
}
