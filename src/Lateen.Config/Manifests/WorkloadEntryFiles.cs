using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Lateen.Config.Decoding;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;

namespace Lateen.Config.Manifests;

/// <summary>What `x workload entry configure` is told beside the group.</summary>
/// <param name="Revision">Of the control plane; "" or "default" for the default one.</param>
public sealed record WorkloadEntryOptions(string IstioNamespace, string Revision, string ClusterId)
{
    /// <summary>The machine's own address; empty = the agent finds it.</summary>
    public string InternalIp { get; init; } = "";

    /// <summary>The address at which the mesh reaches the machine, where that is another one; empty for none.</summary>
    public string ExternalIp { get; init; } = "";

    /// <summary>Where the machine reaches the control plane; empty when it is not known.</summary>
    public string IngressIp { get; init; } = "";

    /// <summary>A WorkloadEntry is made when the machine connects.</summary>
    public bool AutoRegister { get; init; }

    /// <summary>The agent answers the machine's DNS requests.</summary>
    public bool CaptureDns { get; init; } = true;
}

/// <summary>The files that a machine outside of Kubernetes needs to join the mesh, made of its WorkloadGroup and the mesh's configuration.</summary>
/// <param name="ClusterEnv">cluster.env: the agent's environment, a line `NAME='value'` each.</param>
/// <param name="Mesh">mesh.yaml: the ProxyConfig.</param>
/// <param name="Hosts">hosts: where the control plane's name leads; empty when that is not known.</param>
public sealed record WorkloadEntryFiles(string ClusterEnv, JsonObject Mesh, string Hosts)
{
    private const string ConfigAnnotation = "proxy.istio.io/config";
    private const string NameLabel = "service.istio.io/canonical-name";
    private const string RevisionLabel = "service.istio.io/canonical-revision";
    private const int DefaultStatusPort = 15020;
    private const int DiscoveryPort = 15012;

    // The agent's and the proxy's own ports, and ssh: a machine must stay reachable whatever goes wrong.
    private const string NeverCaptured = "22,15090,15021";

    /// <summary>What the command line lacks to make them; null when it lacks nothing.</summary>
    /// <param name="file">The WorkloadGroup's file; empty for the one of the cluster with that name and namespace.</param>
    /// <param name="folder">Where they are to be written.</param>
    public static string? Missing(string file, string name, string ns, string folder) =>
        file.Length == 0 && (name.Length == 0 || ns.Length == 0) ? "expecting a WorkloadGroup artifact file or the name and namespace of an existing WorkloadGroup"
        : folder.Length == 0 ? "expecting an output directory" : null;

    /// <param name="group">The WorkloadGroup.</param>
    /// <param name="mesh">MeshConfig as it was given.</param>
    /// <exception cref="FormatException">An annotation holds no ProxyConfig.</exception>
    public static WorkloadEntryFiles Of(JsonObject group, JsonObject mesh, WorkloadEntryOptions options)
    {
        var isRevisioned = options.Revision is not ("" or "default");
        var host = $"istiod{(isRevisioned ? "-" + options.Revision : "")}.{options.IstioNamespace}.svc";
        var config = ProxyConfig(group, mesh);
        if (isRevisioned && config.Text("discoveryAddress").Length == 0)
        {
            config["discoveryAddress"] = $"{host}:{DiscoveryPort}";
        }

        var metadata = Metadata(group, mesh, config, options);
        config["proxyMetadata"] = new JsonObject(metadata.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value)));
        if (group.At("spec", "probe") is { } probe)
        {
            config["readinessProbe"] = probe.DeepClone();
        }

        var environment = new SortedDictionary<string, string>(metadata, StringComparer.Ordinal);
        foreach (var (name, value) in Interception(group, config, options))
        {
            environment[name] = value;
        }

        if (isRevisioned)
        {
            environment["CA_ADDR"] = $"{host}:{DiscoveryPort}";
        }

        return new WorkloadEntryFiles(
            string.Concat(environment.Select(entry => $"{entry.Key}='{entry.Value.Replace("'", @"'\''", StringComparison.Ordinal)}'\n")),
            new JsonObject { ["defaultConfig"] = config },
            IPAddress.TryParse(options.IngressIp, out _) ? $"{options.IngressIp} {host}\n" : "");
    }

    private static JsonObject ProxyConfig(JsonObject group, JsonObject mesh)
    {
        var config = mesh["defaultConfig"] is JsonObject given ? (JsonObject)given.DeepClone() : [];
        foreach (var (where, text) in new[]
        {
            ("metadata.annotations", group.Text("metadata", "annotations", ConfigAnnotation)),
            ("spec.metadata.annotations", group.Text("spec", "metadata", "annotations", ConfigAnnotation)),
        })
        {
            foreach (var (name, value) in Annotated(group, where, text))
            {
                if (name == "proxyMetadata" && config[name] is JsonObject map && value is JsonObject more)
                {
                    foreach (var (key, entry) in more)
                    {
                        map[key] = entry?.DeepClone();
                    }
                }
                else
                {
                    config[name] = value?.DeepClone();
                }
            }
        }

        return config;
    }

    private static JsonObject Annotated(JsonObject group, string where, string text)
    {
        if (text.Length == 0)
        {
            return [];
        }

        var problems = new List<ConfigProblem>();
        var documents = YamlTree.Read(text, where, problems);
        return problems.Count == 0 && documents is [var document] && JsonTree.ToJson(document) is JsonObject config
            ? config
            : throw new FormatException($"WorkloadGroup {group.Namespace()}/{group.Name()} {where}[{ConfigAnnotation}] holds no ProxyConfig");
    }

    private static Dictionary<string, string> Metadata(JsonObject group, JsonObject mesh, JsonObject config, WorkloadEntryOptions options)
    {
        var template = group.At("spec", "template");
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in group.Pairs("spec", "metadata", "labels").Concat(template.Pairs("labels")))
        {
            labels[name] = value;
        }

        labels[NameLabel] = FirstOf(labels, [NameLabel, "app.kubernetes.io/name", "app"], group.Name());
        labels[RevisionLabel] = FirstOf(labels, [RevisionLabel, "app.kubernetes.io/version", "version"], "latest");
        var metadata = config.Pairs("proxyMetadata").ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);
        metadata["CANONICAL_SERVICE"] = labels[NameLabel];
        metadata["CANONICAL_REVISION"] = labels[RevisionLabel];
        metadata["POD_NAMESPACE"] = group.Namespace();
        metadata["SERVICE_ACCOUNT"] = AccountOf(group);
        metadata["TRUST_DOMAIN"] = mesh.Text("trustDomain");
        metadata["ISTIO_META_CLUSTER_ID"] = options.ClusterId;
        metadata["ISTIO_META_MESH_ID"] = config.Text("meshId");
        metadata["ISTIO_META_NETWORK"] = template.Text("network");
        metadata["ISTIO_META_WORKLOAD_NAME"] = group.Name();
        metadata["ISTIO_METAJSON_LABELS"] = new JsonObject(labels.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value))).ToJsonString();
        var ports = Ports(group).OrderBy(port => port.Name, StringComparer.Ordinal).ToList();
        if (ports.Count > 0)
        {
            metadata["ISTIO_META_POD_PORTS"] = new JsonArray([.. ports.Select(port => (JsonNode)new JsonObject { ["name"] = port.Name, ["containerPort"] = port.Number })]).ToJsonString();
        }

        if (options.CaptureDns)
        {
            metadata["ISTIO_META_DNS_CAPTURE"] = "true";
        }

        if (options.AutoRegister)
        {
            metadata["ISTIO_META_AUTO_REGISTER_GROUP"] = group.Name();
        }

        return metadata;
    }

    private static Dictionary<string, string> Interception(JsonObject group, JsonObject config, WorkloadEntryOptions options)
    {
        var ports = Ports(group).Select(port => port.Number.ToString(CultureInfo.InvariantCulture)).ToList();
        var status = config.Number("statusPort") is { } given and not 0 ? given : DefaultStatusPort;
        var environment = new Dictionary<string, string>
        {
            ["ISTIO_INBOUND_PORTS"] = ports.Count > 0 ? string.Join(',', ports) : "*",
            ["ISTIO_NAMESPACE"] = group.Namespace(),
            ["ISTIO_SERVICE"] = $"{group.Name()}.{group.Namespace()}",
            ["ISTIO_SERVICE_CIDR"] = "*",
            ["ISTIO_LOCAL_EXCLUDE_PORTS"] = status is 15090 or 15021 ? NeverCaptured : $"{NeverCaptured},{status}",
            ["SERVICE_ACCOUNT"] = AccountOf(group),
        };
        if (options.InternalIp.Length > 0)
        {
            environment["ISTIO_SVC_IP"] = options.InternalIp;
        }
        else if (options.ExternalIp.Length > 0)
        {
            environment["ISTIO_SVC_IP"] = options.ExternalIp;
            environment["REWRITE_PROBE_LEGACY_LOCALHOST_DESTINATION"] = "true";
        }

        return environment;
    }

    /// <summary>The service account of a group's machines.</summary>
    public static string AccountOf(JsonObject group) => group.Text("spec", "template", "serviceAccount") is { Length: > 0 } account ? account : "default";

    private static IEnumerable<(string Name, int Number)> Ports(JsonObject group) =>
        (group.At("spec", "template", "ports") as JsonObject ?? []).Select(port => (port.Key, int.TryParse(port.Value?.ToString(), out var number) ? number : 0));

    private static string FirstOf(SortedDictionary<string, string> labels, ReadOnlySpan<string> names, string otherwise)
    {
        foreach (var name in names)
        {
            if (labels.TryGetValue(name, out var value))
            {
                return value;
            }
        }

        return otherwise;
    }
}
