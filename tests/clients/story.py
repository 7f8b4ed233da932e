"""What the clients' tests share: one World for all tests of a file, and main()."""

import json
import shutil
import sys
import unittest

import images
from processes import ask
from world import PROJECTS, SERVICE, World


class Story(unittest.TestCase):
    world = None  # set by main()

    def setUp(self):
        self.router = self.world.router
        self.harbor = self.world.harbor
        self.registries = self.world.registries
        name = f"{type(self).__name__}-{self._testMethodName}"
        self.directory = self.world.directory / name
        self.directory.mkdir()

    def run(self, result=None):
        """And where a test fails, what the router said."""
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(self.world.router.log(), file=sys.stderr)

    def addRelay(self, relay):
        self.addCleanup(relay.close)
        return relay

    def mirrors(self, port, second_host):
        """registries.conf: docker.io at the router (or a relay), else at a docker-registry."""
        config = self.directory / "registries.conf"
        config.write_text(f"""
[[registry]]
prefix = "docker.io"
location = "127.0.0.1:{second_host.port}"
insecure = true
[[registry.mirror]]
location = "127.0.0.1:{port}/proxy"
insecure = true
""")
        return config

    def asked(self, **which):
        """Since forget_requests(), about what was fetched since: what the story before was still
        looking for, or asked for once more, may come late."""
        def name(request):
            return request["repository"].removeprefix("library/")
        fetched = {name(each) for each in self.harbor.asked(method="GET")}
        return [each for each in self.harbor.asked(**which) if name(each) in fetched]

    def assertColdPullFrom(self, project):
        """Since forget_requests(): one HEAD a project, everything else in the right one."""
        for name in PROJECTS:
            heads = self.asked(method="HEAD", endpoint="manifests", project=name)
            self.assertEqual(len(heads), 1, name)
        self.assertEqual(self.harbor.projects_asked(method="GET"), {project})

    def assertOnlyAsked(self, project, *endpoints):
        """And it was asked for a manifest and for blobs, or for the given endpoints."""
        self.assertEqual({each["project"] for each in self.asked()}, {project})
        for endpoint in endpoints or ("manifests", "blobs"):
            self.assertTrue(self.harbor.asked(endpoint=endpoint, method="GET"), endpoint)

    def assertResumed(self, blob):
        """Harbor was asked for the blob, and then for what had not come of it."""
        asked = [each for each in self.harbor.asked(endpoint="blobs", method="GET")
                 if each["reference"] == blob]
        self.assertEqual([each["status"] for each in asked], [200, 206])
        ranges = [value for name, value in asked[1]["headers"] if name.lower() == "range"]
        self.assertRegex(ranges[0], r"^bytes=[1-9]\d+-")

    def assertUnknownEverywhere(self, name):
        """404 MANIFEST_UNKNOWN, once every project was asked by HEAD and none by GET."""
        status, _, body = ask(self.router.port, "GET", f"/v2/proxy/{name}",
                              {"Accept": images.USUAL_TYPES})
        self.assertEqual((status, json.loads(body)["errors"][0]["code"]),
                         (404, "MANIFEST_UNKNOWN"))
        repository = name.partition("/manifests/")[0]
        asked = [each for each in self.harbor.asked(endpoint="manifests")
                 if each["repository"] == repository]
        self.assertEqual(sorted((each["method"], each["project"]) for each in asked),
                         [("HEAD", project) for project in sorted(PROJECTS)])


def main(*programs, settings=SERVICE):
    """usage: FILE HARBOR-ROUTER STAND-IN-HARBOR [TEST...]; exit code 77: a program is missing."""
    missing = [each for each in ("docker-registry", "skopeo", "umoci", *programs)
               if not shutil.which(each)]
    if missing:
        print("missing:", *missing)
        sys.exit(77)
    with World(*sys.argv[1:3], settings) as world:
        Story.world = world
        result = unittest.main(argv=[sys.argv[0], *sys.argv[3:]], exit=False, verbosity=2).result
    sys.exit(not result.wasSuccessful())
