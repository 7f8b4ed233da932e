#include "server/reply.hpp"

#include <array>
#include <charconv>

namespace harbor_router::server {

namespace {

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

std::string_view digits_of(std::uint64_t value, std::array<char, 20>& space) {
  const auto end = std::to_chars(space.data(), space.data() + space.size(), value).ptr;
  return {space.data(), static_cast<std::size_t>(end - space.data())};
}

}  // namespace

void Reply::add(std::string_view name, std::string_view value) {
  if (!value.empty()) append_line(fields, name, value);
}

void Reply::add(std::string_view name, std::uint64_t value) {
  std::array<char, 20> space{};
  append_line(fields, name, digits_of(value, space));
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
  out.append("HTTP/1.1 ")
      .append(digits_of(static_cast<std::uint64_t>(reply.status), space))
      .append(" ")
      .append(reason_phrase(reply.status))
      .append("\r\n")
      .append(reply.fields);
  if (coding == BodyLength::counted) append_line(out, "Content-Length", digits_of(length, space));
  if (coding == BodyLength::chunked) append_line(out, "Transfer-Encoding", "chunked");
  append_line(out, "Docker-Distribution-Api-Version", "registry/2.0");
  append_line(out, "Date", facts.date);
  append_line(out, "X-Request-Id", facts.request_id);
  if (reply.project) append_line(out, "X-Harbor-Router-Project", reply.project->name);
  if (reply.cache != routing::CacheState::none)
    append_line(out, "X-Harbor-Router-Cache", routing::to_string(reply.cache));
  if (!facts.keep_alive) append_line(out, "Connection", "close");
  out.append("\r\n");
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
