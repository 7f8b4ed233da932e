// What outlives this process or is shared with others: Redis and the snapshot file.
//
// Each worker has its own SharedCache; the first worker listens to the channels and reads what
// there is at start. What walks over all mappings or writes to a disk (purges, the hottest, the
// snapshot) is done by one thread of its own, so that no request waits for it.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>

#include "harbor_router/harbor/project_list_text.hpp"
#include "harbor_router/redis/listener.hpp"
#include "server/redis_purges.hpp"
#include "server/redis_state.hpp"
#include "server/worker.hpp"

namespace harbor_router::server {

class Kept {
 public:
  using Workers = std::vector<std::unique_ptr<Worker>>;

  // Null when neither is set. Reads the snapshot. Throws std::runtime_error when REDIS_CA_FILE
  // cannot be read. shared and workers must outlive it.
  [[nodiscard]] static std::unique_ptr<Kept> make(Shared& shared, Workers& workers);
  Kept(Shared& shared, Workers& workers);
  ~Kept();

  void start();   // before the workers run
  void finish();  // after they ended: writes the last snapshot

 private:
  void start_redis();
  void read_snapshot();
  void write_snapshot();
  void every_minute(std::chrono::seconds from_now);
  void publish_hottest();
  void publish_projects();
  void forget_matching(const std::string& pattern);
  void forget_writes(const std::string& pattern);
  // Until it is done, or Redis was too slow for it again and again: it may not be ready yet, or
  // lose the connection meanwhile.
  [[nodiscard]] http::Awaitable<> warm_up();
  // A failure: no list of projects is known to check them against, or Redis did not answer.
  [[nodiscard]] http::Awaitable<base::Result<void>> restore_hottest();
  // Unless it is no list, or one from discovery or a newer one is in use already.
  void adopt_projects(const std::string& text, const char* from);
  // Whether this router could have learnt it itself.
  [[nodiscard]] bool believes(const store::Record& record);
  bool restore(const store::Record& record);

  Shared& shared_;
  Workers& workers_;
  const KeptSettings& settings_;
  std::unique_ptr<http::asio::ssl::context> tls_;
  std::unique_ptr<RedisState> redis_state_;                  // null: no Redis
  http::asio::io_context context_{1};                        // of thread_
  std::unique_ptr<RedisPurges> purges_;                      // null: no Redis
  std::vector<std::unique_ptr<redis::SharedCache>> caches_;  // one a worker
  std::unique_ptr<redis::Listener> listener_;
  bool warming_ = false;                 // from here on the first worker's thread
  routing::ProjectListPointer adopted_;  // the list in use, unless it is from a discovery
  harbor::WallTime adopted_from_{};
  http::asio::executor_work_guard<http::Executor> work_{context_.get_executor()};
  http::Timer timer_{context_.get_executor()};
  bool finishing_ = false;                 // thread_ alone
  std::atomic<bool> snapshot_due_{false};  // one more than the minute's is posted
  std::string snapshot_failure_;           // said already
  std::thread thread_;
};

}  // namespace harbor_router::server
