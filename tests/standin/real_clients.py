"""The stand-in Harbor as real tools see it: skopeo copies its made images, and a project backed by
Debian's docker-registry relays what skopeo pushed there.

usage: real_clients.py STAND_IN_HARBOR   (exit code 77: a tool is missing)
Everything listens on 127.0.0.1 and is ended by its process id."""

import contextlib
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "clients"))
from processes import ask, connects, end, free_port, run, wait_for  # noqa: E402


class Harbor:
    def __init__(self, port):
        self.port = port

    def ask(self, method, path, headers={}, body=None):
        return ask(self.port, method, path, headers, body)

    def token(self, project):
        _, _, body = self.ask("GET", "/service/token?service=harbor-registry"
                              f"&scope=repository:{project}/x:pull")
        return {"Authorization": "Bearer " + json.loads(body)["token"]}


def check_made_images(harbor, work):
    for name in ("oci", "docker", "multi"):
        source = f"docker://127.0.0.1:{harbor.port}/p/made/{name}:1"
        target = work / name
        run("skopeo", "copy", "--all", "--src-tls-verify=false", source, f"dir:{target}")
        digest = run("skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}",
                     source).decode().strip()
        manifest = (target / "manifest.json").read_bytes()
        assert digest == "sha256:" + hashlib.sha256(manifest).hexdigest(), name
    # A format that reads the layers: skopeo unpacks them and checks every diff id.
    run("skopeo", "copy", "--src-tls-verify=false", "--dest-compress-format=gzip",
        f"docker://127.0.0.1:{harbor.port}/p/made/docker:1", f"docker-archive:{work / 'a.tar'}:x:1")
    run("tar", "-tf", str(work / "a.tar"))
    run("skopeo", "copy", "--src-tls-verify=false", "--src-creds=ann:pw",
        f"docker://127.0.0.1:{harbor.port}/closed/made/oci:1", f"oci:{work / 'closed'}:1")


def check_backend(harbor, backend, work):
    run("skopeo", "copy", "--dest-tls-verify=false", f"dir:{work / 'oci'}",
        f"docker://127.0.0.1:{backend}/team/app:1")
    run("skopeo", "copy", "--dest-tls-verify=false", f"dir:{work / 'oci'}",
        f"docker://127.0.0.1:{backend}/team/app:2")
    run("skopeo", "copy", "--src-tls-verify=false",
        f"docker://127.0.0.1:{harbor.port}/backed/team/app:1", f"dir:{work / 'again'}")
    same = (work / "again/manifest.json").read_bytes()
    assert same == (work / "oci/manifest.json").read_bytes()

    token = harbor.token("backed")
    oci = {**token, "Accept": "application/vnd.oci.image.manifest.v1+json"}
    status, headers, body = harbor.ask("HEAD", "/v2/backed/team/app/manifests/1", oci)
    digest = "sha256:" + hashlib.sha256(same).hexdigest()
    assert (status, body) == (200, b"")
    assert headers["Docker-Content-Digest"] == digest and headers["ETag"] == f'"{digest}"'
    assert headers["Content-Length"] == str(len(same))
    status, _, _ = harbor.ask("GET", "/v2/backed/team/app/manifests/1",
                              {**oci, "If-None-Match": f'"{digest}"'})
    assert status == 304

    layer = json.loads(same)["layers"][0]["digest"]
    content = (work / "oci" / layer.removeprefix("sha256:")).read_bytes()
    status, headers, body = harbor.ask("GET", f"/v2/backed/team/app/blobs/{layer}",
                                       {**token, "Range": "bytes=100-199"})
    assert (status, body) == (206, content[100:200])
    assert headers["Content-Range"] == f"bytes 100-199/{len(content)}"
    status, _, body = harbor.ask("HEAD", f"/v2/backed/team/app/blobs/{layer}", token)
    assert (status, body) == (200, b"")

    status, headers, body = harbor.ask("GET", "/v2/backed/team/app/tags/list?n=1", token)
    assert json.loads(body) == {"name": "backed/team/app", "tags": ["1"]}
    assert headers["Link"].startswith("</v2/backed/team/app/tags/list?"), headers["Link"]
    status, _, body = harbor.ask("GET", "/v2/backed/no/such/tags/list", token)
    assert (status, json.loads(body)["tags"]) == (200, [])
    status, _, body = harbor.ask("GET", "/v2/backed/team/app/manifests/none", token)
    assert (status, json.loads(body)["errors"][0]["code"]) == (404, "NOT_FOUND")

    harbor.ask("POST", "/_stand-in/faults", {}, json.dumps(
        {"project": "backed", "endpoint": "blobs", "kind": "wrong_bytes"}).encode())
    _, _, body = harbor.ask("GET", f"/v2/backed/team/app/blobs/{layer}", token)
    assert len(body) == len(content) and body != content
    _, _, log = harbor.ask("GET", "/_stand-in/requests?project=backed&endpoint=blobs&method=HEAD")
    assert [entry["reference"] for entry in json.loads(log)] == [layer]


def main(stand_in_harbor):
    if not (shutil.which("skopeo") and shutil.which("docker-registry")):
        sys.exit(77)
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        backend = free_port()
        (work / "registry.yml").write_text(
            f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {work}/registry\n"
            f"http:\n  addr: 127.0.0.1:{backend}\n")
        made = [{"repository": "made/oci", "tag": "1", "layer_sizes": [1000, 200000]},
                {"repository": "made/docker", "tag": "1", "format": "docker"},
                {"repository": "made/multi", "tag": "1",
                 "platforms": ["linux/amd64", "linux/arm64/v8"]}]
        registry = {"type": "docker-registry", "url": "https://registry.test"}
        (work / "config.json").write_text(json.dumps({
            "accounts": [{"name": "ann", "password": "pw", "projects": ["closed"]}],
            "projects": [
                {"name": "p", "registry": registry, "images": made},
                {"name": "closed", "public": False, "registry": registry, "images": made[:1]},
                {"name": "backed", "registry": registry, "backend": backend}]}))
        with open(work / "registry.log", "wb") as log, contextlib.ExitStack() as running:
            backing = subprocess.Popen(["docker-registry", "serve", work / "registry.yml"],
                                       stdout=log, stderr=log)
            running.callback(end, backing)
            stand_in = subprocess.Popen([stand_in_harbor, "--config", work / "config.json",
                                         "--port-file", work / "port"])
            running.callback(end, stand_in)
            wait_for((work / "port").exists, "the stand-in Harbor", stand_in)
            wait_for(lambda: connects(backend), "docker-registry", backing)
            harbor = Harbor(int((work / "port").read_text()))
            check_made_images(harbor, work)
            check_backend(harbor, backend, work)
            code = end(stand_in)
            assert code == 0, f"the stand-in ended with {code} on SIGTERM"


main(sys.argv[1])
