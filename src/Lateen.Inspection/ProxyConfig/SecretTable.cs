using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Lateen.Inspection.Tables;

namespace Lateen.Inspection.ProxyConfig;

/// <summary>The table of <c>proxy-config secret</c>: certificates that the proxy has, and whether they are valid now.</summary>
public static class SecretTable
{
    private static readonly string[] Header = ["RESOURCE NAME", "TYPE", "STATUS", "VALID CERT", "SERIAL NUMBER", "NOT AFTER", "NOT BEFORE"];

    /// <summary>One row per secret, those that are waited for first.</summary>
    /// <param name="dump">The proxy's dump; private keys in it are redacted by the proxy.</param>
    /// <param name="now">The moment of which VALID CERT is told.</param>
    /// <param name="prefix">What stands before each name.</param>
    public static string Render(ConfigDump dump, DateTimeOffset now, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(dump);
        TextTable table = new(5, Header);
        foreach (var (entry, isWarming) in dump.Secrets())
        {
            string status = isWarming ? "WARMING" : entry.Text("versionInfo") == "uninitialized" ? "UNINITIALIZED" : "ACTIVE";
            table.Add([prefix + entry.Text("name"), .. Certificate(Pem(entry), status, now)]);
        }

        return dump.Secrets().Count == 0 ? "No active or warming secrets found.\n" : table.ToString();
    }

    /// <summary>The whole section as protobuf JSON.</summary>
    /// <exception cref="InvalidDataException">The proxy tells of no secrets.</exception>
    public static string RenderJson(ConfigDump dump)
    {
        ArgumentNullException.ThrowIfNull(dump);
        try
        {
            return dump.Print("SecretsConfigDump");
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"sidecar doesn't support secrets: {e.Message}", e);
        }
    }

    /// <summary>The certificates that the proxy trusts as the mesh's roots (PEM); empty when it has none.</summary>
    public static string RootsOf(ConfigDump dump)
    {
        ArgumentNullException.ThrowIfNull(dump);
        return dump.Secrets().Where(secret => secret.Entry.Text("name") == "ROOTCA").Select(secret => Pem(secret.Entry)).FirstOrDefault(pem => pem.Length > 0) ?? "";
    }

    private static string[] Certificate(string pem, string status, DateTimeOffset now)
    {
        try
        {
            using X509Certificate2 certificate = X509Certificate2.CreateFromPem(pem);
            bool isAuthority = certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(extension => extension.CertificateAuthority);
            bool isValid = now >= certificate.NotBefore.ToUniversalTime() && now <= certificate.NotAfter.ToUniversalTime();
            return
            [
                isAuthority ? "CA" : "Cert Chain", status, isValid ? "true" : "false", SerialNumber(certificate), Time(certificate.NotAfter), Time(certificate.NotBefore),
            ];
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return ["", status, "false", "", "", ""];
        }
    }

    // As a number: without the zeros that its encoding begins with.
    private static string SerialNumber(X509Certificate2 certificate) => certificate.SerialNumber.ToLowerInvariant().TrimStart('0');

    private static string Time(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static string Pem(JsonObject entry)
    {
        JsonObject secret = entry.Object("secret") ?? [];
        JsonObject? source = secret.Object("tlsCertificate")?.Object("certificateChain") ?? secret.Object("validationContext")?.Object("trustedCa");
        string bytes = source?.Text("inlineBytes") ?? "";
        return bytes.Length > 0 && Convert.TryFromBase64String(bytes, new byte[bytes.Length], out _) ? Encoding.ASCII.GetString(Convert.FromBase64String(bytes)) : source?.Text("inlineString") ?? "";
    }
}
