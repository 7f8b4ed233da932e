"""skopeo, and with it everything that pulls with containers/image, through the router."""

import concurrent.futures
import json
import re
import socket

import images
from processes import DEADLINE, Failed, ask, run
from relay import Relay
from story import Story, main
from world import PROJECTS


class TagsInPages(Relay):
    """skopeo names no page size; this one does."""

    def changed(self, head):
        return re.sub(rb"^(GET \S+/tags/list)( )", rb"\1?n=4\2", head)


class Skopeo(Story):
    def reference(self, name, port=None):
        return f"docker://127.0.0.1:{port or self.router.port}/proxy/{name}"

    def copy(self, source, name="copy", *options):
        """Copies to an OCI layout, byte for byte."""
        layout = self.directory / name
        run("skopeo", *options, "copy", "--all", "--preserve-digests", "--src-tls-verify=false",
            source, f"oci:{layout}:copy")
        return images.Layout(layout)

    def inspect(self, source, *options):
        return json.loads(run("skopeo", *options, "inspect", "--tls-verify=false", source))

    def test_tls_is_refused_at_once_so_that_http_is_tried(self):
        with socket.create_connection(("127.0.0.1", self.router.port), DEADLINE) as client:
            client.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")  # a ClientHello begins
            self.assertEqual(client.recv(12), b"HTTP/1.1 400")

    def test_oci_image_by_tag_and_by_digest(self):
        manifest = self.world.has("own", "team/oci")
        self.harbor.forget_requests()
        self.copy(self.reference("team/oci:1")).check(manifest)
        self.assertColdPullFrom("own")

        self.harbor.forget_requests()
        self.copy(self.reference("team/oci:1"), "warm").check(manifest)
        self.assertOnlyAsked("own")
        self.copy(self.reference(f"team/oci@{manifest.digest}"), "by-digest").check(manifest)
        self.assertOnlyAsked("own")

    def test_by_digest_with_nothing_known(self):
        manifest = self.world.has("quay", "team/unseen")
        self.harbor.forget_requests()
        self.copy(self.reference(f"team/unseen@{manifest.digest}")).check(manifest)
        self.assertColdPullFrom("quay")

    def test_docker_image_keeps_its_type_and_digest(self):
        manifest = self.world.has("own", "team/docker", "--format=v2s2")
        self.assertEqual(manifest.parsed["mediaType"], images.DOCKER_MANIFEST)
        copy = self.directory / "copy"
        for source in ("team/docker:1", f"team/docker@{manifest.digest}"):
            run("skopeo", "copy", "--src-tls-verify=false", self.reference(source), f"dir:{copy}")
            self.assertEqual((copy / "manifest.json").read_bytes(), manifest.content)
            for blob in manifest.blobs:
                content = (copy / blob.removeprefix("sha256:")).read_bytes()
                self.assertEqual(images.digest_of(content), blob)

    def test_all_six_accept_lines_reach_harbor(self):
        self.world.has("own", "team/accept")
        self.copy(f"docker://127.0.0.1:{self.harbor.port}/own/team/accept:1", "direct")
        direct = self.harbor.asked(endpoint="manifests", project="own")[-1]["accept"]
        self.assertEqual(len(direct), 6)
        self.harbor.forget_requests()
        self.copy(self.reference("team/accept:1"))
        asked = self.harbor.asked(endpoint="manifests")
        self.assertEqual(len(asked), len(PROJECTS) + 1)
        for each in asked:
            self.assertEqual(sorted(each["accept"]), sorted(direct), each["method"])

    def test_all_platforms_of_an_index_from_one_project(self):
        manifest = self.world.has_index("quay", "team/multi")
        self.harbor.forget_requests()
        self.copy(self.reference("team/multi:1")).check(manifest)
        self.assertColdPullFrom("quay")
        children = [each["reference"] for each in self.harbor.asked(method="GET",
                                                                    endpoint="manifests")]
        self.assertEqual(sorted(children), sorted(["1", *manifest.children]))

    def test_inspect_and_list_tags_over_several_pages(self):
        manifest = self.world.has("own", "team/paged")
        tags = [f"1.{number}" for number in range(10, 21)]
        for tag in tags:
            self.registries["own"].tag("team/paged", manifest, tag)
        relay = self.addRelay(TagsInPages(self.router))
        self.harbor.forget_requests()
        listed = json.loads(run("skopeo", "list-tags", "--tls-verify=false",
                                self.reference("team/paged", relay.port)))
        self.assertEqual(listed["Tags"], ["1", *tags])
        pages = self.harbor.asked(endpoint="tags", project="own")
        self.assertGreaterEqual(len(pages), 3)
        self.assertIn("last=", pages[-1]["target"])

        seen = self.inspect(self.reference("team/paged:1.15", relay.port))
        self.assertEqual(seen["Digest"], manifest.digest)
        self.assertEqual(seen["RepoTags"], ["1", *tags])

        status, headers, body = ask(self.router.port, "GET", "/v2/proxy/team/paged/tags/list?n=4")
        self.assertEqual((status, json.loads(body)["name"]), (200, "proxy/team/paged"))
        self.assertRegex(headers["Link"], r'^</v2/proxy/team/paged/tags/list\?.*>; *rel="next"$')

    def test_a_missing_tag_is_not_found(self):
        self.world.has("own", "team/there")
        self.harbor.forget_requests()
        with self.assertRaisesRegex(Failed, "manifest unknown"):
            self.copy(self.reference("team/there:missing"))
        self.assertUnknownEverywhere("team/there/manifests/missing")

    def test_a_missing_image_is_looked_for_at_the_second_host(self):
        manifest = self.world.has("own", "only/there")
        config = self.mirrors(self.router.port, self.registries["own"])
        with self.harbor.fault("own", "status", status=404):  # Harbor has it not
            self.harbor.forget_requests()
            self.copy("docker://docker.io/only/there:1", "copy", "--registries-conf",
                      config).check(manifest)
        self.assertEqual(self.harbor.projects_asked(), set(PROJECTS))

    def test_one_project_refuses_one_answers_html_one_has_it(self):
        manifest = self.world.has("own", "team/served")
        with self.harbor.fault("hub", "status", status=401), \
                self.harbor.fault("quay", "portal_page"):
            self.copy(self.reference("team/served:1")).check(manifest)
            self.assertEqual(self.inspect(self.reference("team/served:1"))["Digest"],
                             manifest.digest)

    def test_an_image_gone_from_its_project_is_found_in_another(self):
        first = self.world.has("own", "team/moved")
        self.copy(self.reference("team/moved:1"), "first").check(first)
        self.registries["own"].remove("team/moved", first)
        second = self.world.has("quay", "team/moved")
        self.harbor.forget_requests()
        self.copy(self.reference("team/moved:1"), "second").check(second)
        self.assertIn("quay", self.harbor.projects_asked(endpoint="blobs", method="GET"))

    def test_a_blob_cut_by_harbor_arrives_whole(self):
        # skopeo 1.9.3 itself gives up on a cut blob: the router goes on where Harbor broke off.
        manifest = self.world.has("own", "team/cut", layer_sizes=(4 * images.MEGABYTE,))
        with self.harbor.fault("own", "cut", endpoint="blobs", method="GET",
                               after_bytes=images.MEGABYTE, count=1):
            self.harbor.forget_requests()
            self.copy(self.reference("team/cut:1")).check(manifest)
        self.assertResumed(manifest.blobs[1])

    def test_twenty_cold_pulls_at_once_are_one_fan_out(self):
        manifest = self.world.has("quay", "team/herd")
        self.harbor.forget_requests()
        with concurrent.futures.ThreadPoolExecutor(20) as clients:
            copies = list(clients.map(
                lambda number: self.copy(self.reference("team/herd:1"), f"copy{number}"),
                range(20)))
        for copy in copies:
            copy.check(manifest)
        self.assertColdPullFrom("quay")


if __name__ == "__main__":
    main()
