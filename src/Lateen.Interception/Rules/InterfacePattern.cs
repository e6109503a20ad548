namespace Lateen.Interception.Rules;

/// <summary>Interface names as iptables matches them: a trailing <c>+</c> stands for any ending.</summary>
internal static class InterfacePattern
{
    public static bool Covers(string pattern, string name) => pattern.EndsWith('+')
        ? name.StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal)
        : string.Equals(pattern, name, StringComparison.Ordinal);
}
