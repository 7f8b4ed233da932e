#include "harbor/answer_reading.hpp"

#include <charconv>
#include <ctime>

namespace harbor_router::harbor {

namespace {

// Seconds or a date (RFC 9110 section 10.2.3).
std::optional<std::chrono::seconds> parse_retry_after(std::string_view text) {
  if (text.empty()) return std::nullopt;
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc{} && end == text.data() + text.size())
    return std::chrono::seconds(seconds);
  std::tm parts{};
  const std::string copy(text);
  if (::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return std::nullopt;
  const auto left =
      std::chrono::system_clock::from_time_t(::timegm(&parts)) - std::chrono::system_clock::now();
  return std::max(std::chrono::ceil<std::chrono::seconds>(left), std::chrono::seconds(0));
}

}  // namespace

void fail(Answer& answer, const base::Failure& failure) {
  answer.outcome = outcome_of(failure.code);
  answer.failure = failure.code;
  answer.detail = failure.detail.empty() ? base::to_string(failure.code) : failure.detail;
}

void read_head_into(Answer& answer, const Question& question, const http::ResponseHead& head) {
  const http::Fields& fields = head.fields;
  answer.status = head.status;
  answer.content_type = fields.get("Content-Type");
  answer.outcome = outcome_of(question.endpoint, head.status, answer.content_type);
  if (answer.outcome == Outcome::failed)
    answer.detail = "answered " + std::to_string(head.status) + " " + answer.content_type;
  answer.digest = oci::Digest::parse(fields.get("Docker-Content-Digest"));
  if (head.has_content_length) answer.length = head.announced_length;
  answer.content_range = fields.get("Content-Range");
  answer.location = fields.get("Location");
  answer.accept_ranges = fields.get("Accept-Ranges");
  answer.link = fields.get("Link");
  answer.filters_applied = fields.get("OCI-Filters-Applied");
  answer.retry_after = parse_retry_after(fields.get("Retry-After"));
  for (const std::string_view warning : fields.all("Warning"))
    answer.warnings.emplace_back(warning);
}

void check_manifest(Answer& answer, const Question& question) {
  const auto asked = oci::Digest::parse(question.reference);
  const auto& expected = asked ? asked : answer.digest;
  if (expected && !expected->matches(*answer.body)) {
    answer.outcome = Outcome::failed;
    answer.detail = "the manifest's bytes do not have the digest " + expected->str();
    answer.body = nullptr;
    return;
  }
  answer.digest = expected ? *expected : oci::Digest::of(*answer.body);
  answer.length = answer.body->size();
}

}  // namespace harbor_router::harbor
