using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json.Nodes;
using Lateen.Cli.Cluster;
using Lateen.Config;
using Lateen.Config.Analysis;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Mesh;
using Lateen.Config.Sources.Files;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.Mesh;

namespace Lateen.Cli.Commands.Analyze;

/// <summary>What an analysis starts from.</summary>
/// <param name="Unparsed">Files, or documents of files, that are no objects.</param>
/// <param name="Namespaces">The cluster's namespaces; null when no cluster was asked.</param>
internal sealed record AnalysisReading(AnalyzedMesh Mesh, ImmutableArray<ConfigProblem> Unparsed, IReadOnlySet<string>? Namespaces);

/// <summary>Reads the cluster's objects and those of files, files last: they stand for what would be applied.</summary>
internal sealed class AnalysisSources(ClusterOptions cluster, ParseResult line)
{
    // What analyzers look at beside Istio's own kinds.
    private static readonly ResourceType[] Kinds =
    [
        ResourceTypes.Namespaces, ResourceTypes.Pods, ResourceTypes.Services, ResourceTypes.Deployments, ResourceTypes.ConfigMaps, ResourceTypes.Secrets,
        ResourceTypes.MutatingWebhookConfigurations, ResourceTypes.CustomResourceDefinitions,
        .. ResourceTypes.Istio,
    ];

    public bool UseCluster { get; init; }

    public bool Recursive { get; init; }

    public string? MeshConfigFile { get; init; }

    public string Revision { get; init; } = "default";

    public string DefaultNamespace { get; init; } = "default";

    public async Task<AnalysisReading> ReadAsync(string[] files, CancellationToken cancellation)
    {
        string istio = cluster.IstioNamespaceOf(line);
        List<ConfigDocument> documents = [];
        if (UseCluster)
        {
            using ClusterAccess access = cluster.Open(line);
            documents.AddRange(await ListAsync(access.Client, cancellation));
        }

        HashSet<string>? namespaces = UseCluster
            ? [.. documents.Where(document => document.Resource.Kind == "Namespace").Select(document => document.Resource.Name)]
            : null;
        string map = Revision is "" or "default" ? "istio" : $"istio-{Revision}";
        ConfigNode? settings = documents.Find(document => document.Resource == new ResourceName("ConfigMap", istio, map))?.Node.Member("data");
        MeshConfig mesh = MeshConfigFile is { } file
            ? Usable(MeshConfigDecoder.Decode(await File.ReadAllTextAsync(file, cancellation), file))
            : settings?.Member("mesh") is { } text ? Usable(MeshConfigDecoder.Decode(text.Text, $"ConfigMap {istio}/{map} data.mesh")) : MeshConfig.Default;
        EquatableArray<MeshNetwork> networks = settings?.Member("meshNetworks") is { } written
            ? Usable(MeshNetworksDecoder.Decode(written.Text, $"ConfigMap {istio}/{map} data.meshNetworks")).Networks
            : [];
        if (!UseCluster)
        {
            documents.AddRange(DummyGateway.Objects(istio, mesh.IngressService));
        }

        List<ConfigProblem> unparsed = [];
        foreach (ConfigFile read in await ConfigFiles.ReadAsync(files, Recursive, cancellation))
        {
            documents.AddRange(ConfigText.Read(read.Text, read.Name, DefaultNamespace, unparsed));
        }

        return new AnalysisReading(
            new AnalyzedMesh(documents) { Mesh = mesh, Networks = networks, IstioNamespace = istio }, [.. unparsed], namespaces);
    }

    private static T Usable<T>(Decoded<T> decoded)
        where T : class => decoded.IsValid ? decoded.Value! : throw new CommandException(string.Join('\n', decoded.Problems));

    private async Task<IEnumerable<ConfigDocument>> ListAsync(KubernetesClient client, CancellationToken cancellation)
    {
        List<ConfigDocument> documents = [];
        foreach (ResourceType kind in Kinds)
        {
            try
            {
                ResourceList list = await client.ListAsync(kind, new ObjectSelector(), cancellation);
                documents.AddRange(list.Items.Where(item => IsOfRevision(kind, item)).Select(item => Document(kind, item)));
            }
            catch (KubernetesApiException e) when (e.IsNotFound || e.Status.Code == 403)
            {
                // What may not be read, or is not installed, is not analyzed; the others are.
                await Console.Error.WriteLineAsync($"Warning: {kind} can not be listed and are left out: {e.Message}");
            }
        }

        return documents;
    }

    // Istio's own objects may belong to one revision of the control plane.
    private bool IsOfRevision(ResourceType kind, JsonObject item) =>
        !kind.Group.EndsWith("istio.io", StringComparison.Ordinal)
        || item.Labels().Text("istio.io/rev") is not { Length: > 0 } revision || revision == Revision;

    private static ConfigDocument Document(ResourceType kind, JsonObject item)
    {
        // Items of a list may come without their type.
        item["apiVersion"] ??= kind.ApiVersion;
        item["kind"] ??= kind.Kind;
        return new ConfigDocument(kind.Group, kind.Version, new ResourceName(kind.Kind, item.Namespace(), item.Name()), JsonTree.From(item), null);
    }
}
