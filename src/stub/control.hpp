// /_stand-in/: the control of a running stand-in over HTTP, for tests in other languages. Bodies
// and answers are JSON; a mistake in a request is a 400 that says what.
//   GET    requests?method=&project=&endpoint=   the log; DELETE: forget it
//   GET    state                                 connections, requests in progress, cache jobs
//   POST   faults    {"method","project","endpoint","count","delay_ms","kind",...}: kind is one of
//                    none, status {status,retry_after,body,content_type}, hang, close,
//                    cut {after_bytes}, portal_page, raw_bytes {bytes}, wrong_length {difference},
//                    wrong_bytes, slow_drip {chunk,interval_ms}
//   DELETE faults?project=
//   POST   projects  a project as in config.hpp; DELETE projects?name=
//   POST   tags      {"project", and an image as in config.hpp}; answers {"digest"}
//   DELETE tags?project=&repository=&tag=
//   POST   cache     {"project","repository","tag"}; DELETE cache?project=
//   POST   policy    {"project","repository","tag"}: 412 from now on
//   POST   settings  {"project","public","registry_status","upstream","blob_delivery"}
//   DELETE tokens
#pragma once

#include "harbor_router/stub/stand_in.hpp"
#include "stub/answer.hpp"

namespace harbor_router::stub {

[[nodiscard]] Answer control_answer(StandIn& stand_in, const Request& request);

}  // namespace harbor_router::stub
