using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Lateen.Interception.Options;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Apply;

/// <summary>
/// One text per meaning: iptables-save spells and orders a rule differently from how it was given (-m tcp, hexadecimal marks, ids for names), and
/// the two kinds of tables differ as well. Conditions are sorted; modules named with -m are left out, because their options say it all.
/// </summary>
internal static class CanonicalRule
{
    private const string FullMask = "0xffffffff";

    /// <summary>Of a rule that we are about to give to the kernel.</summary>
    public static string Of(Rule rule) => Of([
        .. rule.Matches.SelectMany(m => m switch
        {
            Match.User { Owner.Id: { } id } user => Number(m.Words, user.Owner.Text, id),
            Match.Group { Owner.Id: { } id } group => Number(m.Words, group.Owner.Text, id),
            _ => m.Words,
        }),
        .. rule.Target.Words,
    ]);

    /// <summary>Of a line of iptables-save, <c>-A CHAIN …</c>.</summary>
    public static string Of(string printed) => Of([.. printed.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(2)]);

    private static IEnumerable<string> Number(IReadOnlyList<string> words, string name, uint id) =>
        words.Select(w => w == name ? id.ToString(CultureInfo.InvariantCulture) : w);

    private static string Of(List<string> words)
    {
        List<string> parts = [];
        bool negated = false;
        for (int i = 0; i < words.Count; i++)
        {
            if (words[i] == "!")
            {
                negated = true;
                continue;
            }

            string option = words[i];
            string value = i + 1 < words.Count && !words[i + 1].StartsWith("--", StringComparison.Ordinal) && words[i + 1] is not "!" ? words[++i] : "";
            if (Part(option, value.Trim('"')) is { } part)
            {
                parts.Add(negated ? "! " + part : part);
            }

            negated = false;
        }

        parts.Sort(StringComparer.Ordinal);
        return string.Join(' ', parts);
    }

    private static string? Part(string option, string value) => option switch
    {
        "-m" or "--nfmask" or "--ctmask" => null,
        "-s" or "-d" => Prefix(value) is { } prefix ? $"{option} {prefix}" : null,
        "--to-port" => "--to-ports " + value,
        "--set-mark" or "--set-xmark" => "--set-mark " + Mark(value),
        "--mark" => "--mark " + Mark(value),
        _ => value.Length == 0 ? option : $"{option} {value}",
    };

    private static string Mark(string text)
    {
        string number = text.EndsWith("/" + FullMask, StringComparison.Ordinal) ? text[..text.IndexOf('/', StringComparison.Ordinal)] : text;
        return number.StartsWith("0x", StringComparison.Ordinal) && uint.TryParse(number.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint hex)
            ? hex.ToString(CultureInfo.InvariantCulture)
            : number;
    }

    /// <summary>Host bits cleared; null for a prefix that holds every address, which is not printed.</summary>
    private static string? Prefix(string text)
    {
        if (!Cidr.TryParse(text, out Cidr? cidr))
        {
            return IPAddress.TryParse(text, out IPAddress? address) ? Prefix($"{text}/{(address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32)}") : text;
        }

        byte[] bytes = cidr.Address.GetAddressBytes();
        for (int i = 0; i < bytes.Length; i++)
        {
            int bits = Math.Clamp(cidr.PrefixLength - (8 * i), 0, 8);
            bytes[i] &= (byte)(0xff00 >> bits);
        }

        return cidr.PrefixLength == 0 ? null : $"{Convert.ToHexString(bytes)}/{cidr.PrefixLength}";
    }
}
