using System.Text.Json.Nodes;
using Lateen.Injection.Pods;

namespace Lateen.Injection.Config;

/// <summary>The image of the sidecar: hub, name, tag and the variant that mesh or pod asks for.</summary>
internal static class ProxyImage
{
    private static readonly string[] Variants = ["-distroless", "-debug"];

    public static string Of(JsonObject values, JsonObject proxyConfig, JsonObject pod)
    {
        var global = values["global"];
        var name = PodParts.Text(PodParts.At(global, "proxy", "image")) is { Length: > 0 } given ? given : "proxyv2";
        var tag = global?["tag"] is { } raw ? PodParts.Text(raw) ?? raw.ToJsonString() : "";
        var variant = PodParts.Annotation(pod, "sidecar.istio.io/proxyImageType")
            ?? PodParts.Text(PodParts.At(proxyConfig, "image", "imageType"))
            ?? "";
        return $"{PodParts.Text(global?["hub"])}/{name}:{WithVariant(tag, variant)}";
    }

    private static string WithVariant(string tag, string variant)
    {
        if (variant.Length == 0)
        {
            return tag;
        }

        var known = Variants.FirstOrDefault(suffix => tag.EndsWith(suffix, StringComparison.Ordinal));
        var plain = known is null ? tag : tag[..^known.Length];
        return variant == "default" ? plain : $"{plain}-{variant}";
    }
}
