using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf.WellKnownTypes;

namespace Lateen.Translation.Policies;

/// <summary>Where a proxy gets certificates and roots: from its agent, from files, or from the control plane.</summary>
internal static class SecretSources
{
    /// <summary>`default` or `ROOTCA`: what the agent serves on its socket.</summary>
    public static SdsSecretConfig Workload(string name) => new() { Name = name, SdsConfig = Agent() };

    /// <summary>Files that the agent reads: `file-cert:chain~key`, `file-root:ca`.</summary>
    public static SdsSecretConfig File(string name) => new() { Name = name, SdsConfig = Agent() };

    /// <summary>A Kubernetes secret of the proxy's namespace, served by the control plane.</summary>
    public static SdsSecretConfig Credential(string credential)
    {
        if (credential.StartsWith("builtin://", StringComparison.Ordinal))
        {
            return Workload(credential.EndsWith("-cacert", StringComparison.Ordinal) ? "ROOTCA" : "default");
        }

        if (credential.StartsWith("sds://", StringComparison.Ordinal))
        {
            // Whoever provides it listens on a socket of the pod (istio, "external SDS provider").
            return new() { Name = credential, SdsConfig = Socket("sds-external") };
        }

        var name = credential.Contains("://", StringComparison.Ordinal) ? credential : $"kubernetes://{credential}";
        return new() { Name = name, SdsConfig = new() { Ads = new(), ResourceApiVersion = ApiVersion.V3 } };
    }

    private static ConfigSource Agent()
    {
        var source = Socket("sds-grpc");
        source.InitialFetchTimeout = new Duration();
        return source;
    }

    private static ConfigSource Socket(string cluster) => new()
    {
        ApiConfigSource = new()
        {
            ApiType = ApiConfigSource.Types.ApiType.Grpc,
            TransportApiVersion = ApiVersion.V3,
            SetNodeOnFirstMessageOnly = true,
            GrpcServices = { new GrpcService { EnvoyGrpc = new() { ClusterName = cluster } } },
        },
        ResourceApiVersion = ApiVersion.V3,
    };
}
