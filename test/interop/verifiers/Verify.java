import java.io.FileInputStream;
import java.security.cert.CRL;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Set;

/** Verify SECONDS (ROOT ISSUING LEAF CRL CRL)...: a line for each: good, revoked, or what went wrong. */
public final class Verify {
  public static void main(String[] args) throws Exception {
    for (int i = 1; i < args.length; i += 5) System.out.println(judge(args, i));
  }

  private static String judge(String[] args, int from) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    List<X509Certificate> certificates = new ArrayList<>();
    List<CRL> crls = new ArrayList<>();
    for (int i = from; i < from + 5; i++) {
      try (FileInputStream in = new FileInputStream(args[i])) {
        if (i < from + 3) certificates.add((X509Certificate) factory.generateCertificate(in));
        else crls.add(factory.generateCRL(in));
      }
    }
    CertPath path = factory.generateCertPath(List.of(certificates.get(2), certificates.get(1)));
    PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(certificates.get(0), null)));
    parameters.setDate(new Date(Long.parseLong(args[0]) * 1000));
    parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(crls)));
    try {
      CertPathValidator.getInstance("PKIX").validate(path, parameters);
      return "good";
    } catch (CertPathValidatorException error) {
      boolean revoked = error.getReason() == CertPathValidatorException.BasicReason.REVOKED;
      return revoked ? "revoked" : error.toString();
    }
  }
}
