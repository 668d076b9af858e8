import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.Properties;
import javax.mail.Session;
import javax.mail.internet.MimeBodyPart;
import javax.mail.internet.MimeMessage;
import javax.mail.internet.MimeMultipart;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.mail.smime.SMIMEEnveloped;
import org.bouncycastle.mail.smime.SMIMEEnvelopedGenerator;
import org.bouncycastle.mail.smime.SMIMESigned;
import org.bouncycastle.mail.smime.SMIMESignedGenerator;

/** Whole S/MIME messages, by way of JavaMail. */
final class Messages {
  private Messages() {}

  static Map<String, String> sign(Request request) throws Exception {
    var generator = new SMIMESignedGenerator();
    generator.addSignerInfoGenerator(Signatures.signer(request));
    generator.addCertificates(new JcaCertStore(request.certificates()));
    var part = entity(request);
    var message = new MimeMessage((Session) null);
    if (request.has("detached")) {
      message.setContent(generator.generate(part));
    } else {
      var opaque = generator.generateEncapsulated(part);
      message.setContent(opaque.getContent(), opaque.getContentType());
    }
    return sent(message);
  }

  static Map<String, String> verify(Request request) throws Exception {
    var message = received(request);
    var signed =
        message.getContent() instanceof MimeMultipart parts
            ? new SMIMESigned(parts)
            : new SMIMESigned(message);
    var verdict = Signatures.verdict(signed.getSignerInfos(), signed.getCertificates());
    verdict.put("content", written(signed.getContent()));
    return verdict;
  }

  static Map<String, String> encrypt(Request request) throws Exception {
    var generator = new SMIMEEnvelopedGenerator();
    for (var certificate : request.certificates()) {
      generator.addRecipientInfoGenerator(Envelopes.recipient(request, certificate));
    }
    var part = generator.generate(entity(request), Envelopes.encryptor(request));
    var message = new MimeMessage((Session) null);
    message.setContent(part.getContent(), part.getContentType());
    return sent(message);
  }

  static Map<String, String> decrypt(Request request) throws Exception {
    return Envelopes.open(new SMIMEEnveloped(received(request)).getRecipientInfos(), false, request);
  }

  private static MimeBodyPart entity(Request request) throws Exception {
    return new MimeBodyPart(new ByteArrayInputStream(request.bytes("content")));
  }

  private static MimeMessage received(Request request) throws Exception {
    var session = Session.getInstance(new Properties());
    return new MimeMessage(session, new ByteArrayInputStream(request.bytes("message")));
  }

  private static Map<String, String> sent(MimeMessage message) throws Exception {
    message.setFrom("bouncy@example.org");
    message.saveChanges();
    var output = new ByteArrayOutputStream();
    message.writeTo(output);
    return Map.of("message", Bridge.encode(output.toByteArray()));
  }

  private static String written(MimeBodyPart part) throws Exception {
    var output = new ByteArrayOutputStream();
    part.writeTo(output);
    return Bridge.encode(output.toByteArray());
  }
}
