import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * Lets a test use Bouncy Castle: a flat JSON object a line comes in, one goes out for each. Every value is a string
 * without escapes; bytes are in base64, several of them joined by commas.
 */
public final class Bridge {
  private static final Pattern MEMBER = Pattern.compile("\"([A-Za-z]+)\":\"([^\"\\\\]*)\"");

  /** What a request asks for, by its member "do". */
  private interface Operation {
    Map<String, String> run(Request request) throws Exception;
  }

  private static final Map<String, Operation> OPERATIONS =
      Map.of(
          "sign", Signatures::sign,
          "verify", Signatures::verify,
          "signMessage", Messages::sign,
          "verifyMessage", Messages::verify,
          "encrypt", Envelopes::encrypt,
          "decrypt", Envelopes::decrypt,
          "encryptMessage", Messages::encrypt,
          "decryptMessage", Messages::decrypt,
          "compress", Envelopes::compress);

  public static void main(String[] arguments) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    var output = new PrintStream(System.out, false, StandardCharsets.US_ASCII);
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      output.println(format(answer(line)));
      output.flush();
    }
  }

  private static Map<String, String> answer(String line) {
    try {
      var request = new Request(parse(line));
      return OPERATIONS.get(request.text("do")).run(request);
    } catch (Exception failure) {
      var complaint = failure + (failure.getCause() == null ? "" : ": " + failure.getCause());
      return Map.of("error", complaint.replaceAll("[^ -~]|[\"\\\\]", "'"));
    }
  }

  private static Map<String, String> parse(String line) {
    var members = new TreeMap<String, String>();
    for (Matcher matcher = MEMBER.matcher(line); matcher.find(); ) {
      members.put(matcher.group(1), matcher.group(2));
    }
    return members;
  }

  private static String format(Map<String, String> members) {
    var text = new StringBuilder();
    new TreeMap<>(members)
        .forEach((name, value) -> text.append(text.isEmpty() ? "{" : ",").append("\"" + name + "\":\"" + value + "\""));
    return text.append("}").toString();
  }

  static String encode(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
