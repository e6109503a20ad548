namespace Lateen.Xds.Server;

/// <summary>The protocol state of one type on one stream, common to both variants. Pure: it never sends; single-threaded.</summary>
/// <remarks>
/// Invariant: at most one response is unanswered (<see cref="IsAwaitingAck"/>); what changes meanwhile only sets <see cref="IsDirty"/>, so
/// that a slow proxy gets one merged response and not a queue of them.
/// </remarks>
internal sealed class TypeSubscription(string typeUrl)
{
    public string TypeUrl { get; } = typeUrl;

    /// <summary>What it is subscribed to by name.</summary>
    public NameSet Names { get; private set; } = NameSet.Empty;

    public bool IsWildcard { get; set; }

    /// <summary>Versions of the resources the proxy was last sent, refused ones included: the same content is not offered twice.</summary>
    public SentVersions Sent { get; } = new();

    /// <summary>The same where all of a type is subscribed to and nothing by name: the list that it was sent, which proxies share.</summary>
    public IReadOnlyList<XdsResource>? SentList { get; set; }

    /// <summary><see cref="XdsResourceSet.Basis"/> of the last whole answer; null while there is none that all of the names were in.</summary>
    public object? Basis { get; set; }

    public string SentNonce { get; private set; } = string.Empty;

    public string SentVersion { get; private set; } = string.Empty;

    public string AckedNonce { get; private set; } = string.Empty;

    public string AckedVersion { get; private set; } = string.Empty;

    public DateTimeOffset? SentAt { get; private set; }

    public string? NackMessage { get; private set; }

    public DateTimeOffset? NackedAt { get; private set; }

    public bool IsAwaitingAck => SentNonce.Length > 0 && _answered != SentNonce;

    /// <summary>Something may have changed since the last response.</summary>
    public bool IsDirty => IsDirtyWhole || _dirtyNames is { Count: > 0 };

    /// <summary>Any resource may have changed by what all of them are made from.</summary>
    public bool IsDirtyWhole { get; private set; }

    /// <summary>Resources that may have changed by themselves; null for none.</summary>
    public IReadOnlySet<string>? DirtyNames => _dirtyNames;

    private HashSet<string>? _dirtyNames;

    /// <summary>The next request gets an answer though its names are known: the proxy warms what a changed cluster or listener needs.</summary>
    public bool MustAnswer { get; set; }

    private string _answered = string.Empty;

    /// <summary>Takes other names; what was sent of those that it gives up is forgotten.</summary>
    /// <param name="keepsGone">It is not: a wildcard covers them.</param>
    public void Subscribe(NameSet names, bool keepsGone = false)
    {
        Names = names;
        foreach (var resource in SentList ?? [])
        {
            Sent.Set(resource.Name, resource.Version);
        }

        SentList = null;
        Sent.MoveTo(names, keepsGone);
    }

    public void OnSent(string version, string nonce, DateTimeOffset at)
    {
        SentVersion = version;
        SentNonce = nonce;
        SentAt = at;
    }

    /// <summary>Remembers that resources may have changed: some names, or any (null).</summary>
    public void SetDirty(IReadOnlySet<string>? names)
    {
        if (names is null)
        {
            IsDirtyWhole = true;
            return;
        }

        // Only what is subscribed to is worth remembering; that bounds it.
        foreach (var name in names)
        {
            if (IsWildcard || Names.Contains(name))
            {
                (_dirtyNames ??= new HashSet<string>(StringComparer.Ordinal)).Add(name);
            }
        }
    }

    public void SetClean()
    {
        IsDirtyWhole = false;
        _dirtyNames = null;
    }

    /// <summary>The proxy has nothing of the type, whatever it was sent.</summary>
    public void Forget()
    {
        Sent.Clear();
        SentList = null;
        Basis = null;
    }

    /// <summary>The answer to the last response: accepted when <paramref name="error"/> is null.</summary>
    public void OnAnswered(string? error, DateTimeOffset at)
    {
        _answered = SentNonce;
        if (error is null)
        {
            AckedNonce = SentNonce;
            AckedVersion = SentVersion;
            NackMessage = null;
            NackedAt = null;
        }
        else
        {
            NackMessage = error;
            NackedAt = at;
        }
    }

    /// <summary>The resources sent whose names stand in a text; of names within names only the longest.</summary>
    public IReadOnlyList<string> NamedIn(string text)
    {
        var found = (SentList?.Select(resource => resource.Name) ?? Sent.Names).Where(name => text.Contains(name, StringComparison.Ordinal)).ToList();
        return [.. found.Where(name => !found.Exists(other => other.Length > name.Length && other.Contains(name, StringComparison.Ordinal)))];
    }

    public XdsTypeStatus Status() => new(
        TypeUrl, IsWildcard, [.. Names.Names.Order(StringComparer.Ordinal)], SentVersion, SentNonce, AckedVersion, AckedNonce, SentAt,
        SentList?.Count ?? Sent.Count, NackMessage, NackedAt);
}
