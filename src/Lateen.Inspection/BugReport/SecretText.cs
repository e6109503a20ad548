using System.Text.RegularExpressions;

namespace Lateen.Inspection.BugReport;

/// <summary>Takes out of collected text what would let a reader act as somebody else: private keys and tokens.</summary>
public static partial class SecretText
{
    private const string Redacted = "<redacted>";

    /// <summary>The text without private keys (PEM) and JSON Web Tokens.</summary>
    public static string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Token().Replace(PrivateKey().Replace(text, Redacted), Redacted);
    }

    // Also with line ends written as \n, as inside of JSON. A block that does not end is taken to the end of the text.
    [GeneratedRegex(@"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\z)", RegexOptions.Singleline)]
    private static partial Regex PrivateKey();

    // RFC 7519: the head is a JSON object, whose base64 begins with eyJ.
    [GeneratedRegex(@"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")]
    private static partial Regex Token();
}
