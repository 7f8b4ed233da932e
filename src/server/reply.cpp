#include "server/reply.hpp"

#include <array>
#include <charconv>

#include "harbor_router/http/head.hpp"

namespace harbor_router::server {

namespace {

using namespace std::string_view_literals;

std::string_view digits_of(std::uint64_t value, std::array<char, 20>& space) {
  const auto end = std::to_chars(space.data(), space.data() + space.size(), value).ptr;
  return {space.data(), static_cast<std::size_t>(end - space.data())};
}

}  // namespace

void Reply::add(std::string_view name, std::string_view value) {
  if (!value.empty()) http::append_field(fields, name, value);
}

void Reply::add(std::string_view name, std::uint64_t value) {
  std::array<char, 20> space{};
  http::append_field(fields, name, digits_of(value, space));
}

void Reply::add_retry_after(std::chrono::seconds delay) {
  add("Retry-After", static_cast<std::uint64_t>(delay.count()));
}

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 206:
      return "Partial Content";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 416:
      return "Range Not Satisfiable";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
}

void append_head(std::string& out, const Reply& reply, const HeadFacts& facts, BodyLength coding,
                 std::uint64_t length) {
  std::array<char, 20> space{};
  out.append("HTTP/1.1 "sv)
      .append(digits_of(static_cast<std::uint64_t>(reply.status), space))
      .append(" "sv)
      .append(reason_phrase(reply.status))
      .append("\r\n"sv)
      .append(reply.fields);
  if (coding == BodyLength::counted)
    http::append_field(out, "Content-Length", digits_of(length, space));
  if (coding == BodyLength::chunked) http::append_field(out, "Transfer-Encoding", "chunked");
  out.append("Docker-Distribution-Api-Version: registry/2.0\r\nDate: "sv)
      .append(facts.date)
      .append("\r\nX-Request-Id: "sv)
      .append(facts.request_id)
      .append("\r\n"sv);
  if (reply.project) http::append_field(out, "X-Harbor-Router-Project", reply.project->name);
  if (reply.cache != routing::CacheState::none)
    http::append_field(out, "X-Harbor-Router-Cache", routing::to_string(reply.cache));
  if (!facts.keep_alive) http::append_field(out, "Connection", "close");
  out.append("\r\n"sv);
}

Reply error_reply(int status, const oci::Error& error) {
  return json_reply(status, oci::error_body(error));
}

Reply json_reply(int status, std::string body) {
  Reply reply{.status = status, .own_body = std::move(body)};
  reply.add("Content-Type", "application/json");
  return reply;
}

}  // namespace harbor_router::server
