"""ctr and a containerd of our own through the router: by the router's name, and as the mirror of
hosts.toml, where ns= says which registry an image is of."""

import threading

import images
from containerd import Containerd, hosts_dir
from processes import Failed, end
from relay import Relay
from story import Story, main


class CutFirstLayer(Relay):
    """The first large answer breaks off after a megabyte."""

    def __init__(self, router, blob):
        self._blob = blob.encode()
        self._cut = threading.Lock()
        super().__init__(router)

    def limit(self, head):
        wanted = self._blob in head.partition(b"\r\n")[0]
        return images.MEGABYTE if wanted and self._cut.acquire(blocking=False) else None


class Ctr(Story):
    @classmethod
    def setUpClass(cls):
        directory = cls.world.directory / "containerd"
        directory.mkdir()
        cls.containerd = Containerd(directory)
        cls.addClassCleanup(lambda: end(cls.containerd.process))

    def ctr(self, *words):
        return self.containerd.ctr(self._testMethodName, *words)

    def pull(self, reference, *options):
        self.ctr("images", "pull", "--snapshotter=native", *options, reference)

    def pull_direct(self, name, *options, port=None):
        reference = f"127.0.0.1:{port or self.router.port}/proxy/{name}"
        self.pull(reference, "--plain-http", *options)
        return reference

    def mirror(self, *words, **server):
        return hosts_dir(self.directory, *words, **server)

    def forget(self, reference):
        self.ctr("images", "rm", "--sync", reference)

    def assertHas(self, reference, manifest, children=()):
        """The image is that of manifest, and all of its content is there and what it is named."""
        listed = [line.split() for line in self.ctr("images", "ls").decode().splitlines()]
        self.assertEqual([words[2] for words in listed if words[0] == reference],
                         [manifest.digest])
        parents = [manifest]
        for digest in children:
            self.assertIn(digest, manifest.children)
            parents.append(images.Manifest(self.content(digest)))
        self.content(manifest.digest)
        for parent in parents:
            for blob in [] if parent.children else parent.blobs:
                self.content(blob)

    def content(self, digest):
        content = self.ctr("content", "get", digest)
        self.assertEqual(images.digest_of(content), digest)
        return content

    def test_cold_then_warm(self):
        manifest = self.world.has("own", "team/direct")
        self.harbor.forget_requests()
        reference = self.pull_direct("team/direct:1")
        self.assertHas(reference, manifest)
        self.assertColdPullFrom("own")

        self.forget(reference)
        self.harbor.forget_requests()
        self.pull_direct("team/direct:1")
        self.assertHas(reference, manifest)
        self.assertOnlyAsked("own")

    def test_by_digest_with_nothing_known(self):
        manifest = self.world.has("quay", "team/unseen")
        self.harbor.forget_requests()
        reference = self.pull_direct(f"team/unseen@{manifest.digest}")
        self.assertHas(reference, manifest)
        self.assertEqual(self.harbor.projects_asked(method="GET"), {"quay"})

    def test_a_docker_image(self):
        manifest = self.world.has("own", "team/docker", "--format=v2s2")
        self.assertHas(self.pull_direct("team/docker:1"), manifest)

    def test_an_index_whole_and_by_platform(self):
        manifest = self.world.has_index("quay", "team/multi")
        self.harbor.forget_requests()
        reference = self.pull_direct("team/multi:1", "--all-platforms")
        self.assertHas(reference, manifest, manifest.children)
        self.assertColdPullFrom("quay")
        self.forget(reference)
        reference = self.pull_direct("team/multi:1", "--platform=linux/arm64")
        self.assertHas(reference, manifest, manifest.children[1:])

    def check_form(self, repository, mirror, *lines):
        manifest = self.world.has("hub", repository)
        options = self.mirror("docker.io", mirror, *lines)
        self.harbor.forget_requests()
        self.pull(f"docker.io/{repository}:1", *options)
        self.assertHas(f"docker.io/{repository}:1", manifest)
        self.assertOnlyAsked("hub")
        for each in self.harbor.asked():
            self.assertNotIn("ns=", each["target"])

    def test_mirror_with_the_project_below_v2(self):
        self.check_form("library/below", f"127.0.0.1:{self.router.port}/v2/proxy",
                        "override_path = true")

    def test_mirror_with_the_project_above_v2(self):
        self.check_form("library/above", f"127.0.0.1:{self.router.port}/proxy")

    def test_mirror_without_a_project(self):
        self.check_form("library/bare", f"127.0.0.1:{self.router.port}")

    def test_two_registries_with_one_path_keep_their_own_content(self):
        manifests = {"docker.io": self.world.has("hub", "org/app"),
                     "quay.io": self.world.has("quay", "org/app")}
        self.assertNotEqual(manifests["docker.io"].digest, manifests["quay.io"].digest)
        options = self.mirror("_default", f"127.0.0.1:{self.router.port}/v2/proxy",
                              "override_path = true")
        for _ in ("cold", "warm"):
            for registry, project in (("docker.io", "hub"), ("quay.io", "quay")):
                self.harbor.forget_requests()
                self.pull(f"{registry}/org/app:1", *options)
                self.assertHas(f"{registry}/org/app:1", manifests[registry])
                self.assertOnlyAsked(project)
                self.forget(f"{registry}/org/app:1")

    def test_a_mirror_for_pulls_only_is_asked_by_digest_first(self):
        manifest = self.world.has("hub", "library/resolved")
        options = self.mirror("docker.io", f"127.0.0.1:{self.router.port}/v2/proxy",
                              "override_path = true", 'capabilities = ["pull"]',
                              server=self.registries["hub"].port)
        self.harbor.forget_requests()
        self.pull("docker.io/library/resolved:1", *options)
        self.assertHas("docker.io/library/resolved:1", manifest)
        self.assertOnlyAsked("hub")
        self.assertEqual({each["reference"] for each in self.harbor.asked(endpoint="manifests")},
                         {manifest.digest})

    def test_a_missing_tag_is_not_found(self):
        self.world.has("own", "team/there")
        self.harbor.forget_requests()
        with self.assertRaisesRegex(Failed, "not found"):
            self.pull_direct("team/there:missing")
        self.assertUnknownEverywhere("team/there/manifests/missing")

    def test_a_missing_image_is_looked_for_at_the_second_host(self):
        manifest = self.world.has("quay", "only/there")
        options = self.mirror("docker.io", f"127.0.0.1:{self.router.port}/v2/proxy",
                              "override_path = true", server=self.registries["quay"].port)
        self.harbor.forget_requests()
        self.pull("docker.io/only/there:1", *options)
        self.assertHas("docker.io/only/there:1", manifest)
        self.assertEqual(self.harbor.projects_asked(), {"hub"})

    def test_one_project_refuses_one_answers_html_one_has_it(self):
        manifest = self.world.has("own", "team/served")
        with self.harbor.fault("hub", "status", status=401), \
                self.harbor.fault("quay", "portal_page"):
            self.assertHas(self.pull_direct("team/served:1"), manifest)

    def test_a_connection_cut_at_a_megabyte_is_resumed(self):
        manifest = self.world.has("own", "team/cut", layer_sizes=(4 * images.MEGABYTE,))
        layer = manifest.blobs[1]
        relay = self.addRelay(CutFirstLayer(self.router, layer))
        self.harbor.forget_requests()
        self.assertHas(self.pull_direct("team/cut:1", port=relay.port), manifest)
        self.assertResumed(layer)

    def test_a_blob_cut_by_harbor_arrives_whole(self):
        manifest = self.world.has("own", "team/cut-above", layer_sizes=(4 * images.MEGABYTE,))
        with self.harbor.fault("own", "cut", endpoint="blobs", method="GET",
                               after_bytes=images.MEGABYTE, count=1):
            self.assertHas(self.pull_direct("team/cut-above:1"), manifest)


if __name__ == "__main__":
    main("containerd", "ctr", "unshare")
