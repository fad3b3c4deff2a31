"""verify (ROOT ISSUING LEAF CRL CRL)...: a line for each: good, revoked, or what went wrong, as `cryptography` sees it."""
import sys

from cryptography import x509


def judge(issuing, leaf, crl):
    issuing, leaf = (x509.load_pem_x509_certificate(open(name, "rb").read()) for name in (issuing, leaf))
    crl = x509.load_der_x509_crl(open(crl, "rb").read())
    leaf.verify_directly_issued_by(issuing)
    if not crl.is_signature_valid(issuing.public_key()):
        return "the signature of the list does not verify"
    for extension in list(leaf.extensions) + list(crl.extensions):
        if isinstance(extension.value, x509.UnrecognizedExtension) and extension.critical:
            return f"unknown critical extension {extension.oid}"
    return "good" if crl.get_revoked_certificate_by_serial_number(leaf.serial_number) is None else "revoked"


arguments = sys.argv[1:]
for at in range(0, len(arguments), 5):
    print(judge(*arguments[at + 1 : at + 4]))
