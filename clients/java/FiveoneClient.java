import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.HttpURLConnection;
import java.net.URL;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Map;
import java.util.Scanner;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A client of the ten interfaces, written from the two vendor documents alone. It signs the documented
 * addresses and posts the same names to the host it is given. Java 8 or later and nothing else; of JSON
 * it reads the few plain fields that it needs, and an application gives the report to its own parser.
 *
 * <pre>
 * java FiveoneClient.java --host http://127.0.0.1:8051 --app-id APP --token-id TOKEN \
 *     fund 990000 1 account=990000000001 password=good
 * </pre>
 *
 * Without key=value it prints the ways to log in, without a city the cities. */
public class FiveoneClient {
    private static final String DOCUMENTED = "http://api.tcredit.com/identity/";

    /** The gateway refused: the envelope's status is not 0, or {@code data} tells of an error. */
    public static class Refused extends IOException {
        public Refused(String status, String message) {
            super(status + " " + message);
        }
    }

    /** Whoever reads captchas and SMS codes; the picture is null for an SMS code. */
    public interface Person {
        String ask(byte[] picture) throws IOException;
    }

    private final String host;
    private final String appId;
    private final String tokenId;

    public FiveoneClient(String host, String appId, String tokenId) {
        this.host = host.replaceAll("/+$", "");
        this.appId = appId;
        this.tokenId = tokenId;
    }

    private static String name(String product, String operation) {
        boolean isFund = product.equals("fund");
        switch (operation) {
            case "cities": return isFund ? "getFundCitysB" : "getInsuranceCitysB";
            case "logins": return isFund ? "getFundCityParamB" : "getInsuranceCityParamB";
            case "create": return isFund ? "createFundSearchTaskB" : "createInsuranceSearchTaskB";
            case "result": return isFund ? "getFundB" : "getInsuranceB";
            default: return isFund ? "fundUserCode" : "securityUserCode";
        }
    }

    /** MD5(url + tokenId + param): key=value joined by commas, in order of the keys. */
    static String tokenKey(String url, String tokenId, TreeMap<String, String> params) throws Exception {
        StringBuilder signed = new StringBuilder(url).append(tokenId);
        String separator = "";
        for (Map.Entry<String, String> param : params.entrySet()) {
            signed.append(separator).append(param.getKey()).append('=').append(param.getValue());
            separator = ",";
        }
        byte[] digest = MessageDigest.getInstance("MD5").digest(signed.toString().getBytes("UTF-8"));
        return String.format("%032x", new BigInteger(1, digest));
    }

    /** The first value of a JSON key: text without its quotation marks, or a number or word. */
    static String field(String json, String key) {
        String text = "\"([^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\"";
        Matcher found = Pattern.compile("\"" + key + "\":(?:" + text + "|([^,}\\]]*))").matcher(json);
        if (!found.find()) {
            return "";
        }
        return found.group(1) != null ? found.group(1).replace("\\/", "/") : found.group(2).trim();
    }

    /** Posts one call and returns the envelope. */
    public String call(String product, String operation, TreeMap<String, String> params) throws Exception {
        String name = name(product, operation);
        TreeMap<String, String> form = new TreeMap<>(params);
        form.put("tokenKey", tokenKey(DOCUMENTED + name, tokenId, params));
        form.put("appId", appId);
        StringBuilder body = new StringBuilder();
        for (Map.Entry<String, String> param : form.entrySet()) {
            body.append(body.length() == 0 ? "" : "&").append(param.getKey()).append('=')
                .append(URLEncoder.encode(param.getValue(), "UTF-8"));
        }
        HttpURLConnection connection = (HttpURLConnection) new URL(host + "/identity/" + name).openConnection();
        connection.setConnectTimeout(30000);
        connection.setReadTimeout(30000);
        connection.setDoOutput(true);
        connection.setRequestProperty("Content-Type", "application/x-www-form-urlencoded");
        connection.getOutputStream().write(body.toString().getBytes("UTF-8"));
        String envelope = read(connection.getInputStream());
        if (!field(envelope, "status").equals("0")) {
            throw new Refused(field(envelope, "status"), field(envelope, "message"));
        }
        return envelope;
    }

    private static String read(InputStream stream) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] part = new byte[8192];
        for (int length = stream.read(part); length >= 0; length = stream.read(part)) {
            all.write(part, 0, length);
        }
        return all.toString("UTF-8");
    }

    /** Creates a task and returns its tid. */
    public String create(String product, String area, String type, Map<String, String> fields) throws Exception {
        TreeMap<String, String> params = new TreeMap<>(fields);
        params.put("area_code", area);
        params.put("login_type", type);
        String envelope = call(product, "create", params);
        if (field(envelope, "tid").isEmpty()) {
            throw new Refused("not created", envelope);
        }
        return field(envelope, "tid");
    }

    /** Polls until the task ends and returns the envelope with its report. */
    public String await(String tid, String product, Person person) throws Exception {
        String asked = "";
        for (int poll = 0; poll < 1800; poll++) {
            TreeMap<String, String> params = new TreeMap<>();
            params.put("tid", tid);
            String envelope = call(product, "result", params);
            int code = Integer.parseInt(field(envelope, "code"));
            if (code == 0 || code == 40001 || code == 40002) {
                return envelope;
            }
            if (code < 0 || code >= 50000) {
                throw new Refused(String.valueOf(code), field(envelope, "msg"));
            }
            if (code == 10003 || code == 10004) {
                String picture = field(envelope, "base64_image_bytes");
                // A question that is asked again has another picture, or says so in msg.
                String question = code + field(envelope, "msg") + picture;
                if (!question.equals(asked)) {
                    params.put("code", person.ask(code == 10003 ? null : Base64.getDecoder().decode(picture)));
                    call(product, "code", params);
                    asked = question;
                }
            } else {
                asked = "";
            }
            Thread.sleep(500);
        }
        throw new IOException(tid + " did not end in time");
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> options = new TreeMap<>();
        int at = 0;
        for (; at + 1 < args.length && args[at].startsWith("--"); at += 2) {
            options.put(args[at], args[at + 1]);
        }
        FiveoneClient client = new FiveoneClient(options.getOrDefault("--host", "http://127.0.0.1:8051"),
            options.get("--app-id"), options.get("--token-id"));
        TreeMap<String, String> params = new TreeMap<>();
        int left = args.length - at;
        Scanner terminal = new Scanner(System.in, "UTF-8");
        try {
            if (left < 4) {
                if (left > 1) {
                    params.put("area_code", args[at + 1]);
                }
                System.out.println(client.call(args[at], left > 1 ? "logins" : "cities", params));
                return;
            }
            for (int field = at + 3; field < args.length; field++) {
                params.put(args[field].split("=", 2)[0], args[field].split("=", 2)[1]);
            }
            String tid = client.create(args[at], args[at + 1], args[at + 2], params);
            System.out.println(client.await(tid, args[at], picture -> {
                Path file = picture == null ? null : Files.createTempFile("captcha", ".png");
                if (file != null) {
                    Files.write(file, picture);
                }
                System.err.print(file == null ? "短信验证码: " : "图片验证码 (" + file + "): ");
                System.err.flush();
                return terminal.nextLine().trim();
            }));
        } catch (Refused refused) {
            System.err.println(refused.getMessage());
            System.exit(1);
        }
    }
}
