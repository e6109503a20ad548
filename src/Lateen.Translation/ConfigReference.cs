using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Model;

namespace Lateen.Translation;

/// <summary>Metadata that says which Istio resource a piece of xDS comes from.</summary>
internal static class ConfigReference
{
    private const string NetworkingGroup = "networking.istio.io";

    /// <summary>`/apis/networking.istio.io/v1alpha3/namespaces/default/virtual-service/reviews`, whatever version the object was written in.</summary>
    public static string Path(ConfigMeta meta) =>
        $"/apis/{meta.Group}/{(meta.Group == NetworkingGroup ? "v1alpha3" : meta.Version)}/namespaces/{meta.Namespace}/{Kebab(meta.Kind)}/{meta.Name}";

    public static Metadata Of(ConfigMeta meta)
    {
        var metadata = new Metadata();
        Add(metadata, meta);
        return metadata;
    }

    public static void Add(Metadata metadata, ConfigMeta meta) =>
        Istio(metadata).Fields["config"] = Value.ForString(Path(meta));

    /// <summary>The `istio` part of a metadata message, made when missing.</summary>
    public static Struct Istio(Metadata metadata)
    {
        if (!metadata.FilterMetadata.TryGetValue(Naming.IstioMetadata, out var istio))
        {
            metadata.FilterMetadata[Naming.IstioMetadata] = istio = new();
        }

        return istio;
    }

    private static string Kebab(string kind)
    {
        var text = new System.Text.StringBuilder();
        foreach (var c in kind)
        {
            if (char.IsUpper(c) && text.Length > 0)
            {
                text.Append('-');
            }

            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }
}
