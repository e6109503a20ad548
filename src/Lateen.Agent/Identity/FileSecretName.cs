namespace Lateen.Agent.Identity;

/// <summary>The files in a secret's name: `file-cert:CHAIN~KEY`, or `file-root:ROOTS` (then <see cref="Chain"/> and <see cref="Key"/> are empty).</summary>
internal sealed record FileSecretName(string Chain, string Key, string Roots)
{
    private const string CertPrefix = "file-cert:", RootPrefix = "file-root:";
    private const char Separator = '~';

    public bool IsRoots => Roots.Length > 0;

    /// <summary>Null for a name of another form.</summary>
    public static FileSecretName? Parse(string name)
    {
        if (name.StartsWith(CertPrefix, StringComparison.Ordinal))
        {
            return name[CertPrefix.Length..].Split(Separator) is [{ Length: > 0 } chain, { Length: > 0 } key] ? new(chain, key, "") : null;
        }
        return name.StartsWith(RootPrefix, StringComparison.Ordinal) && name[RootPrefix.Length..] is { Length: > 0 } roots && !roots.Contains(Separator)
            ? new("", "", roots)
            : null;
    }
}
