#include "harbor_router/http/htpasswd.hpp"

#include <algorithm>

#include "harbor_router/base/ascii.hpp"

namespace harbor_router::http {

namespace {

// "$2y$", a cost from 04 to 31, "$", salt and sum. What bcrypt does not take is answered at once,
// and so would tell who is in the file.
bool is_bcrypt(std::string_view hash) {
  const std::string_view kind = hash.substr(0, 4);
  if (hash.size() != 60 || (kind != "$2y$" && kind != "$2b$" && kind != "$2a$")) return false;
  const std::string_view cost = hash.substr(4, 2), sum = hash.substr(7);
  return base::is_digit(cost[0]) && base::is_digit(cost[1]) && cost >= "04" && cost <= "31" &&
         hash[6] == '$' && std::all_of(sum.begin(), sum.end(), [](char c) {
           return base::is_alphanumeric(c) || c == '.' || c == '/';
         });
}

}  // namespace

base::Result<std::map<std::string, std::string>> parse_htpasswd(std::string_view text) {
  std::map<std::string, std::string> hashes;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    const std::size_t colon = line.find(':');
    const std::string_view hash = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    if (colon == 0 || !is_bcrypt(hash))
      return base::failure(base::Errc::invalid,
                           "line " + std::to_string(number) +
                               " is no \"name:bcrypt hash\" (write it with htpasswd -B)");
    hashes[std::string(line.substr(0, colon))] = hash;
  }
  return hashes;
}

}  // namespace harbor_router::http
