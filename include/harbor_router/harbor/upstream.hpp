// The seam between routing and Harbor: one question to one project, one answer.
//
// Everything the routing core needs of the network is this interface; tests give it a scripted one.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harbor_router/harbor/credentials.hpp"
#include "harbor_router/harbor/outcome.hpp"
#include "harbor_router/harbor/project.hpp"
#include "harbor_router/http/exchange.hpp"
#include "harbor_router/oci/digest.hpp"
#include "harbor_router/oci/request_path.hpp"

namespace harbor_router::harbor {

using http::Awaitable;

enum class Method { get, head };

// For whoever asks and may leave before the answer: closes the connection of the question under
// way, and of whatever would be asked after it. One thread.
class Withdrawal {
 public:
  void withdraw() noexcept {
    withdrawn_ = true;
    if (under_way_ != nullptr) under_way_->abort();
  }
  [[nodiscard]] bool is_withdrawn() const noexcept { return withdrawn_; }

  // An exchange that ends with the withdrawal, while this lives.
  class UnderWay {
   public:
    UnderWay(Withdrawal* withdrawal, http::Exchange& exchange) : withdrawal_(withdrawal) {
      if (withdrawal_ == nullptr) return;
      withdrawal_->under_way_ = &exchange;
      if (withdrawal_->withdrawn_) exchange.abort();
    }
    ~UnderWay() {
      if (withdrawal_ != nullptr) withdrawal_->under_way_ = nullptr;
    }
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;

   private:
    Withdrawal* withdrawal_;
  };

 private:
  http::Exchange* under_way_ = nullptr;
  bool withdrawn_ = false;
};

struct Question {
  Method method = Method::head;
  oci::Endpoint endpoint = oci::Endpoint::manifests;
  std::string reference;            // tag or digest; empty for tags
  std::vector<std::string> accept;  // the client's own lines, kept apart
  std::string range;                // blobs: verbatim
  std::string if_none_match;        // blobs: the digest's tag, where the client has it
  std::string query;                // tags, referrers: "?n=..", built by us
  std::string request_id;
  CredentialsPointer credentials;
  std::shared_ptr<Withdrawal> withdrawal;  // null: the answer is waited for

  // Whether the bytes asked for are the same wherever they are.
  [[nodiscard]] bool is_by_digest() const noexcept {
    return (endpoint == oci::Endpoint::manifests || endpoint == oci::Endpoint::blobs) &&
           oci::Digest::is_one(reference);
  }
};

struct Answer {
  Outcome outcome = Outcome::failed;
  int status = 0;                     // 0: no answer
  std::optional<base::Errc> failure;  // why there is no (whole) answer
  std::string detail;                 // what went wrong, for logs and `resolve`
  std::string content_type;
  std::optional<oci::Digest> digest;  // announced or, for a manifest read, computed and verified
  std::optional<std::uint64_t> length;
  std::string content_range, location, accept_ranges, link, filters_applied;
  std::vector<std::string> warnings;                // Warning fields, passed to the client
  std::optional<std::chrono::seconds> retry_after;  // with limited and failed
  std::chrono::nanoseconds duration{0};
  std::shared_ptr<const std::string> body;  // manifests, tags, referrers: whole
  std::unique_ptr<http::Exchange> stream;   // blob GET that hit: the body not yet read
  std::shared_ptr<void> place;  // held while the project is being asked, its stream included
};

// What is to be asked of whom; borrowed until the answer has come.
struct Errand {
  const Project& project;
  std::string_view repository;  // as the project's upstream names it (Project::upstream_repository)
  const Question& question;
  base::TimePoint deadline;  // for the answer's head
};

class Upstream {
 public:
  virtual ~Upstream() = default;
  // Never null. Never throws for what Harbor or the network does.
  [[nodiscard]] virtual Awaitable<std::shared_ptr<Answer>> ask(Errand errand) = 0;
};

}  // namespace harbor_router::harbor
