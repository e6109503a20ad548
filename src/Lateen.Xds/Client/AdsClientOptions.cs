using Envoy.Config.Core.V3;

namespace Lateen.Xds.Client;

/// <summary>Settings of one ADS client.</summary>
public sealed class AdsClientOptions
{
    /// <summary>The node of the first request; asked again for each stream, because labels may change.</summary>
    public required Func<Node> Node { get; init; }

    /// <summary>Metadata of the call, for example the token; asked again for each stream, because tokens are rotated.</summary>
    public Func<IReadOnlyList<KeyValuePair<string, string>>> Metadata { get; init; } = static () => [];

    /// <summary>Types subscribed to in full from the start, in this order.</summary>
    public required IReadOnlyList<string> WildcardTypes { get; init; }

    /// <summary>Types subscribed to by name as soon as the handler wants names of them.</summary>
    public required IReadOnlyList<string> NamedTypes { get; init; }

    /// <summary>First pause after a lost stream; doubled up to <see cref="MaxBackoff"/>. Default 0.2 s.</summary>
    public TimeSpan BaseBackoff { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Longest pause. Default 0.5 s: a restarted control plane shall have its proxies back within two seconds, and an attempt at a
    /// closed port costs next to nothing.
    /// </summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromMilliseconds(500);
}
