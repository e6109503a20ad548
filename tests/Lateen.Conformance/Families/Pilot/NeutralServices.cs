using System.Text.Json.Nodes;
using Lateen.Model;
using Lateen.Model.Services;

namespace Lateen.Conformance.Families.Pilot;

/// <summary>Services in the corpus's neutral form.</summary>
internal static class NeutralServices
{
    public static Service Read(JsonObject json)
    {
        var address = (string?)json["address"] ?? (string?)json["defaultAddress"] ?? "";
        var hostname = (string)json["hostname"]!;
        var attributes = json["attributes"] as JsonObject;
        var parts = hostname.Split('.');
        return new()
        {
            Hostname = hostname,
            Name = (string?)json["name"] ?? (string?)attributes?["name"] ?? parts[0],
            Namespace = (string?)json["namespace"] ?? (string?)attributes?["namespace"]
                ?? (parts.Length > 2 && parts[2] == "svc" ? parts[1] : "default"),
            Registry = (string?)json["registry"] switch
            {
                "Kubernetes" => Registry.Kubernetes,
                "External" => Registry.External,
                _ => hostname.Contains(".svc.", StringComparison.Ordinal) ? Registry.Kubernetes : Registry.External,
            },
            CreationTime = json["creationTime"] is { } made ? DateTimeOffset.Parse((string)made!, System.Globalization.CultureInfo.InvariantCulture) : default,
            Labels = (json["labels"] as JsonObject ?? []).Select(l => KeyValuePair.Create(l.Key, (string)l.Value!)).ToEquatableMap(),
            Addresses = address.Length == 0 || address == Service.UnspecifiedAddress ? [] : [address],
            Ports = (json["ports"] as JsonArray ?? []).Select(p => Port((JsonObject)p!)).ToEquatableArray(),
            Resolution = (string?)json["resolution"] switch
            {
                "DNSLB" or "DNS" => Resolution.Dns,
                "DNSRoundRobinLB" or "DNS_ROUND_ROBIN" => Resolution.DnsRoundRobin,
                "Passthrough" or "NONE" => Resolution.Passthrough,
                "Alias" => Resolution.Alias,
                _ => Resolution.Static,
            },
            MeshExternal = (bool?)json["meshExternal"] ?? false,
            ExportTo = (json["exportTo"] as JsonArray ?? attributes?["exportTo"] as JsonArray ?? []).Select(e => (string)e!).ToEquatableArray(),
        };
    }

    private static ServicePort Port(JsonObject json) => new()
    {
        Name = (string?)json["name"] ?? "",
        Number = (int?)json["port"] ?? (int?)json["number"] ?? 0,
        Protocol = Protocols.Parse((string?)json["protocol"] ?? ""),
    };
}
