#include "harbor_router/oci/tags_page.hpp"

#include <nlohmann/json.hpp>

#include "harbor_router/base/json_escape.hpp"
#include "harbor_router/base/json_text.hpp"

namespace harbor_router::oci {

base::Result<TagsPage> parse_tags_page(std::string_view body) {
  using nlohmann::json;
  const auto wrong = [](const char* what) {
    return base::failure(base::Errc::unexpected_answer, what);
  };
  const json answer = base::read_json<json>(body);
  if (!answer.is_object()) return wrong("the list of tags is no JSON object");
  const auto tags = answer.find("tags");
  if (tags == answer.end()) return wrong("the list of tags has no member tags");
  TagsPage page;
  if (tags->is_null()) return page;  // how Go writes an empty list
  if (!tags->is_array()) return wrong("tags is no list");
  page.tags.reserve(tags->size());
  for (const json& tag : *tags) {
    if (!tag.is_string()) return wrong("a tag is no string");
    page.tags.push_back(tag.get<std::string>());
  }
  return page;
}

std::string tags_page_body(std::string_view client_name, const TagsPage& page) {
  std::string body = R"({"name":")";
  base::append_json_escaped(body, client_name);
  body += R"(","tags":[)";
  for (const std::string& tag : page.tags) {
    if (body.back() != '[') body += ',';
    body += '"';
    base::append_json_escaped(body, tag);
    body += '"';
  }
  body += "]}";
  return body;
}

}  // namespace harbor_router::oci
