using Google.Protobuf.WellKnownTypes;

namespace Lateen.Proxy.Filters.ExtAuthz;

/// <summary>How an authorization service has judged.</summary>
internal enum AuthorizationOutcome
{
    Allowed,
    Denied,

    /// <summary>It could not be asked, or its answer was none.</summary>
    Error,
}

/// <summary>A field that the service wants to have set or added.</summary>
internal readonly record struct FieldEdit(byte[] Name, byte[] Value, bool Appends);

/// <summary>What an authorization service has answered, whichever protocol it speaks.</summary>
internal sealed record AuthorizationVerdict(AuthorizationOutcome Outcome)
{
    public static readonly AuthorizationVerdict Failed = new(AuthorizationOutcome.Error);

    /// <summary>Of a denial.</summary>
    public int Status { get; init; } = 403;

    /// <summary>Of a denial.</summary>
    public byte[] Body { get; init; } = [];

    /// <summary>Allowed: edits of the request. Denied: fields of the answer.</summary>
    public IReadOnlyList<FieldEdit> Fields { get; init; } = [];

    /// <summary>Allowed: request fields to be taken away.</summary>
    public IReadOnlyList<byte[]> Removed { get; init; } = [];

    /// <summary>Allowed: fields of the answer to the client.</summary>
    public IReadOnlyList<FieldEdit> ResponseFields { get; init; } = [];

    /// <summary>Allowed: query parameters to be set.</summary>
    public IReadOnlyList<(string Name, string Value)> QuerySet { get; init; } = [];

    public IReadOnlyList<string> QueryRemoved { get; init; } = [];

    /// <summary>For the filters behind; null if there is none.</summary>
    public Struct? Metadata { get; init; }
}
