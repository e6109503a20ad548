using System.Collections.Frozen;
using Lateen.Model;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads any Istio resource into its record, with every problem on the way.</summary>
/// <remarks>All versions of a kind (v1alpha3, v1beta1, v1, ...) have one schema and are read alike.</remarks>
public static class IstioDecoder
{
    private static readonly FrozenDictionary<(string Group, string Kind), Func<ObjectReader, ConfigMeta, IIstioConfig>> Kinds =
        new Dictionary<(string, string), Func<ObjectReader, ConfigMeta, IIstioConfig>>
        {
            [("networking.istio.io", "VirtualService")] = VirtualServiceDecoder.Read,
            [("networking.istio.io", "DestinationRule")] = DestinationRuleDecoder.Read,
            [("networking.istio.io", "Gateway")] = GatewayDecoder.Read,
            [("networking.istio.io", "ServiceEntry")] = ServiceEntryDecoder.Read,
            [("networking.istio.io", "Sidecar")] = SidecarDecoder.Read,
            [("networking.istio.io", "WorkloadEntry")] = WorkloadEntryDecoder.Read,
            [("networking.istio.io", "WorkloadGroup")] = WorkloadEntryDecoder.ReadGroup,
            [("networking.istio.io", "EnvoyFilter")] = EnvoyFilterDecoder.Read,
            [("networking.istio.io", "ProxyConfig")] = ProxyConfigResourceDecoder.Read,
            [("security.istio.io", "PeerAuthentication")] = PeerAuthenticationDecoder.Read,
            [("security.istio.io", "RequestAuthentication")] = RequestAuthenticationDecoder.Read,
            [("security.istio.io", "AuthorizationPolicy")] = AuthorizationPolicyDecoder.Read,
            [("telemetry.istio.io", "Telemetry")] = TelemetryDecoder.Read,
            [("extensions.istio.io", "WasmPlugin")] = WasmPluginDecoder.Read,
        }.ToFrozenDictionary();

    /// <summary>Whether the kind is one of Istio's that are read.</summary>
    public static bool Knows(string group, string kind) => Kinds.ContainsKey((group, kind));

    /// <summary>Every kind that is read, with its API group.</summary>
    public static IEnumerable<(string Group, string Kind)> AllKinds => Kinds.Keys;

    /// <param name="node">The whole object.</param>
    /// <param name="file">Where it stands, for problems; null when an API server sent it.</param>
    public static Decoded<IIstioConfig> Decode(ConfigNode node, string? file = null, string defaultNamespace = "default")
    {
        var context = new DecodeContext(NameOf(node, defaultNamespace), file);
        var config = ValueReader.Root(node, context).Message(root => Read(root, defaultNamespace));
        return new Decoded<IIstioConfig>(config?.Config, [.. context.Problems]);
    }

    private static ConfigBox Read(ObjectReader root, string defaultNamespace)
    {
        var meta = MetaDecoder.Read(root, defaultNamespace);
        root.Ignore("status");
        if (!Kinds.TryGetValue((meta.Group, meta.Kind), out var read))
        {
            root.Problem($"{meta.Group}/{meta.Version} {meta.Kind} is no kind of Istio that Lateen serves");
            root.IgnoreRest();
            return new ConfigBox(null);
        }

        if (!NameRules.IsKubernetesName(meta.Name))
        {
            root["metadata"].Problem($"\"{meta.Name}\" is no name of an object", "set metadata.name to lower-case letters, digits, - and .");
        }

        // An absent spec is an empty one.
        var spec = root["spec"];
        return new ConfigBox(spec.IsPresent
            ? spec.Message(reader => read(reader, meta))
            : new ValueReader(ConfigNode.Mapping([], root.Node.Line), FieldPath.Root.Field("spec"), root.Context, root.Node.Line)
                .Message(reader => read(reader, meta)));
    }

    private static ResourceName NameOf(ConfigNode node, string defaultNamespace)
    {
        var metadata = node.Member("metadata");
        var ns = metadata?.Member("namespace")?.Text;
        return new ResourceName(
            node.Member("kind")?.Text ?? "",
            string.IsNullOrEmpty(ns) ? defaultNamespace : ns,
            metadata?.Member("name")?.Text ?? "");
    }

    private sealed record ConfigBox(IIstioConfig? Config);
}
