namespace Lateen.Xds.Server;

/// <summary>The state of one stream at one moment, for the debug pages.</summary>
/// <param name="Peer">Who it is.</param>
/// <param name="Types">One entry per type it asked for, in push order.</param>
/// <param name="Applied">The newest <see cref="XdsServer{TProxy}.Announced"/> up to which it has accepted all that concerns it; -1 for never.</param>
public sealed record XdsConnectionStatus(XdsPeer Peer, IReadOnlyList<XdsTypeStatus> Types, long Applied);

/// <summary>What one proxy has of one type.</summary>
/// <param name="TypeUrl">The type.</param>
/// <param name="IsWildcard">Subscribed to everything.</param>
/// <param name="Names">Explicit names.</param>
/// <param name="SentVersion">version_info of the last response; empty if none was sent.</param>
/// <param name="SentNonce">Its nonce.</param>
/// <param name="AckedVersion">Version of the last response that was accepted.</param>
/// <param name="AckedNonce">Its nonce; equal to <paramref name="SentNonce"/> when in sync.</param>
/// <param name="SentAt">When the last response was sent.</param>
/// <param name="Resources">Number of resources the proxy has from us.</param>
/// <param name="NackMessage">error_detail of the last refusal, null after a later acceptance.</param>
/// <param name="NackedAt">When that was.</param>
public sealed record XdsTypeStatus(
    string TypeUrl,
    bool IsWildcard,
    IReadOnlyList<string> Names,
    string SentVersion,
    string SentNonce,
    string AckedVersion,
    string AckedNonce,
    DateTimeOffset? SentAt,
    int Resources,
    string? NackMessage,
    DateTimeOffset? NackedAt);
