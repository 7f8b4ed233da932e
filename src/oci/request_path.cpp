#include "harbor_router/oci/request_path.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "harbor_router/base/ascii.hpp"
#include "harbor_router/oci/query.hpp"

namespace harbor_router::oci {
namespace {

constexpr std::size_t longest_host = 255;  // of a DNS name, brackets and port included here
constexpr std::size_t longest_count = 18;  // digits of n that surely fit an int64

PathError refused(int status, ErrorCode code, std::string message) {
  return PathError{.status = status, .error = {.code = code, .message = std::move(message)}};
}

// Decoded segment by segment; an encoded slash is an error, for it must not make a new segment.
std::optional<std::string> decoded_path(std::string_view path) {
  auto decoded = percent_decoded(path);
  if (!decoded || std::count(decoded->begin(), decoded->end(), '/') !=
                      std::count(path.begin(), path.end(), '/')) {
    return std::nullopt;
  }
  return decoded;
}

// Why it, "the path" or "the query", could not be decoded.
std::string bad_encoding(std::string_view text, std::string_view what) {
  if (text.find("%00") != std::string_view::npos) return std::string(what) + " holds a NUL";
  if (percent_decoded(text)) return "an encoded slash is no part of a name";
  return std::string(what) + " is not well percent-encoded";
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

enum class Form { none, version_check, project_below_v2, project_above_v2, bare };

// Which form path has; rest becomes what stands behind the client prefix.
Form form_of(std::string_view path, std::string_view project, std::string_view& rest) {
  rest = path;
  if (take_prefix(rest, "/v2")) {
    if (rest.empty() || rest == "/") return Form::version_check;
    if (!take_prefix(rest, "/")) return Form::none;
    std::string_view below = rest;
    if (take_prefix(below, project) && (below.empty() || take_prefix(below, "/"))) {
      rest = below;
      return Form::project_below_v2;
    }
    return Form::bare;
  }
  if (!take_prefix(rest, "/") || !take_prefix(rest, project) || !take_prefix(rest, "/v2")) {
    return Form::none;
  }
  if (rest.empty() || rest == "/") return Form::version_check;
  return take_prefix(rest, "/") ? Form::project_above_v2 : Form::none;
}

std::string client_prefix(Form form, const std::string& project) {
  switch (form) {
    case Form::project_below_v2:
      return "/v2/" + project + '/';
    case Form::project_above_v2:
      return '/' + project + "/v2/";
    default:
      return "/v2/";
  }
}

// Fills path.query and path.hint. Of doubled parameters the first counts, as with Go's Get.
std::optional<PathError> read_query(std::string_view text, PullPath& path) {
  if (text.empty()) return std::nullopt;
  auto pairs = query_pairs(text);
  if (!pairs) return refused(400, ErrorCode::unsupported, bad_encoding(text, "the query"));
  std::optional<std::string> ns;
  const auto keep_first = [](std::optional<std::string>& kept, std::string& value) {
    if (!kept) kept = std::move(value);
  };
  for (QueryPair& pair : *pairs) {
    if (pair.name == "ns")
      keep_first(ns, pair.value);
    else if (pair.name == "n")
      keep_first(path.query.n, pair.value);
    else if (pair.name == "last")
      keep_first(path.query.last, pair.value);
    else if (pair.name == "artifactType")
      keep_first(path.query.artifact_type, pair.value);
    else if (path.endpoint == Endpoint::referrers)
      path.query.others += "&" + percent_encoded(pair.name) + "=" + percent_encoded(pair.value);
  }
  if (ns && !ns->empty()) {
    if (!is_plausible_host(*ns)) {
      return refused(400, ErrorCode::name_invalid, "ns is not the name of a registry host");
    }
    path.hint = base::lower_cased(*ns);
    path.query.ns = path.hint;
  }
  if (path.query.n) {
    const std::string& n = *path.query.n;
    if (n.size() > longest_count || !std::all_of(n.begin(), n.end(), base::is_digit)) {
      return refused(400, ErrorCode::unsupported, "n is not a number of tags");
    }
    if (n.empty()) path.query.n.reset();
  }
  return std::nullopt;
}

// "<name>/<endpoint>/<last>": split from the right, for a name may hold "manifests" itself.
struct Pieces {
  std::string_view name;
  std::string_view endpoint;
  std::string_view last;
};

std::optional<Pieces> split_from_right(std::string_view rest) {
  const std::size_t second = rest.rfind('/');
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view head = rest.substr(0, second);
  const std::size_t first = head.rfind('/');
  const std::size_t endpoint = first == std::string_view::npos ? 0 : first + 1;
  return Pieces{.name = head.substr(0, endpoint == 0 ? 0 : first),
                .endpoint = head.substr(endpoint),
                .last = rest.substr(second + 1)};
}

// An upload, "<name>/blobs/uploads/[<session>]": a push, and so never for this router.
bool is_upload(const Pieces& pieces) {
  if (pieces.endpoint == "blobs") return pieces.last == "uploads";
  return pieces.endpoint == "uploads" &&
         (pieces.name == "blobs" || pieces.name.ends_with("/blobs"));
}

std::optional<Endpoint> endpoint_of(const Pieces& pieces) {
  if (pieces.endpoint == "manifests") return Endpoint::manifests;
  if (pieces.endpoint == "blobs") return Endpoint::blobs;
  if (pieces.endpoint == "referrers") return Endpoint::referrers;
  if (pieces.endpoint == "tags" && pieces.last == "list") return Endpoint::tags;
  return std::nullopt;
}

PathError bad_reference(std::string_view text) {
  if (text.find(':') != std::string_view::npos) {
    return refused(400, ErrorCode::digest_invalid, "the digest is not well-formed");
  }
  // 404, as distribution's own suite demands of manifests/.INVALID_MANIFEST_NAME: such a tag cannot
  // exist.
  return refused(404, ErrorCode::manifest_unknown, "no manifest can have this as its tag");
}

PathError wrong_prefix(std::string_view rest, const PathRules& rules) {
  std::string message = "names begin with \"" + rules.proxy_project + "/\" here";
  const auto pieces = split_from_right(rest);
  if (pieces && endpoint_of(*pieces) && Repository::parse(pieces->name)) {
    message += ": ask for \"" + rules.proxy_project + '/';
    message += pieces->name;
    message += '"';
  }
  return refused(404, ErrorCode::name_unknown, std::move(message));
}

ParsedTarget parse_pull(Form form, std::string_view rest, std::string_view query,
                        const PathRules& rules) {
  if (rest == "_catalog") {
    return refused(404, ErrorCode::unsupported, "this registry has no catalog: it only routes");
  }
  if (form == Form::bare && !rules.root_registry) return wrong_prefix(rest, rules);
  const auto pieces = split_from_right(rest);
  if (pieces && is_upload(*pieces)) {
    return refused(405, ErrorCode::unsupported, "this registry is for pulls only");
  }
  const auto endpoint = pieces ? endpoint_of(*pieces) : std::nullopt;
  if (!endpoint) {
    return refused(
        404, ErrorCode::unsupported,
        "no such endpoint: expected <name>/manifests/<reference>, <name>/blobs/<digest>, "
        "<name>/tags/list or <name>/referrers/<digest>");
  }
  auto repository = Repository::parse(pieces->name);
  if (!repository) {
    return refused(400, ErrorCode::name_invalid, "the repository name is not well-formed");
  }
  PullPath path{.endpoint = *endpoint,
                .repository = *std::move(repository),
                .reference = std::nullopt,
                .client_prefix = client_prefix(form, rules.proxy_project),
                .hint = form == Form::bare ? rules.root_registry : std::nullopt,
                .query = {}};
  if (*endpoint != Endpoint::tags) {
    path.reference = Reference::parse(pieces->last);
    if (*endpoint == Endpoint::manifests) {
      if (!path.reference) return bad_reference(pieces->last);
    } else if (!path.reference || path.reference->digest() == nullptr) {
      return refused(400, ErrorCode::digest_invalid, "the digest is not well-formed");
    }
  }
  if (auto error = read_query(query, path)) return *std::move(error);
  return path;
}

}  // namespace

bool is_plausible_host(std::string_view host) {
  return host.size() <= longest_host && std::all_of(host.begin(), host.end(), [](char c) {
           return base::is_alphanumeric(c) ||
                  std::string_view(".-:[]").find(c) != std::string_view::npos;
         });
}

const char* to_string(Endpoint endpoint) noexcept {
  switch (endpoint) {
    case Endpoint::manifests:
      return "manifests";
    case Endpoint::blobs:
      return "blobs";
    case Endpoint::tags:
      return "tags";
    case Endpoint::referrers:
      return "referrers";
  }
  return "";
}

ParsedTarget parse_target(std::string_view target, const PathRules& rules) {
  const std::size_t question = target.find('?');
  std::string_view path = target.substr(0, question);
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : target.substr(question + 1);

  std::string_view rest;
  Form form = Form::none;
  std::optional<std::string> decoded;  // owns what path and rest look at, when there was a '%'
  if (path.find('%') != std::string_view::npos) {
    decoded = decoded_path(path);
    if (!decoded) {
      if (form_of(path, rules.proxy_project, rest) == Form::none) return NotRegistry{};
      return refused(400, ErrorCode::name_invalid, bad_encoding(path, "the path"));
    }
    path = *decoded;
  }
  form = form_of(path, rules.proxy_project, rest);
  if (form == Form::none) return NotRegistry{};
  if (target.find('#') != std::string_view::npos) {
    return refused(400, ErrorCode::name_invalid, "a request target has no fragment");
  }
  if (form == Form::version_check) return ApiVersionCheck{};
  return parse_pull(form, rest, query, rules);
}

}  // namespace harbor_router::oci
