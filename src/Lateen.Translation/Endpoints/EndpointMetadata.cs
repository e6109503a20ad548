using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using ModelEndpoint = Lateen.Model.Services.Endpoint;

namespace Lateen.Translation.Endpoints;

/// <summary>What a proxy is told of an endpoint beside its address: which workload it is, and whether it is called with mutual TLS.</summary>
internal static class EndpointMetadata
{
    /// <summary>Envoy's name for metadata that chooses among a cluster's transport sockets.</summary>
    public const string TransportSocketMatch = "envoy.transport_socket_match";

    /// <summary>The mode of endpoints that the mesh's mutual TLS reaches.</summary>
    public const string MutualMode = "istio";

    public static Metadata Of(ModelEndpoint endpoint, string clusterId, bool usesMutualTls)
    {
        var metadata = new Metadata();
        ConfigReference.Istio(metadata).Fields["workload"] = Value.ForString(Workload(endpoint, clusterId));
        if (usesMutualTls)
        {
            metadata.FilterMetadata[TransportSocketMatch] = Protobuf.StructOf(("tlsMode", Value.ForString(MutualMode)));
        }

        return metadata;
    }

    /// <summary>`workload;namespace;canonical name;canonical revision;cluster`, as metrics read it.</summary>
    private static string Workload(ModelEndpoint endpoint, string clusterId)
    {
        var (name, revision) = CanonicalNames.Of(endpoint.Labels, endpoint.WorkloadName);
        return $"{endpoint.WorkloadName};{endpoint.Namespace};{name};{(revision == "latest" ? "" : revision)};{clusterId}";
    }
}
