// Whether Redis is there, of all workers together: said once a change, in the log and a gauge.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "harbor_router/base/guarded.hpp"
#include "harbor_router/base/result.hpp"
#include "harbor_router/observe/log.hpp"
#include "harbor_router/observe/metrics.hpp"

namespace harbor_router::server {

class RedisState {
 public:
  RedisState(observe::Log& log, observe::Registry& metrics, std::size_t workers);

  // Any thread.
  void connected(std::size_t worker);
  void away(std::size_t worker, const base::Failure& why);
  // The words of Redis on a right that its user lacks.
  void forbidden(const std::string& why);
  // Mappings are refused from here on, in these words of Redis; "": taken again.
  void refuses(std::size_t worker, const std::string& why);
  [[nodiscard]] bool is_connected();

  observe::Counter& dropped_writes;
  observe::Counter& ignored_values;

 private:
  enum class Said { nothing, connected, away, refused };
  struct State {
    std::vector<bool> connected, refused;  // by worker
    Said said = Said::nothing;
    std::set<std::string> forbidden;  // said already
  };
  observe::Log& log_;
  observe::Gauge& connected_;
  base::Guarded<State> state_;
};

}  // namespace harbor_router::server
