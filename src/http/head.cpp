#include "harbor_router/http/head.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

namespace harbor_router::http {

namespace {

using base::Errc;
using base::failure;
namespace beast = boost::beast;

// Whether every CR is followed by LF, every LF follows a CR, no line is folded and no byte is NUL.
// The lanes let the compiler take 16 bytes at a time.
bool has_clean_lines(std::string_view bytes) noexcept {
  if (bytes.empty() || bytes.front() == '\n' || bytes.back() != '\n') return false;
  std::array<unsigned char, 16> faults{};
  const auto look = [&](std::size_t at, std::size_t lane) {
    const char byte = bytes[at], next = bytes[at + 1];
    const bool folded = (byte == '\n') & ((next == ' ') | (next == '\t'));
    const bool fault = (byte == '\0') | ((byte == '\r') != (next == '\n')) | folded;
    faults[lane] |= static_cast<unsigned char>(fault);
  };
  const std::size_t last = bytes.size() - 1;
  std::size_t at = 0;
  for (; at + faults.size() <= last; at += faults.size())
    for (std::size_t lane = 0; lane < faults.size(); ++lane) look(at + lane, lane);
  for (; at < last; ++at) look(at, 0);
  return faults == std::array<unsigned char, 16>{};
}

// What Beast forgives and we do not; nullptr when the lines are clean.
const char* fault_in_lines(std::string_view bytes) noexcept {
  if (has_clean_lines(bytes)) return nullptr;
  if (std::memchr(bytes.data(), '\0', bytes.size()) != nullptr) return "NUL in the head";
  for (std::size_t at = 0; at < bytes.size();) {
    const auto* found =
        static_cast<const char*>(std::memchr(bytes.data() + at, '\n', bytes.size() - at));
    const std::size_t newline =
        found == nullptr ? bytes.size() : static_cast<std::size_t>(found - bytes.data());
    const std::string_view line = bytes.substr(at, newline - at);
    if (found == nullptr || line.empty() || line.back() != '\r') return "bare LF in the head";
    if (line.find('\r') != line.size() - 1) return "bare CR in the head";
    if (at != 0 && base::is_blank(line.front())) return "folded header line";
    at = newline + 1;
  }
  return nullptr;
}

template <bool IsRequest>
class Parser : public beast::http::basic_parser<IsRequest> {
 public:
  explicit Parser(Fields& fields) : fields_(fields) {
    this->header_limit(max_head_bytes);
    this->body_limit(boost::none);  // only the head is parsed here: whoever reads a body bounds it
  }
  std::string_view method, target;
  int status = 0;
  int version = 0;  // 10 or 11
  bool too_many_fields = false;

 private:
  using StringView = beast::string_view;
  static std::string_view view(StringView text) noexcept { return {text.data(), text.size()}; }
  void on_request_impl(beast::http::verb, StringView method_text, StringView target_text,
                       int http_version, beast::error_code&) override {
    method = view(method_text);
    target = view(target_text);
    version = http_version;
  }
  void on_response_impl(int code, StringView, int http_version, beast::error_code&) override {
    status = code;
    version = http_version;
  }
  void on_field_impl(beast::http::field, StringView name, StringView value,
                     beast::error_code& error) override {
    if (fields_.size() == max_fields) {
      too_many_fields = true;
      error = beast::http::error::header_limit;
      return;
    }
    fields_.add(view(name), view(value));
  }
  void on_header_impl(beast::error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, beast::error_code&) override {}
  std::size_t on_body_impl(StringView body, beast::error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, StringView, beast::error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, StringView body, beast::error_code&) override {
    return body.size();
  }
  void on_finish_impl(beast::error_code&) override {}

  Fields& fields_;
};

struct BodyFacts {
  Framing framing = Framing::none;
  std::uint64_t length = 0;
  bool has_length = false;
  const char* fault = nullptr;
};

BodyFacts body_facts(const Fields& fields) noexcept {
  BodyFacts facts;
  bool has_coding = false;
  for (const Field& field : fields) {
    if (equal_ignoring_case(field.name, "Content-Length")) {
      if (facts.has_length) return {.fault = "two Content-Length fields"};
      const std::string_view value = base::trimmed(field.value);
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), facts.length);
      if (value.empty() || error != std::errc{} || end != value.data() + value.size())
        return {.fault = "Content-Length is no number"};
      facts.has_length = true;
    } else if (equal_ignoring_case(field.name, "Transfer-Encoding")) {
      if (has_coding || !equal_ignoring_case(base::trimmed(field.value), "chunked"))
        return {.fault = "a transfer coding other than chunked"};
      has_coding = true;
    }
  }
  if (has_coding && facts.has_length) return {.fault = "Content-Length beside Transfer-Encoding"};
  if (has_coding)
    facts.framing = Framing::chunked;
  else if (facts.has_length && facts.length > 0)
    facts.framing = Framing::length;
  return facts;
}

// What a host with or without a port is made of (RFC 3986 section 3.2.2).
bool is_host(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return base::is_alphanumeric(c) ||
           std::string_view(".-:_[]%~!$&'()*+,;=").find(c) != std::string_view::npos;
  });
}

// An absolute target becomes one of origin form, and its authority the Host (RFC 9112
// section 3.2.2); nullptr when it is none, or is sound.
const char* take_authority(RequestHead& head) {
  constexpr std::string_view separator = "://";
  if (head.target.starts_with('/')) return nullptr;
  const std::size_t end = head.target.find(separator);
  const std::string_view scheme = head.target.substr(0, end == std::string_view::npos ? 0 : end);
  std::string_view rest = head.target;
  if (!scheme.empty()) rest.remove_prefix(scheme.size() + separator.size());
  const std::size_t path = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, path);
  if (authority.find('@') != std::string_view::npos) return "a request target has no user";
  if (!equal_ignoring_case(scheme, "http") && !equal_ignoring_case(scheme, "https")) return nullptr;
  if (authority.empty() || !is_host(authority)) return "the target's host is no host";
  head.target = path == rest.size() ? std::string_view("/") : rest.substr(path);
  head.fields.set("Host", authority);
  return nullptr;
}

template <bool IsRequest>
base::Result<void> run(Parser<IsRequest>& parser, std::string_view bytes, Errc kind) {
  if (bytes.size() > max_head_bytes) return failure(Errc::too_large, "head over 32 KiB");
  if (const char* fault = fault_in_lines(bytes)) return failure(kind, fault);
  beast::error_code error;
  const std::size_t used = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (parser.too_many_fields) return failure(Errc::too_large, "more than 100 header fields");
  if (error && error != beast::http::error::need_more) return failure(kind, error.message());
  if (!parser.is_header_done() || used != bytes.size()) return failure(kind, "malformed head");
  return {};
}

}  // namespace

bool lists_token(std::string_view value, std::string_view token) noexcept {
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    if (equal_ignoring_case(base::trimmed(value.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) break;
    value.remove_prefix(comma + 1);
  }
  return false;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  using namespace std::string_view_literals;  // appended without looking for their ends
  out.append(name).append(": "sv).append(value).append("\r\n"sv);
}

std::string_view Fields::get(std::string_view name) const noexcept {
  for (const Field& field : fields_)
    if (equal_ignoring_case(field.name, name)) return field.value;
  return {};
}

void Fields::set(std::string_view name, std::string_view value) {
  for (Field& field : fields_) {
    if (!equal_ignoring_case(field.name, name)) continue;
    field.value = value;
    return;
  }
  add(name, value);
}

bool Fields::has(std::string_view name) const noexcept {
  for (const Field& field : fields_)
    if (equal_ignoring_case(field.name, name)) return true;
  return false;
}

std::vector<std::string_view> Fields::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Field& field : fields_)
    if (equal_ignoring_case(field.name, name)) values.push_back(field.value);
  return values;
}

std::string Fields::list(std::string_view name) const {
  std::string values;
  for (const Field& field : fields_)
    if (equal_ignoring_case(field.name, name))
      values.append(values.empty() ? "" : ", ").append(field.value);
  return values;
}

std::size_t head_size(std::string_view bytes) noexcept {
  constexpr std::string_view blank_line = "\r\n\r\n";
  if (const std::size_t at = bytes.find(blank_line); at != std::string_view::npos)
    return at + blank_line.size();
  std::size_t end = 0;  // of a head that no parser takes
  for (const std::string_view bare : {"\n\n", "\n\r\n"})
    if (const std::size_t at = bytes.find(bare); at != std::string_view::npos)
      end = end == 0 ? at + bare.size() : std::min(end, at + bare.size());
  return end;
}

base::Result<void> parse_request_head(std::string_view bytes, RequestHead& head) {
  head.fields.clear();
  Parser<true> parser(head.fields);
  if (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
  if (auto parsed = run(parser, bytes, Errc::invalid); !parsed) return parsed;
  if (parser.target.size() > max_target_bytes)
    return failure(Errc::target_too_long, "request target over 8 KiB");
  const BodyFacts body = body_facts(head.fields);
  if (body.fault != nullptr) return failure(Errc::invalid, body.fault);
  if (body.framing == Framing::chunked && parser.version < 11)
    return failure(Errc::invalid, "Transfer-Encoding in HTTP/1.0");
  std::size_t hosts = 0, credentials = 0;
  for (const Field& field : head.fields) {
    if (equal_ignoring_case(field.name, "Authorization")) ++credentials;
    if (!equal_ignoring_case(field.name, "Host")) continue;
    ++hosts;
    if (!is_host(field.value)) return failure(Errc::invalid, "the Host field is no host");
  }
  if (credentials > 1) return failure(Errc::invalid, "two Authorization fields");
  if (hosts > 1 || (hosts == 0 && parser.version >= 11))
    return failure(Errc::invalid, "exactly one Host field is required");
  head.method = parser.method;
  head.target = parser.target;
  head.version = parser.version;
  head.keep_alive = parser.version >= 11 && parser.keep_alive();  // HTTP/1.0 is answered once
  head.framing = body.framing;
  head.content_length = body.length;
  if (const char* fault = take_authority(head)) return failure(Errc::invalid, fault);
  return {};
}

base::Result<void> parse_response_head(std::string_view bytes, RequestMethod method,
                                       ResponseHead& head) {
  head.fields.clear();
  Parser<false> parser(head.fields);
  // Beast must not wait for a body that an answer to HEAD announces but does not have.
  parser.skip(true);
  if (auto parsed = run(parser, bytes, Errc::protocol); !parsed) return parsed;
  const BodyFacts body = body_facts(head.fields);
  if (body.fault != nullptr) return failure(Errc::protocol, body.fault);
  head.status = parser.status;
  head.announced_length = body.length;
  head.has_content_length = body.has_length;
  const bool bodiless = method == RequestMethod::head || head.status / 100 == 1 ||
                        head.status == 204 || head.status == 304;
  if (bodiless)
    head.framing = Framing::none;
  else if (body.framing != Framing::none || body.has_length)
    head.framing = body.framing;
  else
    head.framing = Framing::until_close;
  head.content_length = head.framing == Framing::length ? body.length : 0;
  bool close = parser.version < 11;
  for (const Field& field : head.fields) {
    if (!equal_ignoring_case(field.name, "Connection")) continue;
    if (lists_token(field.value, "close")) {
      close = true;
      break;
    }
    if (lists_token(field.value, "keep-alive")) close = false;
  }
  // RFC 9112 section 6.1: a transfer coding in HTTP/1.0 leaves it open where the next answer
  // begins.
  const bool doubtful = parser.version < 11 && body.framing == Framing::chunked;
  head.keep_alive = head.framing != Framing::until_close && !close && !doubtful;
  return {};
}

}  // namespace harbor_router::http
