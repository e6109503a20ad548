namespace Lateen.Sandbox.Api.Auth;

/// <summary>Who sends a request, as authentication found out.</summary>
internal sealed record UserIdentity(string Name, string Uid, IReadOnlyList<string> Groups)
{
    /// <summary>Further facts of a bound ServiceAccount token (pod name and uid).</summary>
    public IReadOnlyDictionary<string, string> Extra { get; init; } = new Dictionary<string, string>();

    public static UserIdentity Anonymous { get; } = new("system:anonymous", "", ["system:unauthenticated"]);

    public static UserIdentity Admin { get; } = new("kubernetes-admin", "", ["system:masters", "system:authenticated"]);

    /// <summary>The server itself, when it writes objects of its own accord.</summary>
    public static UserIdentity Server { get; } = new("system:apiserver", "", ["system:masters", "system:authenticated"]);
}
