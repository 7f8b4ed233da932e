// Who may pull in service mode: an htpasswd file with bcrypt lines, read again when it changes.
//
// bcrypt is slow on purpose, so it runs on a thread of its own, one check after the other. Whoever
// sends the same credentials meanwhile joins their check, no more than max_checks wait, and a
// password accepted once is known by a keyed hash until the file changes. Any thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <boost/asio/thread_pool.hpp>

#include "harbor_router/base/file_version.hpp"
#include "harbor_router/base/guarded.hpp"
#include "harbor_router/http/one_shot.hpp"
#include "harbor_router/observe/log.hpp"
#include "server/keyed_hash.hpp"

namespace harbor_router::server {

// Whether password is the one of a bcrypt hash; slow.
[[nodiscard]] bool bcrypt_matches(const std::string& password, const std::string& hash);

class ClientPasswords {
 public:
  using Matches = std::function<bool(const std::string& password, const std::string& hash)>;
  // unchecked: too many others are being checked, or the client has left.
  enum class Verdict { accepted, refused, unchecked };
  // Under way and waiting.
  static constexpr std::size_t max_checks = 32;

  // Throws std::runtime_error when the file cannot be read or a line is malformed.
  ClientPasswords(std::string path, observe::Log& log, Matches matches = bcrypt_matches);

  // authorization: the whole field value; anything but right Basic credentials is refused.
  // has_left: asked on the caller's thread when a check that had to wait has its turn.
  [[nodiscard]] http::Awaitable<Verdict> accept(std::string authorization,
                                                std::function<bool()> has_left);

 private:
  struct Login {
    std::string name, password;
  };
  struct Check {
    std::string key;
    http::OneShot turn, done;
    std::size_t joined = 0;  // others that wait for it
    Verdict verdict = Verdict::unchecked;
  };
  using CheckPointer = std::shared_ptr<Check>;
  struct Known {
    std::optional<base::FileVersion> seen;  // read, or complained of
    std::map<std::string, std::string> hashes;
    std::string costliest;                       // of the hashes
    std::set<std::string> accepted;              // keyed hashes of Authorization values
    std::map<std::string, CheckPointer> checks;  // of this file, by the same; to be joined
    std::deque<CheckPointer> waiting;            // for their turn
    std::size_t unfinished = 0;                  // the one whose turn it is, and those that wait
  };
  // What accept() does after a look at what is known: tells the verdict, or waits for a check,
  // which it leads when it is its own.
  struct Begun {
    Verdict verdict = Verdict::unchecked;
    CheckPointer check;  // null: the verdict is known
    bool leads = false, had_to_wait = false;
  };
  static std::optional<Login> login_in(std::string_view authorization);
  static void hold(Known& known, std::map<std::string, std::string> hashes);
  void refresh(Known& known) const;
  [[nodiscard]] Begun begin(const std::string& key);
  [[nodiscard]] Verdict verdict_of(const Login& login, const std::string& key);
  [[nodiscard]] bool withdraw(const CheckPointer& check);
  void finish(const CheckPointer& check);

  const std::string path_;
  observe::Log& log_;
  const Matches matches_;
  const KeyedHash keyed_hash_;
  base::Guarded<Known> known_;
  boost::asio::thread_pool slow_{1};
};

}  // namespace harbor_router::server
