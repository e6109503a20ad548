namespace Lateen.Model.Networking;

/// <summary>What an EnvoyFilter patch changes.</summary>
public enum EnvoyFilterApplyTo
{
    Invalid,
    Listener,
    FilterChain,
    NetworkFilter,
    HttpFilter,
    RouteConfiguration,
    VirtualHost,
    HttpRoute,
    Cluster,
    ExtensionConfig,
    Bootstrap,
    ListenerFilter,
}

/// <summary>Which part of a proxy's configuration is meant.</summary>
public enum EnvoyFilterContext
{
    Any,
    SidecarInbound,
    SidecarOutbound,
    Gateway,
}

/// <summary>How a patch is applied.</summary>
public enum EnvoyFilterOperation
{
    Invalid,
    Merge,
    Add,
    Remove,
    InsertBefore,
    InsertAfter,
    InsertFirst,
    Replace,
}

/// <summary>Istio's EnvoyFilter: changes of the generated configuration.</summary>
public sealed record EnvoyFilterConfig : IIstioConfig
{
    public required ConfigMeta Meta { get; init; }

    public WorkloadSelector? WorkloadSelector { get; init; }

    public EquatableArray<EnvoyConfigPatch> ConfigPatches { get; init; }

    /// <summary>Lower comes first.</summary>
    public int Priority { get; init; }
}

/// <summary>One change: where, and what.</summary>
public sealed record EnvoyConfigPatch
{
    public EnvoyFilterApplyTo ApplyTo { get; init; }

    public EnvoyFilterMatch Match { get; init; } = new();

    public EnvoyFilterOperation Operation { get; init; }

    /// <summary>The patch as compact JSON in Envoy's protobuf-JSON; null = none.</summary>
    public string? ValueJson { get; init; }

    /// <summary>`Unspecified`, `Authn`, `Authz`, `Stats`: for ADD of an HTTP filter.</summary>
    public string FilterClass { get; init; } = "";
}

/// <summary>Where a patch applies; null parts match everything.</summary>
public sealed record EnvoyFilterMatch
{
    public EnvoyFilterContext Context { get; init; }

    /// <summary>RE2 expression over the proxy's version; empty = any.</summary>
    public string ProxyVersion { get; init; } = "";

    public EquatableMap<string, string> ProxyMetadata { get; init; } = EquatableMap<string, string>.Empty;

    public EnvoyListenerMatch? Listener { get; init; }

    public EnvoyRouteConfigurationMatch? RouteConfiguration { get; init; }

    public EnvoyClusterMatch? Cluster { get; init; }
}

/// <summary>Conditions on a listener. Empty and 0 = any.</summary>
public sealed record EnvoyListenerMatch
{
    public int PortNumber { get; init; }

    public string PortName { get; init; } = "";

    public string Name { get; init; } = "";

    public string ListenerFilter { get; init; } = "";

    public EnvoyFilterChainMatch? FilterChain { get; init; }
}

/// <summary>Conditions on a filter chain.</summary>
public sealed record EnvoyFilterChainMatch
{
    public string Name { get; init; } = "";

    public string Sni { get; init; } = "";

    public string TransportProtocol { get; init; } = "";

    public string ApplicationProtocols { get; init; } = "";

    public int DestinationPort { get; init; }

    /// <summary>The network filter's name; null = no condition on filters.</summary>
    public string? FilterName { get; init; }

    /// <summary>The HTTP filter's name inside that filter; null = none.</summary>
    public string? SubFilterName { get; init; }
}

/// <summary>Conditions on a route configuration.</summary>
public sealed record EnvoyRouteConfigurationMatch
{
    public int PortNumber { get; init; }

    public string PortName { get; init; } = "";

    /// <summary>`namespace/name` of a Gateway.</summary>
    public string Gateway { get; init; } = "";

    public string Name { get; init; } = "";

    public EnvoyVirtualHostMatch? Vhost { get; init; }
}

/// <summary>What a route does.</summary>
public enum EnvoyRouteAction
{
    Any,
    Route,
    Redirect,
    DirectResponse,
}

/// <summary>Conditions on a virtual host and its routes.</summary>
public sealed record EnvoyVirtualHostMatch(string Name = "", EnvoyRouteMatch? Route = null);

/// <summary>Conditions on a route.</summary>
public sealed record EnvoyRouteMatch(string Name = "", EnvoyRouteAction Action = EnvoyRouteAction.Any);

/// <summary>Conditions on a cluster.</summary>
public sealed record EnvoyClusterMatch(int PortNumber = 0, string Service = "", string Subset = "", string Name = "");
