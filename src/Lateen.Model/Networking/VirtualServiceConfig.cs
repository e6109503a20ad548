namespace Lateen.Model.Networking;

/// <summary>Istio's VirtualService: how calls of hosts are routed.</summary>
public sealed record VirtualServiceConfig : IIstioConfig
{
    public required ConfigMeta Meta { get; init; }

    /// <summary>The hosts called; empty for a delegate.</summary>
    public EquatableArray<string> Hosts { get; init; }

    /// <summary>`mesh`, `name` or `namespace/name`; empty means `mesh`.</summary>
    public EquatableArray<string> Gateways { get; init; }

    public EquatableArray<HttpRoute> Http { get; init; }

    public EquatableArray<TlsRoute> Tls { get; init; }

    public EquatableArray<TcpRoute> Tcp { get; init; }

    public EquatableArray<string> ExportTo { get; init; }
}
