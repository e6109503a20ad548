using System.Text.Json.Nodes;

namespace Lateen.Conformance.Families.Pilot;

/// <summary>A call as a case states it.</summary>
internal sealed record SimulatedCall(
    string Address, int Port, string Protocol, string Tls, string Mode, string Path, string Host, string Alpn, string Sni, string? MutualSecret)
{
    public static SimulatedCall Read(JsonObject call) => new(
        (string?)call["address"] ?? "",
        (int?)call["port"] ?? 0,
        (string?)call["protocol"] ?? "",
        (string?)call["tls"] ?? "plaintext",
        (string?)call["callMode"] ?? "outbound",
        (string?)call["path"] ?? "/",
        (string?)call["host"] ?? "",
        (string?)call["alpn"] ?? "",
        (string?)call["sni"] ?? "",
        (string?)call["mtlsSecretConfigName"]);

    public bool IsHttp => Protocol is "http" or "http2";

    public bool IsEncrypted => Tls is "tls" or "mtls";
}

/// <summary>Where a call ended.</summary>
internal sealed record SimulatedResult
{
    public string? Error { get; init; }

    public string Listener { get; init; } = "";

    public string FilterChain { get; init; } = "";

    public string RouteConfig { get; init; } = "";

    public string VirtualHost { get; init; } = "";

    public string Route { get; init; } = "";

    public string Cluster { get; init; } = "";

    public Envoy.Config.Core.V3.TransportSocket? TransportSocket { get; init; }
}
