using System.Text.Json.Nodes;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Lateen.ControlPlane.Secrets;
using Lateen.Security;
using Lateen.Translation.Secrets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lateen.Conformance.Families.PilotXds;

/// <summary>Which secrets, and which parts of them, are sent.</summary>
internal static class SecretCases
{
    public static CaseResult Run(ConformanceCase c)
    {
        var stored = c.Inputs["secrets"]!.AsArray().Select(Read).ToList();
        CredentialSecret? Find(string ns, string name) => stored.Find(s => s.Namespace == ns && s.Name == name);
        var allowed = (bool?)c.Settings["secretReadAllowed"] ?? true;
        var discovery = new SecretDiscovery(Find, (_, _) => ValueTask.FromResult(allowed), () => Lateen.Model.KubernetesGateways.ReferenceGrants.None, NullLogger.Instance);
        var ns = (string?)c.Settings["proxy"]?["identityNamespace"];
        var caller = string.IsNullOrEmpty(ns) ? null : new SpiffeId("cluster.local", ns, "account");

        // A push names the Secrets that changed; those that are related to them are sent, the others would come out the same.
        var push = c.Settings["push"];
        var updated = (push?["updated"] as JsonArray ?? []).Select(u => ((string)u!).Split('/')[0]).ToList();
        var names = c.Inputs["resources"]!.AsArray().Select(r => (string)r!)
            .Where(r => (bool?)push?["full"] != false || updated.Exists(u => IsRelated(r, u)))
            .ToHashSet();
        var sent = discovery.GenerateAsync("proxy", caller, names, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        var actual = new JsonObject(sent.Select(r => KeyValuePair.Create(r.Name, (JsonNode?)Parts(r.Body.Unpack<Secret>()))));
        return PilotTables.KindChecks.Compare(c.Expected!["secrets"] ?? new JsonObject(), actual);
    }

    private static bool IsRelated(string resource, string updated) =>
        SecretName.Parse(resource, "any") is { } name && (name.BaseName == updated || name.BaseName + SecretName.CaSuffix == updated);

    private static CredentialSecret Read(JsonNode? secret) => new(
        (string)secret!["namespace"]!,
        (string)secret["name"]!,
        secret["keys"]!.AsArray().ToDictionary(k => (string)k!, k => System.Text.Encoding.UTF8.GetBytes((string)k!)));

    private static JsonArray Parts(Secret secret)
    {
        JsonArray parts = [];
        if (secret.TlsCertificate is not null)
        {
            parts.Add("cert");
            parts.Add("key");
        }

        if (secret.ValidationContext?.TrustedCa is not null)
        {
            parts.Add("caCert");
        }

        if (secret.ValidationContext?.Crl is not null)
        {
            parts.Add("caCrl");
        }

        return parts;
    }
}
