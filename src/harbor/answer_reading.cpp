#include "harbor/answer_reading.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include <nlohmann/json.hpp>

#include "harbor_router/base/ascii.hpp"
#include "harbor_router/oci/media_type.hpp"
#include "harbor_router/oci/range.hpp"

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

// Whether a client can go there: an absolute URL, but not into Harbor's registry, where he has no
// rights of his own.
bool leads_on(std::string_view location, const http::Origin& harbor) {
  const std::size_t scheme_end = location.find("://");
  if (scheme_end == std::string_view::npos) return false;
  const std::string_view scheme = location.substr(0, scheme_end);
  if (!base::equal_ignoring_case(scheme, "http") && !base::equal_ignoring_case(scheme, "https"))
    return false;
  location.remove_prefix(scheme_end + 3);
  const std::string_view authority = location.substr(0, location.find_first_of("/?#"));
  location.remove_prefix(authority.size());
  if (authority.empty()) return false;
  const std::string host = harbor.host_field();
  const bool is_harbor =
      base::equal_ignoring_case(authority, host) ||
      base::equal_ignoring_case(authority, host + ":" + std::to_string(harbor.port));
  return !is_harbor || !location.starts_with("/v2/");
}

// Several parts of a blob, or one whose length is the range's.
bool is_part(const Answer& answer) {
  if (answer.content_type.starts_with("multipart/byteranges")) return true;
  const auto range = oci::parse_content_range(answer.content_range);
  return range && (!answer.length || *answer.length - 1 == range->last - range->first);
}

// What is wrong with a blob's answer that looks like one; empty: nothing.
std::string_view fault_of_blob(const Answer& answer, const Question& question,
                               const http::Origin& harbor) {
  switch (answer.status) {
    case 200: {
      if (answer.length != 0) return {};
      const auto asked = oci::Digest::parse(question.reference);
      return asked && asked->matches("") ? "" : "for a blob that is not empty, with nothing";
    }
    case 206:
      if (question.range.empty()) return "though no range was asked for";
      return is_part(answer) ? "" : "without the range that its bytes are";
    case 304:
      return question.if_none_match.empty() ? "though nothing was known to the client" : "";
    case 416:
      return question.range.empty() ? "though no range was asked for" : "";
    default:
      return leads_on(answer.location, harbor) ? "" : "to where no client can follow";
  }
}

// We ask for identity: coded bytes do not have the digest asked for.
std::string coding_of(const Answer& answer, const http::Fields& fields) {
  if (answer.status != 200 && answer.status != 206) return {};
  const std::string coding = fields.list("Content-Encoding");
  return base::equal_ignoring_case(coding, "identity") ? std::string() : coding;
}

}  // namespace

void fail(Answer& answer, const base::Failure& failure) {
  answer.outcome = outcome_of(failure.code);
  answer.failure = failure.code;
  answer.detail = failure.detail.empty() ? base::to_string(failure.code) : failure.detail;
  answer.retry_after = failure.retry_after;
}

void read_head_into(Answer& answer, const Question& question, const http::ResponseHead& head,
                    const http::Origin& harbor) {
  const http::Fields& fields = head.fields;
  answer.status = head.status;
  answer.content_type = fields.get("Content-Type");
  answer.digest = oci::Digest::parse(fields.get("Docker-Content-Digest"));
  // A blob may be HTML itself; the portal's page names no digest.
  const bool is_blob = question.endpoint == oci::Endpoint::blobs && answer.digest;
  answer.outcome = outcome_of(question.endpoint, head.status,
                              is_blob ? std::string_view() : std::string_view(answer.content_type));
  const std::string answered = "answered " + std::to_string(head.status);
  if (answer.outcome == Outcome::failed || answer.outcome == Outcome::timeout)
    answer.detail = answer.content_type.empty() ? answered : answered + " " + answer.content_type;
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
  if (answer.outcome != Outcome::hit) return;
  if (const std::string coding = coding_of(answer, fields); !coding.empty()) {
    answer.outcome = Outcome::failed;
    answer.detail = "answered with Content-Encoding " + coding;
    return;
  }
  if (question.endpoint != oci::Endpoint::blobs) return;
  if (const std::string_view fault = fault_of_blob(answer, question, harbor); !fault.empty()) {
    answer.outcome = Outcome::failed;
    answer.detail = answered + " " + std::string(fault);
  }
}

void check_manifest(Answer& answer, const Question& question) {
  const auto is_none = [&answer](std::string why) {
    answer.outcome = Outcome::failed;
    answer.detail = std::move(why);
    answer.body = nullptr;
  };
  if (answer.content_type.starts_with(oci::docker_schema1_signed))
    return is_none("a signed schema 1 manifest, whose digest is not of its bytes, is not served");
  if (auto asked = oci::Digest::parse(question.reference)) answer.digest = std::move(asked);
  if (!answer.digest) {
    // Nobody has said what its bytes should be, and one that is cut is no JSON any more.
    if (!nlohmann::json::accept(*answer.body))
      return is_none("the manifest is no JSON, or was cut: " + std::to_string(answer.body->size()) +
                     " bytes, and no digest announced");
    answer.digest = oci::Digest::of(*answer.body);
  } else if (!answer.digest->matches(*answer.body)) {
    return is_none("the manifest's bytes do not have the digest " + answer.digest->str());
  }
  answer.length = answer.body->size();
}

}  // namespace harbor_router::harbor
