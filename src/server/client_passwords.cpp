#include "server/client_passwords.hpp"

#include <crypt.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

#include <boost/asio/post.hpp>
#include <openssl/crypto.h>

#include "harbor_router/base/base64.hpp"
#include "harbor_router/http/htpasswd.hpp"
#include "harbor_router/http/one_shot.hpp"
#include "server/authentication.hpp"

namespace harbor_router::server {

using base::Errc;
using base::failure;

namespace {

constexpr std::size_t max_accepted = 10'000;

base::Result<std::map<std::string, std::string>> read_htpasswd(const std::string& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) return failure(Errc::io, "cannot be read");
  return http::parse_htpasswd(text);
}

}  // namespace

bool bcrypt_matches(const std::string& password, const std::string& hash) {
  const auto data = std::make_unique<crypt_data>();
  const char* computed = ::crypt_r(password.c_str(), hash.c_str(), data.get());
  if (computed == nullptr) return false;
  const std::string_view text(computed);
  return text.size() == hash.size() && CRYPTO_memcmp(text.data(), hash.data(), hash.size()) == 0;
}

ClientPasswords::ClientPasswords(std::string path, observe::Log& log)
    : path_(std::move(path)), log_(log) {
  auto known = known_.lock();
  known->seen = base::file_version(path_);
  auto hashes = read_htpasswd(path_);
  if (!hashes) throw std::runtime_error("CLIENT_AUTH_FILE " + path_ + ": " + hashes.error().detail);
  known->hashes = std::move(*hashes);
}

// A file that is gone, or has a bad line while it is being written, keeps what was known. It is
// looked at again at each request, and complained of once.
void ClientPasswords::refresh(Known& known) const {
  const auto now = base::file_version(path_);
  if (std::exchange(known.seen, now) == now) return;
  auto hashes = read_htpasswd(path_);
  if (!hashes) {
    log_.warning("CLIENT_AUTH_FILE is not read again: what it said before holds",
                 {{"file", path_}, {"error", hashes.error().detail}});
    return;
  }
  known.hashes = std::move(*hashes);
  known.accepted.clear();
}

bool ClientPasswords::check(const std::string& authorization) {
  const auto pair = base::base64_decode(std::string_view(authorization).substr(6));
  const std::size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos || pair->find('\0') != std::string::npos) return false;
  std::string hash;
  bool is_known = false;
  {
    auto known = known_.lock();
    if (known->hashes.empty()) return false;
    const auto at = known->hashes.find(pair->substr(0, colon));
    is_known = at != known->hashes.end();
    // Somebody else's for an unknown name: how long the answer takes tells nobody who is known.
    hash = is_known ? at->second : known->hashes.begin()->second;
  }
  if (!bcrypt_matches(pair->substr(colon + 1), hash) || !is_known) return false;
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
