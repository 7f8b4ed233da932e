#include "stub/answer.hpp"

#include <numeric>

#include <nlohmann/json.hpp>

namespace harbor_router::stub {
namespace {

// lib/errors of Harbor; what it does not name is UNKNOWN.
std::string_view code_of(unsigned status) {
  switch (status) {
    case 400:
      return "BAD_REQUEST";
    case 401:
      return "UNAUTHORIZED";
    case 403:
      return "FORBIDDEN";
    case 404:
      return "NOT_FOUND";
    case 405:
      return "METHOD_NOT_ALLOWED";
    case 412:
      return "PRECONDITION";
    case 422:
      return "UNPROCESSABLE_ENTITY";
    case 429:
      return "TOO_MANY_REQUEST";
    default:
      return "UNKNOWN";
  }
}

}  // namespace

void Answer::append(std::string bytes) {
  append(bytes_content(std::move(bytes)));
}

void Answer::append(std::shared_ptr<const Content> content) {
  const std::uint64_t length = content->size();
  body.push_back({.content = std::move(content), .offset = 0, .length = length});
}

std::uint64_t Answer::body_length() const {
  return std::accumulate(body.begin(), body.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Piece& piece) { return sum + piece.length; });
}

Answer json_answer(unsigned status, std::string body) {
  Answer answer{.status = status, .headers = {}, .body = {}, .backend = {}};
  answer.set("Content-Type", "application/json; charset=utf-8");
  answer.append(std::move(body));
  return answer;
}

Answer harbor_error(unsigned status, std::string_view message) {
  return harbor_error_with_code(status, code_of(status), message);
}

Answer harbor_error_with_code(unsigned status, std::string_view code, std::string_view message) {
  const nlohmann::json body{{"errors", {{{"code", code}, {"message", message}}}}};
  return json_answer(status,
                     body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

Answer portal_page() {
  Answer answer;
  answer.set("Content-Type", "text/html");
  answer.append(
      "<!doctype html>\n<html>\n<head><title>Harbor</title><base href=\"/\"></head>\n"
      "<body><harbor-app>Loading...</harbor-app></body>\n</html>\n");
  return answer;
}

}  // namespace harbor_router::stub
