// Which server to ask next on the way to the master. Pure: no socket, no clock; whoever carries
// the bytes reports what came of each step and is told the next.
//
// Each Sentinel is asked at most once a round, the one that last led to the master first. What a
// Sentinel says counts only once the server itself calls itself master (ROLE). A round without
// success, and each loss of a master in use, is followed by a wait that doubles from 100 ms to 5 s;
// the caller's chance in [0, 1) spreads it over its upper half, so that replicas do not come back
// together. With a single server instead of Sentinels that server is tried alone, and taken unless
// it calls itself a replica or a Sentinel: not every endpoint answers ROLE.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harbor_router/base/result.hpp"
#include "harbor_router/redis/settings.hpp"
#include "redis/reply.hpp"

namespace harbor_router::redis {

class MasterSearch {
 public:
  struct AskSentinel {  // SENTINEL get-master-addr-by-name
    ServerAddress sentinel;
  };
  struct TryServer {  // connect, then ROLE
    ServerAddress server;
  };
  struct Wait {  // then begin() again
    std::chrono::milliseconds span{0};
  };
  using Step = std::variant<AskSentinel, TryServer, Wait>;

  explicit MasterSearch(const Settings& settings);

  [[nodiscard]] Step begin();
  [[nodiscard]] Step sentinel_answered(const Reply& reply, double chance);
  [[nodiscard]] Step sentinel_failed(const base::Failure& why, double chance);
  [[nodiscard]] Step server_failed(const base::Failure& why, double chance);
  // To ROLE: nullopt, the server is to be used.
  [[nodiscard]] std::optional<Step> role_answered(const Reply& reply, double chance);
  // The server in use was lost, or says READONLY.
  [[nodiscard]] Wait lost(const std::string& why, double chance);
  // The server in use answers commands: a later loss is a first one.
  void worked() noexcept { waits_ = 0; }

  // The server tried last, which is the one in use.
  [[nodiscard]] const ServerAddress& tried() const noexcept { return tried_; }
  // What went wrong in this round; refused_account if any of it is a setting to be mended.
  [[nodiscard]] const base::Failure& why() const noexcept { return why_; }

 private:
  [[nodiscard]] Step next_sentinel(double chance);
  [[nodiscard]] Wait wait(double chance);
  void remember(const std::string& what, const ServerAddress& address, const base::Failure& why);

  std::vector<ServerAddress> sentinels_;  // in the order to be asked
  std::optional<ServerAddress> single_;
  std::string master_name_;
  std::size_t asked_ = 0;  // Sentinels of this round; the last of them is the one asked now
  ServerAddress tried_;
  unsigned waits_ = 0;
  base::Failure why_;
};

// "+switch-master" as Sentinels publish it: "NAME OLD-IP OLD-PORT NEW-IP NEW-PORT". The new
// master's address, if it is about this name.
[[nodiscard]] std::optional<ServerAddress> switched_master(std::string_view message,
                                                           std::string_view master_name);

}  // namespace harbor_router::redis
