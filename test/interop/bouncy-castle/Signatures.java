import java.util.Map;
import java.util.HashMap;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.smime.SMIMECapabilitiesAttribute;
import org.bouncycastle.asn1.smime.SMIMECapability;
import org.bouncycastle.asn1.smime.SMIMECapabilityVector;
import org.bouncycastle.asn1.smime.SMIMEEncryptionKeyPreferenceAttribute;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.SignerInfoGenerator;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.SignerInformationStore;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.util.Selector;
import org.bouncycastle.util.Store;
import org.bouncycastle.cert.X509CertificateHolder;

/** SignedData, written and verified. */
final class Signatures {
  private Signatures() {}

  static Map<String, String> sign(Request request) throws Exception {
    var generator = new CMSSignedDataGenerator();
    generator.addSignerInfoGenerator(signer(request));
    generator.addCertificates(new JcaCertStore(request.certificates()));
    var content = new CMSProcessableByteArray(request.bytes("content"));
    var signed = generator.generate(content, !request.has("detached"));
    return Map.of("cms", Bridge.encode(signed.getEncoded()));
  }

  /** The algorithm has the name that the Java Cryptography Architecture gives it, such as SHA256withRSAandMGF1. */
  static SignerInfoGenerator signer(Request request) throws Exception {
    var capabilities = new SMIMECapabilityVector();
    capabilities.addCapability(SMIMECapability.aES256_CBC);
    var attributes = new ASN1EncodableVector();
    attributes.add(new SMIMECapabilitiesAttribute(capabilities));
    var holder = new X509CertificateHolder(request.certificate().getEncoded());
    var preferred = new org.bouncycastle.asn1.cms.IssuerAndSerialNumber(holder.toASN1Structure());
    attributes.add(new SMIMEEncryptionKeyPreferenceAttribute(preferred));
    return new JcaSimpleSignerInfoGeneratorBuilder()
        .setProvider("BC")
        .setSignedAttributeGenerator(new AttributeTable(attributes))
        .build(request.text("algorithm"), request.privateKey(), request.certificate());
  }

  static Map<String, String> verify(Request request) throws Exception {
    var isDetached = request.has("content");
    var signed =
        isDetached
            ? new CMSSignedData(new CMSProcessableByteArray(request.bytes("content")), request.bytes("cms"))
            : new CMSSignedData(request.bytes("cms"));
    var verdict = verdict(signed.getSignerInfos(), signed.getCertificates());
    if (!isDetached) {
      verdict.put("content", Bridge.encode((byte[]) signed.getSignedContent().getContent()));
    }
    return verdict;
  }

  /** Verifies every signer with the certificate that comes along. */
  static Map<String, String> verdict(SignerInformationStore signers, Store<X509CertificateHolder> certificates)
      throws Exception {
    var good = 0;
    for (SignerInformation signer : signers) {
      @SuppressWarnings("unchecked")
      Selector<X509CertificateHolder> selector = signer.getSID();
      var certificate = certificates.getMatches(selector).iterator().next();
      var verifier = new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(certificate);
      if (signer.verify(verifier)) good += 1;
    }
    return new HashMap<>(Map.of("good", good + " of " + signers.size()));
  }
}
