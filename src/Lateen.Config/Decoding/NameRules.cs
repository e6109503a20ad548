using System.Net;
using System.Net.Sockets;

namespace Lateen.Config.Decoding;

/// <summary>The grammars of names and addresses in Istio's and Kubernetes' APIs.</summary>
public static class NameRules
{
    /// <summary>RFC 1123 label, either case, at most 63 characters.</summary>
    public static bool IsDnsLabel(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 63 || !char.IsAsciiLetterOrDigit(text[0]) || !char.IsAsciiLetterOrDigit(text[^1]))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A DNS name of labels; one trailing dot is allowed, an all-digit last label is not (it would be an address).</summary>
    public static bool IsDnsName(string text) => IsDnsName(text, wildcard: false);

    /// <summary>A DNS name, `*`, or one whose first label is or begins with a star (`*.example.com`, `*-api.example.com`).</summary>
    public static bool IsWildcardDnsName(string text) => IsDnsName(text, wildcard: true);

    /// <summary>What a Kubernetes name must be: lower-case RFC 1123 subdomain.</summary>
    public static bool IsKubernetesName(string text) =>
        text.Length is > 0 and <= 253 && !text.Any(char.IsAsciiLetterUpper) && text.Split('.').All(label => IsDnsLabel(label));

    public static bool IsIpAddress(string text) => TryIpAddress(text, out _);

    /// <summary>An address, or an address and prefix length.</summary>
    public static bool IsIpAddressOrCidr(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return IsIpAddress(text);
        }

        return TryIpAddress(text[..slash], out var address)
            && byte.TryParse(text.AsSpan(slash + 1), System.Globalization.NumberStyles.None, null, out var prefix)
            && prefix <= (address!.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
    }

    /// <summary>A token of RFC 9110 5.6.2, or an HTTP/2 pseudo header.</summary>
    public static bool IsHeaderName(string text)
    {
        var name = text is [':', ..] ? text[1..] : text;
        return name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal));
    }

    /// <summary>Kubernetes label key: an optional DNS prefix and slash, then at most 63 characters that begin and end with a letter or digit.</summary>
    public static bool IsLabelKey(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? IsLabelPart(text)
            : slash <= 253 && text[..slash].Split('.').All(label => IsDnsLabel(label)) && IsLabelPart(text[(slash + 1)..]);
    }

    /// <summary>Kubernetes label value: empty, or like the name part of a key.</summary>
    public static bool IsLabelValue(string text) => text.Length == 0 || IsLabelPart(text);

    private static bool IsLabelPart(string text) =>
        text.Length is > 0 and <= 63
        && char.IsAsciiLetterOrDigit(text[0])
        && char.IsAsciiLetterOrDigit(text[^1])
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static bool IsDnsName(string text, bool wildcard)
    {
        if (text.Length is 0 or > 255)
        {
            return false;
        }

        if (wildcard && text == "*")
        {
            return true;
        }

        var labels = (text[^1] == '.' ? text[..^1] : text).Split('.');
        for (var i = 0; i < labels.Length; i++)
        {
            var label = labels[i].AsSpan();
            if (wildcard && i == 0 && label is ['*', ..])
            {
                label = label is ['*', '-', ..] ? label[2..] : label[1..];
                if (label.IsEmpty && labels.Length > 1)
                {
                    continue;
                }
            }

            if (!IsDnsLabel(label))
            {
                return false;
            }
        }

        return !labels[^1].All(char.IsAsciiDigit);
    }

    private static bool TryIpAddress(string text, out IPAddress? address)
    {
        // IPAddress also takes "1" and "0x7f.1"; a mesh address has its four parts or colons.
        if (!IPAddress.TryParse(text, out address))
        {
            return false;
        }

        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? !text.Contains('[', StringComparison.Ordinal) && !text.Contains('%', StringComparison.Ordinal)
            : text.Split('.').Length == 4 && text.All(c => char.IsAsciiDigit(c) || c == '.');
    }
}
