using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads the spec of a ProxyConfig (networking.istio.io).</summary>
internal static class ProxyConfigResourceDecoder
{
    public static ProxyConfigConfig Read(ObjectReader spec, ConfigMeta meta)
    {
        var image = "";
        spec["image"].Message(block =>
        {
            image = block["imageType"].Text() ?? "";
            return block;
        });
        return new ProxyConfigConfig
        {
            Meta = meta,
            Selector = spec["selector"].Message(SelectorDecoder.ReadMatchLabels),
            Concurrency = spec["concurrency"].Number32(0),
            EnvironmentVariables = spec["environmentVariables"].TextMap().ToEquatableMap(),
            ImageType = image,
        };
    }
}
