"""podman through the router: by its own name, and as registries.conf's mirror."""

import json
import os
import threading

from podman import podman
from processes import Failed
from relay import Relay
from story import Story, main


class RestartBeforeBlobs(Relay):
    """The router ends and another one starts once the manifest is there and a blob is wanted."""

    def __init__(self, router):
        self._once = threading.Lock()
        self.restarted = False
        super().__init__(router)

    def changed(self, head):
        if b"/blobs/" in head.partition(b"\r\n")[0]:
            with self._once:
                if not self.restarted:
                    self.router.restart()
                    self.restarted = True
        return head


class Podman(Story):
    def setUp(self):
        super().setUp()
        self.environment = dict(os.environ)
        if os.geteuid() != 0:  # ends the process that keeps a rootless user namespace
            self.addCleanup(self.podman, "system", "migrate")

    def podman(self, *words):
        return podman(self.world.directory, *words, environment=self.environment)

    def pull(self, reference, *options):
        self.addCleanup(self.podman, "rmi", "--all", "--force")
        self.podman("pull", "--tls-verify=false", "--quiet", *options, reference)

    def mirror_docker_io(self, port):
        config = self.mirrors(port, self.registries["hub"])  # which has none of the images
        self.environment["CONTAINERS_REGISTRIES_CONF"] = str(config)

    def assertHas(self, reference, project, repository, manifest):
        """The image is that of manifest, and podman unpacked every layer of its config."""
        image = json.loads(self.podman("image", "inspect", reference))[0]
        self.assertEqual(image["Digest"], manifest.digest)
        config_digest = manifest.parsed["config"]["digest"]
        self.assertEqual("sha256:" + image["Id"], config_digest)
        layout = self.world.layout(project, repository)
        config = json.loads(layout.blob(config_digest))
        self.assertEqual(image["RootFS"]["Layers"], config["rootfs"]["diff_ids"])

    def test_pull_by_tag_and_by_digest(self):
        manifest = self.world.has("own", "team/direct")
        name = f"127.0.0.1:{self.router.port}/proxy/team/direct"
        self.harbor.forget_requests()
        self.pull(f"{name}:1")
        self.assertHas(f"{name}:1", "own", "team/direct", manifest)
        self.assertColdPullFrom("own")
        self.podman("rmi", f"{name}:1")

        self.harbor.forget_requests()
        self.pull(f"{name}@{manifest.digest}")
        self.assertHas(f"{name}@{manifest.digest}", "own", "team/direct", manifest)
        self.assertOnlyAsked("own")

    def test_the_mirror_of_registries_conf(self):
        manifest = self.world.has("quay", "team/mirrored")
        self.mirror_docker_io(self.router.port)
        self.harbor.forget_requests()
        self.pull("docker.io/team/mirrored:1")
        self.assertHas("docker.io/team/mirrored:1", "quay", "team/mirrored", manifest)
        self.assertColdPullFrom("quay")
        blobs = [each["reference"] for each in self.harbor.asked(endpoint="blobs", method="GET")]
        self.assertEqual(sorted(blobs), sorted(manifest.blobs))

    def test_a_router_restarted_between_manifest_and_blobs(self):
        manifest = self.world.has("quay", "team/restarted")
        relay = self.addRelay(RestartBeforeBlobs(self.router))
        self.mirror_docker_io(relay.port)
        self.harbor.forget_requests()
        self.pull("docker.io/team/restarted:1")
        self.assertTrue(relay.restarted)
        self.assertHas("docker.io/team/restarted:1", "quay", "team/restarted", manifest)
        served = {each["project"] for each in self.harbor.asked(endpoint="blobs", method="GET")
                  if each["status"] == 200}
        self.assertEqual(served, {"quay"})

    def test_an_index_s_platform(self):
        index = self.world.has_index("quay", "team/platforms")
        name = f"127.0.0.1:{self.router.port}/proxy/team/platforms:1"
        self.harbor.forget_requests()
        self.pull(name, "--arch=arm64")
        self.assertColdPullFrom("quay")
        image = json.loads(self.podman("image", "inspect", name))[0]
        self.assertEqual(image["Architecture"], "arm64")
        self.assertIn(image["Digest"], index.children + [index.digest])

    def test_a_missing_tag_is_not_found(self):
        self.world.has("own", "team/here")
        self.harbor.forget_requests()
        with self.assertRaisesRegex(Failed, "manifest unknown"):
            self.pull(f"127.0.0.1:{self.router.port}/proxy/team/here:missing")
        self.assertUnknownEverywhere("team/here/manifests/missing")


if __name__ == "__main__":
    main("podman")
