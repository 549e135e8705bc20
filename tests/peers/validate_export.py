"""Reads an exported in-toto statement with the package of the in-toto project.

Usage: validate_export.py FILE vsa|svr

A VSA is parsed by the package's schema, where unknown fields are an error; what the specification has changed since (levels are a
list, policy and inputs are resources, the verifier has a version) is checked here. SVR v0.2 has no schema in the
package: its statement is parsed, and its predicate is checked here, field by field. Exits 0 and prints the
predicate type if the document is valid; exits 1 and prints the reason if not; exits 2 on wrong usage.
"""

import json
import re
import sys

from google.protobuf import json_format
from in_toto_attestation.predicates.vsa.v1 import vsa_pb2
from in_toto_attestation.v1 import resource_descriptor_pb2, statement_pb2
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement

TYPES = {
    "vsa": "https://slsa.dev/verification_summary/v1",
    "svr": "https://in-toto.io/attestation/svr/v0.2",
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def insist(condition, why):
    if not condition:
        raise ValueError(why)


def resource(value):
    descriptor = json_format.ParseDict(value, resource_descriptor_pb2.ResourceDescriptor())
    ResourceDescriptor.copy_from_pb(descriptor).validate()


def vsa(predicate):
    # The package's schema has a policy of a URI and a digest; the specification makes it a resource.
    resource(predicate["policy"])
    policy = {key: value for key, value in predicate["policy"].items() if key in ("uri", "digest")}
    verifier = {"id": predicate["verifier"]["id"], "version": predicate["verifier"].get("version", {})}
    insist(verifier["id"] and set(predicate["verifier"]) <= {"id", "version"}, "verifier")
    for attestation in predicate["inputAttestations"]:
        resource(attestation)
    inputs = [{key: value for key, value in one.items() if key in ("uri", "digest")} for one in predicate["inputAttestations"]]
    known = {**predicate, "policy": policy, "inputAttestations": inputs, "verifier": {"id": verifier["id"]}}
    names = known.pop("verifiedLevels")
    parsed = json_format.ParseDict(known, vsa_pb2.VerificationSummary())
    insist(parsed.verification_result == "PASSED", "verificationResult")
    insist(parsed.resource_uri and parsed.HasField("time_verified"), "a required field is empty")
    levels(names)


def svr(predicate):
    insist(set(predicate) == {"verifier", "timeCreated", "properties"}, "fields")
    insist(set(predicate["verifier"]) == {"id", "policies"}, "verifier")
    insist(re.match(r"[a-z]+://", predicate["verifier"]["id"]), "verifier.id is not a URI")
    insist(TIME.fullmatch(predicate["timeCreated"]), "timeCreated")
    for policy in predicate["verifier"]["policies"]:
        resource(policy)
    levels(predicate["properties"])


def levels(names):
    insist(names and all(re.fullmatch(r"SAFECODE_[A-Z0-9_]+", name) for name in names), "names of ours only")
    insist(len(set(names)) == len(names), "a name stands twice")


def main(path, kind):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    statement = json_format.ParseDict(document, statement_pb2.Statement())
    Statement.copy_from_pb(statement).validate()
    insist(statement.predicate_type == TYPES[kind], statement.predicate_type)
    {"vsa": vsa, "svr": svr}[kind](document["predicate"])
    return statement.predicate_type


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[2] not in TYPES:
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(2)
    try:
        print("valid", main(*sys.argv[1:]))
    except Exception as error:  # whatever it is, it is not a yes
        print(f"{type(error).__name__}: {error}")
        sys.exit(1)
