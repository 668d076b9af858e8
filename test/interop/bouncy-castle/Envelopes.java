import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Map;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.cms.CMSAlgorithm;
import org.bouncycastle.cms.CMSAuthEnvelopedData;
import org.bouncycastle.cms.CMSAuthEnvelopedDataGenerator;
import org.bouncycastle.cms.CMSCompressedDataGenerator;
import org.bouncycastle.cms.CMSEnvelopedData;
import org.bouncycastle.cms.CMSEnvelopedDataGenerator;
import org.bouncycastle.cms.CMSEnvelopedGenerator;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.KeyAgreeRecipientInformation;
import org.bouncycastle.cms.Recipient;
import org.bouncycastle.cms.RecipientInfoGenerator;
import org.bouncycastle.cms.RecipientInformation;
import org.bouncycastle.cms.RecipientInformationStore;
import org.bouncycastle.cms.jcajce.JceCMSContentEncryptorBuilder;
import org.bouncycastle.cms.jcajce.JceKeyAgreeEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyAgreeRecipientInfoGenerator;
import org.bouncycastle.cms.jcajce.JceKeyTransAuthEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyTransEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyTransRecipientInfoGenerator;
import org.bouncycastle.cms.jcajce.ZlibCompressor;
import org.bouncycastle.operator.OutputAEADEncryptor;
import org.bouncycastle.operator.OutputEncryptor;
import org.bouncycastle.operator.jcajce.JcaAlgorithmParametersConverter;

/** EnvelopedData and AuthEnvelopedData, written and opened; CompressedData, written. */
final class Envelopes {
  private static final Map<String, ASN1ObjectIdentifier> AGREEMENTS =
      Map.of(
          "ecdh-sha1", CMSAlgorithm.ECDH_SHA1KDF,
          "ecdh-sha224", CMSAlgorithm.ECDH_SHA224KDF,
          "ecdh-sha256", CMSAlgorithm.ECDH_SHA256KDF,
          "ecdh-sha384", CMSAlgorithm.ECDH_SHA384KDF,
          "ecdh-sha512", CMSAlgorithm.ECDH_SHA512KDF,
          "eccdh-sha1", CMSAlgorithm.ECCDH_SHA1KDF,
          "eccdh-sha256", CMSAlgorithm.ECCDH_SHA256KDF,
          "eccdh-sha384", CMSAlgorithm.ECCDH_SHA384KDF,
          "eccdh-sha512", CMSAlgorithm.ECCDH_SHA512KDF);

  private static final Map<String, ASN1ObjectIdentifier> WRAPS =
      Map.of(
          "aes128", CMSAlgorithm.AES128_WRAP,
          "aes192", CMSAlgorithm.AES192_WRAP,
          "aes256", CMSAlgorithm.AES256_WRAP,
          "3des", CMSAlgorithm.DES_EDE3_WRAP);

  private Envelopes() {}

  static Map<String, String> encrypt(Request request) throws Exception {
    var content = new CMSProcessableByteArray(request.bytes("content"));
    var encryptor = encryptor(request);
    if (encryptor instanceof OutputAEADEncryptor aead) {
      var generator = new CMSAuthEnvelopedDataGenerator();
      addRecipients(generator, request);
      return Map.of("cms", Bridge.encode(generator.generate(content, aead).getEncoded()));
    }
    var generator = new CMSEnvelopedDataGenerator();
    addRecipients(generator, request);
    return Map.of("cms", Bridge.encode(generator.generate(content, encryptor).getEncoded()));
  }

  /** The cipher is an object identifier. */
  static OutputEncryptor encryptor(Request request) throws Exception {
    var cipher = new ASN1ObjectIdentifier(request.text("cipher"));
    return new JceCMSContentEncryptorBuilder(cipher).setProvider("BC").build();
  }

  private static void addRecipients(CMSEnvelopedGenerator generator, Request request) throws Exception {
    for (X509Certificate certificate : request.certificates()) {
      generator.addRecipientInfoGenerator(recipient(request, certificate));
    }
  }

  static RecipientInfoGenerator recipient(Request request, X509Certificate certificate) throws Exception {
    if (!certificate.getPublicKey().getAlgorithm().equals("RSA")) return agreeing(request, certificate);
    if (!request.has("oaep")) return new JceKeyTransRecipientInfoGenerator(certificate).setProvider("BC");
    var digest = request.text("oaep");
    var parameters = new OAEPParameterSpec(digest, "MGF1", new MGF1ParameterSpec(digest), PSource.PSpecified.DEFAULT);
    var algorithm =
        new JcaAlgorithmParametersConverter()
            .getAlgorithmIdentifier(CMSAlgorithm.RSA_OAEP, (AlgorithmParameterSpec) parameters);
    return new JceKeyTransRecipientInfoGenerator(certificate, algorithm).setProvider("BC");
  }

  private static RecipientInfoGenerator agreeing(Request request, X509Certificate certificate) throws Exception {
    var agreement = AGREEMENTS.get(request.text("agreement"));
    var wrap = WRAPS.get(request.text("wrap"));
    var ephemeral = ephemeralBeside(certificate);
    return new JceKeyAgreeRecipientInfoGenerator(agreement, ephemeral.getPrivate(), ephemeral.getPublic(), wrap)
        .addRecipient(certificate)
        .setProvider("BC");
  }

  private static KeyPair ephemeralBeside(X509Certificate certificate) throws Exception {
    var key = (java.security.interfaces.ECKey) certificate.getPublicKey();
    var generator = KeyPairGenerator.getInstance("EC", "BC");
    generator.initialize(key.getParams());
    return generator.generateKeyPair();
  }

  static Map<String, String> decrypt(Request request) throws Exception {
    var cms = request.bytes("cms");
    var type = ContentInfo.getInstance(cms).getContentType();
    var isAead = type.equals(CMSObjectIdentifiers.authEnvelopedData);
    var recipients = isAead ? new CMSAuthEnvelopedData(cms).getRecipientInfos() : new CMSEnvelopedData(cms).getRecipientInfos();
    return open(recipients, isAead, request);
  }

  /** Opens with the one key for whichever recipient it fits. */
  static Map<String, String> open(RecipientInformationStore recipients, boolean isAead, Request request) throws Exception {
    Exception failure = new IllegalArgumentException("no recipient");
    for (RecipientInformation recipient : recipients) {
      try {
        var content = recipient.getContent(opener(recipient, isAead, request.privateKey()));
        return Map.of("content", Bridge.encode(content), "recipients", "" + recipients.size());
      } catch (Exception cause) {
        failure = cause;
      }
    }
    throw failure;
  }

  private static Recipient opener(RecipientInformation recipient, boolean isAead, PrivateKey key) {
    if (recipient instanceof KeyAgreeRecipientInformation) {
      return new JceKeyAgreeEnvelopedRecipient(key).setProvider("BC");
    }
    return isAead
        ? new JceKeyTransAuthEnvelopedRecipient(key).setProvider("BC")
        : new JceKeyTransEnvelopedRecipient(key).setProvider("BC");
  }

  static Map<String, String> compress(Request request) throws Exception {
    var content = new CMSProcessableByteArray(request.bytes("content"));
    var compressed = new CMSCompressedDataGenerator().generate(content, new ZlibCompressor());
    return Map.of("cms", Bridge.encode(compressed.getEncoded()));
  }
}
