#include "harbor_router/http/htpasswd.hpp"

#include <algorithm>

namespace harbor_router::http {

base::Result<std::map<std::string, std::string>> parse_htpasswd(std::string_view text) {
  std::map<std::string, std::string> hashes;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    const std::size_t colon = line.find(':');
    const std::string_view hash = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    const bool bcrypt = hash.size() == 60 && (hash.starts_with("$2y$") ||
                                              hash.starts_with("$2b$") || hash.starts_with("$2a$"));
    if (colon == 0 || !bcrypt)
      return base::failure(base::Errc::invalid,
                           "line " + std::to_string(number) +
                               " is no \"name:bcrypt hash\" (write it with htpasswd -B)");
    hashes[std::string(line.substr(0, colon))] = hash;
  }
  return hashes;
}

}  // namespace harbor_router::http
