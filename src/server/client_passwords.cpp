#include "server/client_passwords.hpp"

#include <crypt.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

#include <boost/asio/post.hpp>
#include <openssl/crypto.h>

#include "harbor_router/base/base64.hpp"
#include "harbor_router/http/one_shot.hpp"
#include "server/authentication.hpp"

namespace harbor_router::server {

using base::Errc;
using base::failure;

namespace {

constexpr std::size_t max_accepted = 10'000;

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) throw std::runtime_error("CLIENT_AUTH_FILE " + path + ": cannot be read");
  return text;
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
    const bool bcrypt = hash.size() == 60 && (hash.starts_with("$2y$") ||
                                              hash.starts_with("$2b$") || hash.starts_with("$2a$"));
    if (colon == 0 || !bcrypt)
      return failure(Errc::invalid, "line " + std::to_string(number) +
                                        " is no \"name:bcrypt hash\" (write it with htpasswd -B)");
    hashes[std::string(line.substr(0, colon))] = hash;
  }
  return hashes;
}

bool bcrypt_matches(const std::string& password, const std::string& hash) {
  const auto data = std::make_unique<crypt_data>();
  const char* computed = ::crypt_r(password.c_str(), hash.c_str(), data.get());
  if (computed == nullptr) return false;
  const std::string_view text(computed);
  return text.size() == hash.size() && CRYPTO_memcmp(text.data(), hash.data(), hash.size()) == 0;
}

ClientPasswords::ClientPasswords(std::string path, observe::Log& log)
    : path_(std::move(path)), log_(log) {
  auto hashes = parse_htpasswd(read_file(path_));
  if (!hashes) throw std::runtime_error("CLIENT_AUTH_FILE " + path_ + ": " + hashes.error().detail);
  auto known = known_.lock();
  known->hashes = std::move(*hashes);
  std::error_code error;
  known->changed = std::filesystem::last_write_time(path_, error);
}

// A file that cannot be read, or has a bad line while it is being written, keeps what was known. It
// is looked at again at each request, and complained of once.
void ClientPasswords::refresh(Known& known) const {
  std::error_code error;
  const auto changed = std::filesystem::last_write_time(path_, error);
  if (error || changed == known.changed) return;
  std::ifstream file(path_);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto hashes = file ? parse_htpasswd(text) : failure(Errc::io, "it cannot be read");
  if (!hashes) {
    if (std::exchange(known.complained_of, changed) != changed)
      log_.warning("CLIENT_AUTH_FILE is not read again: what it said before holds",
                   {{"file", path_}, {"error", hashes.error().detail}});
    return;
  }
  known.hashes = std::move(*hashes);
  known.accepted.clear();
  known.changed = changed;
}

bool ClientPasswords::check(const std::string& authorization) {
  const auto pair = base::base64_decode(std::string_view(authorization).substr(6));
  const std::size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos || pair->find('\0') != std::string::npos) return false;
  std::string hash;
  {
    auto known = known_.lock();
    const auto at = known->hashes.find(pair->substr(0, colon));
    if (at == known->hashes.end()) return false;
    hash = at->second;
  }
  if (!bcrypt_matches(pair->substr(colon + 1), hash)) return false;
  auto known = known_.lock();
  if (known->accepted.size() >= max_accepted) known->accepted.clear();
  // Not if the file changed meanwhile: then this hash may be an old one.
  const auto at = known->hashes.find(pair->substr(0, colon));
  if (at != known->hashes.end() && at->second == hash)
    known->accepted.insert(keyed_hash_.of(authorization));
  return true;
}

http::Awaitable<bool> ClientPasswords::accept(std::string authorization) {
  if (!is_scheme(authorization, "Basic")) co_return false;
  {
    auto known = known_.lock();
    refresh(*known);
    if (known->accepted.contains(keyed_hash_.of(authorization))) co_return true;
  }
  struct Checked {
    http::OneShot done;
    bool accepted = false;
  };
  auto checked = std::make_shared<Checked>();
  auto work = [this, checked, authorization] {
    checked->accepted = check(authorization);
    checked->done.set();
  };
  boost::asio::post(slow_, std::move(work));
  co_await checked->done.wait();
  co_return checked->accepted;
}

}  // namespace harbor_router::server
