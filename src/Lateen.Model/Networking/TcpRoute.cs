namespace Lateen.Model.Networking;

/// <summary>One rule of VirtualService.tcp.</summary>
public sealed record TcpRoute(EquatableArray<L4Match> Match, EquatableArray<RouteDestination> Route);

/// <summary>Conditions on a connection; all have to hold.</summary>
public sealed record L4Match
{
    public EquatableArray<string> DestinationSubnets { get; init; }

    /// <summary>0 = any.</summary>
    public int Port { get; init; }

    public EquatableMap<string, string> SourceLabels { get; init; } = EquatableMap<string, string>.Empty;

    public EquatableArray<string> Gateways { get; init; }

    public string SourceNamespace { get; init; } = "";
}

/// <summary>One rule of VirtualService.tls.</summary>
public sealed record TlsRoute(EquatableArray<TlsMatch> Match, EquatableArray<RouteDestination> Route);

/// <summary>Conditions on a TLS connection; all have to hold.</summary>
public sealed record TlsMatch
{
    /// <summary>Server names, `*.` prefix allowed; at least one.</summary>
    public EquatableArray<string> SniHosts { get; init; }

    public EquatableArray<string> DestinationSubnets { get; init; }

    /// <summary>0 = any.</summary>
    public int Port { get; init; }

    public EquatableMap<string, string> SourceLabels { get; init; } = EquatableMap<string, string>.Empty;

    public EquatableArray<string> Gateways { get; init; }

    public string SourceNamespace { get; init; } = "";
}
