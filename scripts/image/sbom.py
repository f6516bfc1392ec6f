"""The bill of materials of the image, as SPDX 2.3 in JSON; and a check that it is whole.

dpkg-query's lines "name<TAB>version<TAB>architecture<TAB>size" come on stdin, the packages of Swift from
Package.resolved. SPDX 2.3 says which fields a document must have: https://spdx.github.io/spdx-spec/v2.3/
"""

import argparse
import datetime
import hashlib
import json
import os
import re
import sys
import urllib.parse

IDENTIFIER = re.compile(r"^SPDXRef-[A-Za-z0-9.-]+$")


def identifier(*words):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", "-".join(words))


def package(kind, name, version, place, supplier, locator):
    return {
        "SPDXID": identifier(kind, name),
        "name": name,
        "versionInfo": version,
        "downloadLocation": place,
        "supplier": supplier,
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": locator}
        ],
    }


def debian_packages(lines):
    for line in lines:
        name, version, architecture, _ = line.rstrip("\n").split("\t")
        locator = f"pkg:deb/debian/{urllib.parse.quote(name)}@{urllib.parse.quote(version, safe='')}"
        locator += f"?arch={architecture}&distro=bookworm"
        yield package("deb", name, version, "NOASSERTION", "Organization: Debian", locator)


def swift_packages(path):
    with open(path, encoding="utf-8") as file:
        pins = json.load(file)["pins"]
    for pin in pins:
        version = pin["state"].get("version") or pin["state"]["revision"]
        address = pin["location"].removesuffix(".git")
        locator = f"pkg:swift/{address.removeprefix('https://')}@{version}"
        place = f"git+{address}@{pin['state']['revision']}"
        yield package("swift", pin["identity"], version, place, "NOASSERTION", locator)


def document(lines, resolved, version):
    parts = [*debian_packages(lines), *swift_packages(resolved)]
    cairn = package("image", "cairn", version, "NOASSERTION", "NOASSERTION", f"pkg:generic/cairn@{version}")
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    # Two images of the same packages have the same bill, as builds that can be repeated ask for.
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH") or datetime.datetime.now().timestamp())
    created = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    links = [("SPDXRef-DOCUMENT", "DESCRIBES", cairn["SPDXID"])]
    links += [(cairn["SPDXID"], "CONTAINS", part["SPDXID"]) for part in parts]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"cairn-{version}",
        "documentNamespace": f"https://cairn.storage/spdx/cairn-{version}-{digest}",
        "creationInfo": {
            "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: cairn-image-sbom"],
        },
        "packages": [cairn, *parts],
        "relationships": [
            {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
            for one, kind, other in links
        ],
    }


def complaints(bill):
    """What SPDX 2.3 asks of a document, and we of ours."""
    expected = {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT"}
    for key, value in expected.items():
        if bill.get(key) != value:
            yield f"{key} is {bill.get(key)!r}"
    if not bill.get("name"):
        yield "it has no name"
    if not re.match(r"^https://[^#\s]+$", bill.get("documentNamespace", "")):
        yield "documentNamespace is no URI without a fragment"
    info = bill.get("creationInfo", {})
    if not re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", info.get("created", "")):
        yield "creationInfo.created is no time"
    creators = info.get("creators", [])
    if not creators or not all(re.match(r"^(Tool|Person|Organization): \S", text) for text in creators):
        yield "creationInfo.creators names nobody"
    yield from package_complaints(bill.get("packages", []))
    known = {"SPDXRef-DOCUMENT"} | {one.get("SPDXID") for one in bill.get("packages", [])}
    described = False
    for link in bill.get("relationships", []):
        ends = {link.get("spdxElementId"), link.get("relatedSpdxElement")}
        if not ends <= known:
            yield f"a relationship names {ends - known}"
        described |= link.get("relationshipType") == "DESCRIBES"
    if not described:
        yield "the document describes nothing"


def package_complaints(packages):
    seen = set()
    for one in packages:
        name = one.get("name")
        if not name or not one.get("versionInfo"):
            yield f"a package has no name or no version: {one.get('SPDXID')}"
        if not IDENTIFIER.match(one.get("SPDXID", "")) or one["SPDXID"] in seen:
            yield f"{name}: its SPDXID is malformed or taken"
        seen.add(one.get("SPDXID"))
        if not one.get("downloadLocation") or one.get("filesAnalyzed") is not False:
            yield f"{name}: downloadLocation and filesAnalyzed are missing"
        if not all(ref["referenceLocator"].startswith("pkg:") for ref in one.get("externalRefs", [])):
            yield f"{name}: a purl is malformed"
    wanted = {"cairn", "swift-log", "swift-argument-parser", "libc6"}
    with open("deploy/image-packages", encoding="utf-8") as file:
        wanted |= set(re.sub(r"#.*", "", file.read()).split())
    for name in sorted(wanted - {one.get("name") for one in packages}):
        yield f"{name} is missing"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check")
    parser.add_argument("--resolved")
    parser.add_argument("--version")
    options = parser.parse_args()
    if options.check:
        with open(options.check, encoding="utf-8") as file:
            found = list(complaints(json.load(file)))
        print("\n".join(found))
        return 1 if found else 0
    json.dump(document(sys.stdin, options.resolved, options.version), sys.stdout, indent=1)
    return 0


sys.exit(main())
