#include "server/client_passwords.hpp"

#include <crypt.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include <boost/asio/post.hpp>
#include <openssl/crypto.h>

#include "harbor_router/base/base64.hpp"
#include "harbor_router/base/file_text.hpp"
#include "harbor_router/http/htpasswd.hpp"
#include "server/authentication.hpp"

namespace harbor_router::server {

using base::Errc;
using base::failure;

namespace {

constexpr std::size_t max_accepted = 10'000;

base::Result<std::map<std::string, std::string>> read_htpasswd(const std::string& path) {
  const auto text = base::file_text(path);
  if (!text) return failure(Errc::io, "cannot be read");
  return http::parse_htpasswd(*text);
}

}  // namespace

bool bcrypt_matches(const std::string& password, const std::string& hash) {
  const auto data = std::make_unique<crypt_data>();
  const char* computed = ::crypt_r(password.c_str(), hash.c_str(), data.get());
  if (computed == nullptr) return false;
  const std::string_view text(computed);
  return text.size() == hash.size() && CRYPTO_memcmp(text.data(), hash.data(), hash.size()) == 0;
}

ClientPasswords::ClientPasswords(std::string path, observe::Log& log, Matches matches)
    : path_(std::move(path)), log_(log), matches_(std::move(matches)) {
  auto known = known_.lock();
  known->seen = base::file_version(path_);
  auto hashes = read_htpasswd(path_);
  if (!hashes) throw std::runtime_error("CLIENT_AUTH_FILE " + path_ + ": " + hashes.error().detail);
  hold(*known, std::move(*hashes));
}

std::optional<ClientPasswords::Login> ClientPasswords::login_in(std::string_view authorization) {
  if (!is_scheme(authorization, "Basic")) return std::nullopt;
  const auto pair = base::base64_decode(authorization.substr(6));
  const std::size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos || pair->find('\0') != std::string::npos) return std::nullopt;
  return Login{.name = pair->substr(0, colon), .password = pair->substr(colon + 1)};
}

// What was found out by the hashes before does not hold for these.
void ClientPasswords::hold(Known& known, std::map<std::string, std::string> hashes) {
  known.hashes = std::move(hashes);
  known.accepted.clear();
  known.checks.clear();
  const auto costs_less = [](const auto& one, const auto& other) {
    return one.second.substr(4, 2) < other.second.substr(4, 2);
  };
  const auto most = std::max_element(known.hashes.begin(), known.hashes.end(), costs_less);
  known.costliest = most == known.hashes.end() ? std::string() : most->second;
}

// A file that is gone, or has a bad line while it is being written, keeps what was known. It is
// looked at again at each request, and complained of once.
void ClientPasswords::refresh(Known& known) const {
  const auto now = base::file_version(path_);
  if (std::exchange(known.seen, now) == now) return;
  auto hashes = read_htpasswd(path_);
  if (!hashes) {
    log_.warning(
        "CLIENT_AUTH_FILE is not read again: whom it named before may still pull, and nobody else",
        {{"file", path_}, {"error", hashes.error().detail}});
    return;
  }
  hold(known, std::move(*hashes));
}

ClientPasswords::Begun ClientPasswords::begin(const std::string& key) {
  auto known = known_.lock();
  refresh(*known);
  if (known->hashes.empty()) return {.verdict = Verdict::refused};
  if (known->accepted.contains(key)) return {.verdict = Verdict::accepted};
  if (const auto at = known->checks.find(key); at != known->checks.end()) {
    ++at->second->joined;
    return {.check = at->second};
  }
  if (known->unfinished >= max_checks) return {.verdict = Verdict::unchecked};
  auto check = std::make_shared<Check>();
  check->key = key;
  known->checks.emplace(key, check);
  const bool must_wait = known->unfinished++ > 0;
  if (must_wait)
    known->waiting.push_back(check);
  else
    check->turn.set();
  return {.check = std::move(check), .leads = true, .had_to_wait = must_wait};
}

ClientPasswords::Verdict ClientPasswords::verdict_of(const Login& login, const std::string& key) {
  std::string hash;
  bool is_known = false;
  {
    auto known = known_.lock();
    const auto at = known->hashes.find(login.name);
    is_known = at != known->hashes.end();
    // The costliest for an unknown name: how long the answer takes tells nobody who is known.
    hash = is_known ? at->second : known->costliest;
  }
  if (!matches_(login.password, hash) || !is_known) return Verdict::refused;
  auto known = known_.lock();
  if (known->accepted.size() >= max_accepted) known->accepted.clear();
  // Not if the file changed meanwhile: then this hash may be an old one.
  const auto at = known->hashes.find(login.name);
  if (at != known->hashes.end() && at->second == hash) known->accepted.insert(key);
  return Verdict::accepted;
}

// Unless somebody else waits for it.
bool ClientPasswords::withdraw(const CheckPointer& check) {
  {
    auto known = known_.lock();
    if (check->joined > 0) return false;
    const auto at = known->checks.find(check->key);
    if (at != known->checks.end() && at->second == check) known->checks.erase(at);
  }
  finish(check);
  return true;
}

void ClientPasswords::finish(const CheckPointer& check) {
  CheckPointer next;
  {
    auto known = known_.lock();
    const auto at = known->checks.find(check->key);
    if (at != known->checks.end() && at->second == check) known->checks.erase(at);
    --known->unfinished;
    if (!known->waiting.empty()) {
      next = std::move(known->waiting.front());
      known->waiting.pop_front();
    }
  }
  if (next) next->turn.set();
  check->done.set();
}

http::Awaitable<ClientPasswords::Verdict> ClientPasswords::accept(std::string authorization,
                                                                  std::function<bool()> has_left) {
  auto login = login_in(authorization);
  if (!login) co_return Verdict::refused;
  const std::string key = keyed_hash_.of(authorization);
  const Begun begun = begin(key);
  if (!begun.check) co_return begun.verdict;
  const CheckPointer check = begun.check;
  if (begun.leads) {
    co_await check->turn.wait();
    if (begun.had_to_wait && has_left && has_left() && withdraw(check))
      co_return Verdict::unchecked;
    auto work = [this, check, login = *std::move(login)] {
      check->verdict = verdict_of(login, check->key);
      finish(check);
    };
    boost::asio::post(slow_, std::move(work));
  }
  co_await check->done.wait();
  co_return check->verdict;
}

}  // namespace harbor_router::server
