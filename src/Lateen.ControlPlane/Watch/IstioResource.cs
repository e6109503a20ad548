using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Istio;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;

namespace Lateen.ControlPlane.Watch;

/// <summary>An Istio object as it was decoded: its identity, and the record as far as it could be read.</summary>
internal sealed record IstioResource(ConfigMeta Meta, IIstioConfig? Config, EquatableArray<ConfigProblem> Problems)
{
    public ObjectKey Key => new(Meta.Namespace, Meta.Name);

    public static IstioResource Read(JsonObject value)
    {
        var decoded = IstioDecoder.Decode(JsonTree.From(value));
        return new IstioResource(decoded.Value?.Meta ?? MetaOf(value), decoded.Value, decoded.Problems);
    }

    private static ConfigMeta MetaOf(JsonObject value) => new()
    {
        Kind = value.Text("kind"),
        Name = value.Name(),
        Namespace = value.Namespace(),
        ResourceVersion = value.ResourceVersion(),
        Generation = value.Number("metadata", "generation") ?? 0,
    };
}
