import java.io.ByteArrayInputStream;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;

/** One request of the test. */
record Request(Map<String, String> members) {
  boolean has(String name) {
    return members.containsKey(name);
  }

  String text(String name) {
    return members.get(name);
  }

  byte[] bytes(String name) {
    return Base64.getDecoder().decode(text(name));
  }

  List<X509Certificate> certificates() throws Exception {
    var factory = CertificateFactory.getInstance("X.509", "BC");
    var certificates = new ArrayList<X509Certificate>();
    for (String der : text("certificates").split(",")) {
      var stream = new ByteArrayInputStream(Base64.getDecoder().decode(der));
      certificates.add((X509Certificate) factory.generateCertificate(stream));
    }
    return certificates;
  }

  X509Certificate certificate() throws Exception {
    return certificates().get(0);
  }

  PrivateKey privateKey() throws Exception {
    var algorithm = PrivateKeyInfo.getInstance(bytes("privateKey")).getPrivateKeyAlgorithm().getAlgorithm().getId();
    return KeyFactory.getInstance(algorithm, "BC").generatePrivate(new PKCS8EncodedKeySpec(bytes("privateKey")));
  }
}
