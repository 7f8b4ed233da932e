// Who may pull in service mode: an htpasswd file with bcrypt lines, read again when it changes.
//
// bcrypt is slow on purpose, so it runs on a thread of its own, and a password accepted once is
// known by a keyed hash until the file changes. Any thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include <boost/asio/thread_pool.hpp>

#include "harbor_router/base/file_version.hpp"
#include "harbor_router/base/guarded.hpp"
#include "harbor_router/http/asio.hpp"
#include "harbor_router/observe/log.hpp"
#include "server/keyed_hash.hpp"

namespace harbor_router::server {

// Whether password is the one of a bcrypt hash; slow.
[[nodiscard]] bool bcrypt_matches(const std::string& password, const std::string& hash);

class ClientPasswords {
 public:
  // Throws std::runtime_error when the file cannot be read or a line is malformed.
  ClientPasswords(std::string path, observe::Log& log);

  // authorization: the whole field value; anything but right Basic credentials is false.
  [[nodiscard]] http::Awaitable<bool> accept(std::string authorization);

 private:
  struct Known {
    std::optional<base::FileVersion> seen;  // read, or complained of
    std::map<std::string, std::string> hashes;
    std::set<std::string> accepted;  // keyed hashes of Authorization values
  };
  void refresh(Known& known) const;
  [[nodiscard]] bool check(const std::string& authorization);

  const std::string path_;
  observe::Log& log_;
  const KeyedHash keyed_hash_;
  base::Guarded<Known> known_;
  boost::asio::thread_pool slow_{1};
};

}  // namespace harbor_router::server
