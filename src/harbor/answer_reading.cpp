#include "harbor/answer_reading.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "harbor_router/base/ascii.hpp"
#include "harbor_router/oci/media_type.hpp"

namespace harbor_router::harbor {

namespace {

constexpr std::chrono::seconds longest_wait = std::chrono::hours(24);

// The three forms of RFC 9110 section 5.6.7: IMF-fixdate, RFC 850's and asctime's.
std::optional<std::chrono::sys_seconds> parse_date(const std::string& text) {
  for (const char* form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::tm parts{};
    const char* const end = ::strptime(text.c_str(), form, &parts);
    if (end != nullptr && *end == '\0')
      return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text) {
  constexpr std::chrono::seconds none{0};
  if (!text.empty() && std::all_of(text.begin(), text.end(), base::is_digit)) {
    unsigned seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{}) return longest_wait;
    return std::min<std::chrono::seconds>(std::chrono::seconds(seconds), longest_wait);
  }
  const auto date = parse_date(std::string(text));
  if (!date) return std::nullopt;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return std::clamp(*date - now, none, longest_wait);
}

namespace {

// A manifest asked for by digest is announced under another, of the same algorithm.
bool names_another(const Answer& answer, const Question& question) {
  if (question.endpoint != oci::Endpoint::manifests || answer.outcome != Outcome::hit) return false;
  const auto asked = oci::Digest::parse(question.reference);
  return asked && answer.digest && answer.digest->algorithm() == asked->algorithm() &&
         *answer.digest != *asked;
}

}  // namespace

void fail(Answer& answer, const base::Failure& failure) {
  answer.outcome = outcome_of(failure.code);
  answer.failure = failure.code;
  answer.detail = failure.detail.empty() ? base::to_string(failure.code) : failure.detail;
  answer.retry_after = failure.retry_after;
}

void read_head_into(Answer& answer, const Question& question, const http::ResponseHead& head) {
  const http::Fields& fields = head.fields;
  answer.status = head.status;
  answer.content_type = fields.get("Content-Type");
  answer.digest = oci::Digest::parse(fields.get("Docker-Content-Digest"));
  // A blob may be HTML itself; the portal's page names no digest.
  const bool is_blob = question.endpoint == oci::Endpoint::blobs && answer.digest;
  answer.outcome = outcome_of(question.endpoint, head.status,
                              is_blob ? std::string_view() : std::string_view(answer.content_type));
  if (answer.outcome == Outcome::failed || answer.outcome == Outcome::timeout)
    answer.detail = "answered " + std::to_string(head.status) + " " + answer.content_type;
  if (question.method == Method::head && names_another(answer, question)) {
    answer.outcome = Outcome::failed;
    answer.detail = "answered with the digest " + answer.digest->str();
  }
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
  if (answer.content_type.starts_with(oci::docker_schema1_signed)) {
    answer.outcome = Outcome::failed;
    answer.detail = "a signed schema 1 manifest, whose digest is not of its bytes, is not served";
    answer.body = nullptr;
    return;
  }
  if (auto asked = oci::Digest::parse(question.reference)) answer.digest = std::move(asked);
  if (!answer.digest) {
    answer.digest = oci::Digest::of(*answer.body);
  } else if (!answer.digest->matches(*answer.body)) {
    answer.outcome = Outcome::failed;
    answer.detail = "the manifest's bytes do not have the digest " + answer.digest->str();
    answer.body = nullptr;
    return;
  }
  answer.length = answer.body->size();
}

}  // namespace harbor_router::harbor
