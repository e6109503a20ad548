using Lateen.Model;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads metadata: tolerant, because its fields belong to Kubernetes.</summary>
internal static class MetaDecoder
{
    /// <summary>Reads apiVersion, kind and metadata of an object whose root reader this is.</summary>
    public static ConfigMeta Read(ObjectReader root, string defaultNamespace)
    {
        var apiVersion = root["apiVersion"].Text() ?? "";
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        var meta = new ConfigMeta
        {
            Kind = root["kind"].Text() ?? "",
            Group = slash < 0 ? "" : apiVersion[..slash],
            Version = apiVersion[(slash + 1)..],
            Name = "",
            Namespace = defaultNamespace,
            Spec = JsonTree.ToSource(root["spec"].Node),
        };
        return root["metadata"].Message(metadata =>
        {
            metadata.IgnoreRest();
            return meta with
            {
                Name = metadata["name"].AnyText() ?? "",
                Namespace = metadata["namespace"].AnyText() is { Length: > 0 } ns ? ns : defaultNamespace,
                Labels = metadata["labels"].TextMap().ToEquatableMap(),
                Annotations = metadata["annotations"].TextMap().ToEquatableMap(),
                CreationTimestamp = metadata["creationTimestamp"].Timestamp() ?? default,
                ResourceVersion = metadata["resourceVersion"].AnyText() ?? "",
                Generation = metadata["generation"].WholeNumber() ?? 0,
            };
        }) ?? meta;
    }
}
