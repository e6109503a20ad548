using Envoy.Tcp.Metadataexchange.Config;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy.Tcp;
using Cluster = Envoy.Config.Cluster.V3.Cluster;

namespace Lateen.Proxy.Compile;

/// <summary>The network filter metadata_exchange of filter chains and clusters to a <see cref="PeerExchange"/>.</summary>
internal static class PeerExchangeCompiler
{
    /// <summary>The filter's message.</summary>
    public const string Type = "envoy.tcp.metadataexchange.config.MetadataExchange";

    /// <summary>Null after a problem.</summary>
    public static PeerExchange? Compile(CompileScope scope, Any? config, string path)
    {
        if (scope.Unpack(config, MetadataExchange.Parser, path) is not { } message)
        {
            return null;
        }
        if (message.Protocol.Length == 0)
        {
            scope.Refuse(path + ".protocol", "must be set: the ALPN name on which peers agree");
            return null;
        }
        return new PeerExchange(message.Protocol, scope.Host.Hello);
    }

    /// <summary>Of a cluster's filters; null if it has none of this kind. Others are refused.</summary>
    public static PeerExchange? Of(CompileScope scope, Cluster cluster)
    {
        PeerExchange? exchange = null;
        for (int i = 0; i < cluster.Filters.Count; i++)
        {
            string type = TypeUrls.MessageName(cluster.Filters[i].TypedConfig?.TypeUrl ?? "");
            if (type == Type)
            {
                exchange = Compile(scope, cluster.Filters[i].TypedConfig, $"filters[{i}].typed_config");
            }
            else
            {
                scope.Refuse($"filters[{i}]", $"upstream network filter {cluster.Filters[i].Name} ({type}) is not supported");
            }
        }
        return exchange;
    }
}
