"""A certificate authority of the test's own, made with openssl."""

from processes import run


class Authority:
    def __init__(self, directory, name="ca"):
        self.directory, self.name = directory, name
        self.certificate = directory / f"{name}.crt"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
            directory / f"{name}.key", "-out", self.certificate, "-subj", "/CN=private", "-days", "2")

    def certify(self, name, subject):
        """A server's certificate and key; subject: "IP:127.0.0.1", "DNS:localhost"."""
        key, request, certificate = (self.directory / f"{name}.{kind}"
                                     for kind in ("key", "csr", "crt"))
        run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request,
            "-subj", f"/CN={name}")
        names = self.directory / f"{name}.names"
        names.write_text(f"subjectAltName={subject}\n")
        run("openssl", "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey",
            self.directory / f"{self.name}.key", "-CAcreateserial", "-out", certificate, "-days", "2",
            "-extfile", names)
        return certificate, key
