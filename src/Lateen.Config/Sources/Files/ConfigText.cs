using System.Collections.Immutable;
using Lateen.Config.Decoding;

namespace Lateen.Config.Sources.Files;

/// <summary>Splits a text of YAML or JSON documents into objects; a `List` is its items.</summary>
public static class ConfigText
{
    /// <param name="defaultNamespace">For objects that name none; cluster-scoped kinds of Kubernetes get none.</param>
    public static ImmutableArray<ConfigDocument> Read(
        string text, string? file, string defaultNamespace, ICollection<ConfigProblem> problems)
    {
        var documents = ImmutableArray.CreateBuilder<ConfigDocument>();
        foreach (var node in YamlTree.Read(text, file, problems))
        {
            Add(node, file, defaultNamespace, documents, problems);
        }

        return documents.ToImmutable();
    }

    private static void Add(
        ConfigNode node,
        string? file,
        string defaultNamespace,
        ImmutableArray<ConfigDocument>.Builder documents,
        ICollection<ConfigProblem> problems)
    {
        var kind = TextOf(node.Member("kind"));
        var apiVersion = TextOf(node.Member("apiVersion"));
        if (kind.Length == 0 || apiVersion.Length == 0)
        {
            problems.Add(ConfigProblem.Error(
                "IST0106",
                "not an object: apiVersion and kind are missing",
                new ConfigLocation(null, "", file, node.Line),
                "every document needs apiVersion, kind and metadata.name"));
            return;
        }

        if (kind.EndsWith("List", StringComparison.Ordinal) && node.Member("items") is { Kind: ConfigNodeKind.List } items)
        {
            foreach (var item in items.Items)
            {
                Add(item, file, defaultNamespace, documents, problems);
            }

            return;
        }

        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        var group = slash < 0 ? "" : apiVersion[..slash];
        var metadata = node.Member("metadata");
        var ns = TextOf(metadata?.Member("namespace"));
        if (ns.Length == 0 && !IsClusterScoped(group, kind))
        {
            ns = defaultNamespace;
        }

        documents.Add(new ConfigDocument(
            group, apiVersion[(slash + 1)..], new ResourceName(kind, ns, TextOf(metadata?.Member("name"))), node, file));
    }

    private static bool IsClusterScoped(string group, string kind) => group switch
    {
        "" => kind is "Namespace" or "Node" or "PersistentVolume",
        "networking.k8s.io" => kind == "IngressClass",
        "gateway.networking.k8s.io" => kind == "GatewayClass",
        "apiextensions.k8s.io" or "admissionregistration.k8s.io" or "apiregistration.k8s.io" => true,
        "rbac.authorization.k8s.io" => kind.StartsWith("Cluster", StringComparison.Ordinal),
        _ => false,
    };

    private static string TextOf(ConfigNode? node) => node is { Kind: ConfigNodeKind.Text or ConfigNodeKind.Number } ? node.Text : "";
}
